"""Pairs are read by the dataset of real ones, and their flow is true."""

import cv2
import numpy as np
import pytest

from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.io.flo import read_flo
from mmssl.io.images import read_rgb


@pytest.fixture(params=['train', 'val'])
def pairs(request, tiny_world):
    return FlowPairDataset(
        f'{request.param}.txt', 'flo', data_root=str(tiny_world / 'flow')
    )


def warped(image, flow):
    """Value of a second image where the pixels of the first have gone."""
    h, w = flow.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1)
    place = (grid + flow).astype(np.float32)
    return cv2.remap(image, place, None, cv2.INTER_LINEAR).astype(float)


def beside(info, name):
    """A file of the same pair."""
    return info['flow_path'][0][: -len('.flo')] + name


def test_flow__all_pairs_are_listed(pairs, tiny_settings):
    split = 'train' if 'train' in pairs.ann_file[0] else 'val'
    assert len(pairs) == tiny_settings.counts['flow'][split]
    paths = [info['img_path'] for info in map(pairs.get_data_info, [0, 1, 2])]
    assert len(set(paths)) == 3
    assert all(f'/{split}_' in path for path in paths)


def test_flow__first_is_second_where_it_is_seen(pairs):
    found, still, wrong = [], [], []
    for i in range(len(pairs)):
        info = pairs.get_data_info(i)
        # smoothed: the noise of the camera is new in each frame
        first, second = (
            cv2.GaussianBlur(read_rgb(info[key]).astype(np.float32), (5, 5), 1)
            for key in ('img_path', 'target_img_path')
        )
        flow = read_flo(info['flow_path'][0])
        assert flow.shape == (96, 96, 2)
        occluded = cv2.imread(beside(info, '_occluded.png'), 0) > 0
        moved = ~occluded & (np.linalg.norm(flow, axis=-1) > 1)
        found += np.abs(warped(second, flow) - first)[moved].tolist()
        still += np.abs(second - first)[moved].tolist()
        wrong += np.abs(warped(second, -flow) - first)[moved].tolist()
    assert len(found) > 1000
    assert np.mean(found) < 0.65 * np.mean(still)
    assert np.mean(found) < 0.5 * np.mean(wrong)


def test_flow__there_and_back_is_nothing(pairs):
    for i in range(len(pairs)):
        info = pairs.get_data_info(i)
        flow = read_flo(info['flow_path'][0])
        back = read_flo(beside(info, '_back.flo'))
        occluded = cv2.imread(beside(info, '_occluded.png'), 0) > 0
        length = np.linalg.norm(flow + warped(back, flow), axis=-1)
        assert np.median(length[~occluded]) < 0.2
        assert 0 < occluded.mean() < 0.7
        hidden = cv2.imread(beside(info, '_back_occluded.png'), 0) > 0
        assert 0 < hidden.mean() < 0.7
