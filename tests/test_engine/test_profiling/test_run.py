"""From a published config without data to a report."""

from __future__ import annotations

import cv2
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger

from mmssl.engine.profiling import run as module
from mmssl.engine.profiling.measure import Settings
from mmssl.engine.profiling.run import profile
from mmssl.utils.host import config_file


@pytest.fixture
def cfg():
    MMLogger.get_instance('test', log_level='ERROR')
    cfg = Config.fromfile(config_file('cmp/cmp_r18_cpu-demo.py'))
    cfg.train_dataloader.update(
        batch_size=2, num_workers=0, persistent_workers=False
    )
    return cfg


@pytest.mark.slow
def test_profile__synthetic(cfg):
    before = cfg.to_dict()
    threads = torch.get_num_threads()
    report = profile(
        cfg,
        Settings(iterations=1, warm_up=1, samples=2),
        name='demo',
        synthetic=True,
        threads=2,
    )
    assert cfg.to_dict() == before
    assert torch.get_num_threads() == threads
    assert cv2.getNumThreads() == 1
    assert report['config']['threads'] == 2
    assert report['config']['data'] == 'synthetic'
    transforms = [t.type for t in cfg.train_dataloader.dataset.pipeline]
    assert [name.split()[-1] for name in report['pipeline']['ms']] == [
        'sample',
        *transforms,
        'all',
    ]
    assert 0 < report['step']['method_share'] < 0.5
    assert report['loop']['images_per_s'] > 0


def test_profile__data_that_is_not_there(cfg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, 'measure_training', None)  # is not reached
    with pytest.raises(FileNotFoundError, match='train'):
        profile(cfg, Settings(), name='demo')
