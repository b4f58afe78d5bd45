"""The report holds what was measured, and survives a file."""

from __future__ import annotations

import json

import pytest
import torch
from mmengine.config import Config

from mmssl.engine.profiling import report as module
from mmssl.engine.profiling.clocks import Span
from mmssl.engine.profiling.measure import Loop, Measured, Settings
from mmssl.engine.profiling.report import make_report, read_json, write_json
from mmssl.engine.profiling.step_recorder import Label

NET = Label('forward', 'backbone', 'backbone')
LOSS = Label('forward', 'head.loss_module', 'method')


def config(**wrapper):
    optimizer = dict(type='SGD', lr=0.1, fused=True)
    return Config(
        dict(
            train_dataloader=dict(num_workers=3, batch_size=4),
            optim_wrapper=dict(wrapper, optimizer=optimizer),
            speed=dict(channels_last=True, compile=False),
        )
    )


def make(cfg=None, device='cpu', cpu=1.0):
    measured = Measured(
        loop=Loop([0.5, 0.5], [2.0, 2.0]),
        step={NET: Span(1.5, 1.5 * cpu), LOSS: Span(0.5, 0.5 * cpu)},
        bound={NET: Span(1.0, cpu)},
        flops=8e12,
        memory_mib=100.0,
        step_memory_mib=40.0,
        batch_size=4,
        shapes=[[4, 3, 8, 8]],
    )
    pipeline = {'get sample': [0.01], '0 A': [0.03]}
    settings = Settings(device=device)
    return make_report(
        cfg or config(), 'net', settings, pipeline, measured, True
    )


def test_report__figures():
    report = make()
    assert report['loop'] == dict(
        iteration_ms=2000, wait_ms=500, wait_share=0.25, images_per_s=2.0
    )
    assert report['step']['images_per_s'] == pytest.approx(2.0)
    assert report['bound']['images_per_s'] == pytest.approx(4.0)
    assert report['step']['method_share'] == pytest.approx(0.25)
    assert report['step']['groups']['method-specific'] == pytest.approx(3 / 16)
    assert report['pipeline']['images_per_s_per_core'] == pytest.approx(25)
    assert report['flops_per_image'] == 2e12
    assert report['mfu'] is None
    assert report['config'] == dict(
        name='net',
        batch_size=4,
        inputs=[[4, 3, 8, 8]],
        workers=3,
        threads=torch.get_num_threads(),
        data='synthetic',
        precision='float32',
        accumulate=1,
        optimizer='SGD',
        optimizer_loop='fused',
        speed=dict(channels_last=True),
    )


def test_report__mfu_where_the_peak_is_known(monkeypatch):
    found = dict(processor='cpu', gpu='Tesla T4', cores=2, threads=1)
    monkeypatch.setattr(module, 'machine', lambda: found)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    cfg = config(type='AmpOptimWrapper')
    report = make(cfg, device='cuda', cpu=0.0)
    assert report['config']['precision'] == 'float16'
    assert report['peak_flops'] == 65e12
    assert report['mfu'] == pytest.approx(8 / 2 / 65)
    assert report['mfu_bound'] == pytest.approx(8 / 1 / 65)
    assert report['step']['clock'] == 'stream time'
    # a GPU beside a measurement on the CPU is none
    assert make(cfg)['mfu'] is None


def test_json__there_and_back(tmp_path):
    report = make()
    path = tmp_path / 'new' / 'a.json'
    write_json(report, path)
    assert read_json(path) == json.loads(json.dumps(report))


@pytest.mark.parametrize('text', ['', '[1]', '{"format": 0}', '\x00'])
def test_read_json__names_what_is_no_report(tmp_path, text):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=r'a\.json'):
        read_json(path)
    with pytest.raises(ValueError, match=r'gone\.json is no readable'):
        read_json(tmp_path / 'gone.json')
