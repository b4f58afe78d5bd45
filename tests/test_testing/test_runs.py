"""Hand-made logs and checkpoints."""

from __future__ import annotations

import torch

from mmssl.testing.runs import comparable, differences, logged


def test_logged__in_order_without_times_and_halves(tmp_path):
    for name, text in (
        ('2', '{"loss": 3, "step": 3}\n{"loss": 4, "st'),
        ('1', '{"loss": 1, "step": 1, "data_time": 0.1}\n{"step": 2}\n'),
    ):
        folder = tmp_path / name / 'vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').write_text(text)
    assert logged(tmp_path) == [
        dict(loss=1, step=1),
        dict(step=2),
        dict(loss=3, step=3),
    ]


def test_comparable__paths_and_times_go(tmp_path):
    hub = dict(
        log_scalars={'train/time': 1, 'train/loss': 2},
        runtime_info=dict(iter=3, last_ckpt='a', eta=1),
        resumed_keys={},
    )
    contents = dict(
        meta=dict(iter=3, time='now', cfg='text'),
        message_hub=hub,
        run_state=dict(seed=1, conditions=dict(config={}, threads=1)),
    )
    torch.save(contents, tmp_path / 'a.pth')
    assert comparable(tmp_path / 'a.pth') == dict(
        meta=dict(iter=3),
        message_hub=dict(
            log_scalars={'train/loss': 2},
            runtime_info=dict(iter=3),
            resumed_keys={},
        ),
        run_state=dict(seed=1, conditions=dict(threads=1)),
    )


def test_differences__bits_types_and_sizes():
    one = dict(a=torch.tensor([1.0, 2.0]), b=[1, dict(c=2)], d=1)
    assert differences(one, dict(one, a=one['a'].clone())) == []
    near = torch.nextafter(one['a'], torch.tensor(9.0))
    assert differences(one, dict(one, a=near)) == ['a']
    assert differences(one, dict(one, a=one['a'].double())) == ['a']
    assert differences(one, dict(one, b=[1, dict(c=3), 0])) == ['b.1.c', 'b.2']
    assert differences(one, dict(one, d=1.0)) == ['d']
    assert differences(dict(a=1), dict(a=torch.tensor(1))) == ['a']


def test_logged__nan_equals_itself(tmp_path):
    folder = tmp_path / '1' / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text('{"loss": NaN, "step": 1}\n')
    assert logged(tmp_path) == logged(tmp_path) == [dict(loss='NaN', step=1)]
