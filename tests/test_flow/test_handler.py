import pickle

import numpy as np
import pytest

from mmssl.flow.handler import ExtractionHandler, PairTask, ProbeTask
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import find_sources
from mmssl.testing.videos import moving_frames, write_frame_folder


@pytest.fixture
def sources(tmp_path):
    frames = moving_frames(7, 32, 40, np.random.default_rng(0))
    for name in 'ab':
        write_frame_folder(tmp_path / 'in' / name, frames)
    return find_sources(tmp_path / 'in')[0]


def pair_task(sources, video, begin, end, out):
    folder = out / f'pairs-{video}'
    folder.mkdir(exist_ok=True)
    return PairTask(video, sources[video], str(folder), 7, begin, end)


def test_handler__probes_with_the_size_the_method_needs(sources):
    handler = ExtractionHandler(ExtractionSettings())
    assert handler(ProbeTask(0, sources[0])).frames == 7
    handler._estimator.min_size = 33
    assert handler(ProbeTask(0, sources[0])).reason == 'too_small'


def test_handler__begin_and_end_count_pairs_not_frames(sources, tmp_path):
    handler = ExtractionHandler(ExtractionSettings(step=2))  # 0, 2, 4
    task = pair_task(sources, 0, 1, 3, tmp_path)
    assert handler(task).kept == [2, 4]


def test_handler__keeps_a_video_open_until_another_comes(sources, tmp_path):
    handler = ExtractionHandler(ExtractionSettings())
    handler(pair_task(sources, 0, 0, 2, tmp_path))
    first = handler._extractor
    handler(pair_task(sources, 0, 2, 4, tmp_path))
    assert handler._extractor is first
    handler(pair_task(sources, 1, 0, 6, tmp_path))
    assert handler._extractor is not first
    assert len(list((tmp_path / 'pairs-1').iterdir())) == 7 + 2 * 6
    handler.close()
    assert handler._extractor is None


def test_tasks__travel_between_processes(sources, tmp_path):
    task = pair_task(sources, 0, 1, 3, tmp_path)
    assert pickle.loads(pickle.dumps(task)) == task
