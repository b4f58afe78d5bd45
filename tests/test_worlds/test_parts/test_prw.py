"""Person search is where readers of PRW look for it."""

import cv2
import numpy as np
import pytest
from scipy.io import loadmat

from mmssl.io.images import read_rgb
from mmssl.worlds.parts.prw import UNKNOWN


@pytest.fixture(scope='module')
def frames(tiny_world):
    """Identities and x1, y1, x2, y2 by frame and split, as SeqNet reads."""
    root = tiny_world / 'prw'
    found = {}
    for split in ('train', 'test'):
        listed = loadmat(root / f'frame_{split}.mat')[f'img_index_{split}']
        names = [row[0][0] + '.jpg' for row in listed]
        found[split] = {}
        for name in names:
            rows = loadmat(root / 'annotations' / f'{name}.mat')['box_new']
            rows[:, 3:] += rows[:, 1:3]
            found[split][name] = (rows[:, 0].astype(int), rows[:, 1:])
    return found


def test_prw__all_frames_are_listed(frames, tiny_world):
    listed = [*frames['train'], *frames['test']]
    files = {path.name for path in (tiny_world / 'prw' / 'frames').iterdir()}
    assert len(set(listed)) == len(listed)
    assert set(listed) == files


def test_prw__identities(frames, tiny_world, tiny_settings):
    counts = tiny_settings.counts['prw']
    known = {}
    for split, name in (('train', 'ID_train'), ('test', 'ID_test2')):
        ids = loadmat(tiny_world / 'prw' / f'{name}.mat')[name].ravel()
        known[split] = set(ids.astype(int).tolist())
        seen = {i for ids, _ in frames[split].values() for i in ids.tolist()}
        assert seen - {UNKNOWN} <= known[split]
        assert len(known[split]) == counts[f'{split}_identities']
    assert not known['train'] & known['test']


def test_prw__boxes_lie_in_the_frames(frames, tiny_settings):
    height, width = tiny_settings.frame_hw
    for split in frames.values():
        for _, boxes in split.values():
            assert (boxes[:, :2] >= 0).all()
            assert (boxes[:, 2:] <= [width, height]).all()
            assert (boxes[:, 2:] - boxes[:, :2] > 1).all()


def test_prw__queries(frames, tiny_world):
    """Each is a box of a listed frame, and its picture is cut from it."""
    root = tiny_world / 'prw'
    lines = (root / 'query_info.txt').read_text().splitlines(keepends=True)
    asked = set()
    for line in lines:
        fields = line.split(' ')
        identity, name = int(fields[0]), fields[5][:-1] + '.jpg'
        x, y, w, h = map(float, fields[1:5])
        ids, boxes = frames['test'][name]
        box = boxes[ids.tolist().index(identity)]
        np.testing.assert_allclose(box, [x, y, x + w, y + h], atol=0.02)
        cut = read_rgb(root / 'query_box' / f'{identity}_{name}')
        frame = read_rgb(root / 'frames' / name)
        score = cv2.matchTemplate(frame, cut, cv2.TM_CCOEFF_NORMED)
        assert score.max() > 0.9
        asked.add((identity, name[1]))
    assert len(asked) == len(lines) > 3  # one by identity and camera
    assert len(list((root / 'query_box').iterdir())) == len(lines)
