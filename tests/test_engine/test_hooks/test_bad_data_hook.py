"""Bad samples of a run: counted, logged, kept, and the end of it."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config

from mmssl.engine.hooks.bad_data_hook import BadDataHook
from mmssl.engine.launch import train
from mmssl.io.errors import BadDataError
from mmssl.testing.configs import shrink_config
from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / 'configs/cmp/cmp_r18_cpu-demo-gn.py'


def make_data(folder):
    """Twelve pairs; files of two of them are bad."""
    make_toy_flow_list(folder, n=12, size=(64, 80), flow_format='jpg')
    make_toy_flow_list(folder, n=3, size=(64, 80), name='val.txt')
    cut = folder / 'train_003_x.jpg'
    cut.write_bytes(cut.read_bytes()[:300])
    (folder / 'train_007_0.png').write_bytes(b'oops')
    return folder


def small(folder, work_dir, iterations, hook=None, **loader):
    """The demo, on the toy pairs."""
    cfg = shrink_config(
        Config.fromfile(CONFIG), folder, work_dir, iterations, size=64
    )
    cfg.train_dataloader.update(loader)
    cfg.log_processor = dict(by_epoch=False, window_size=1)
    cfg.custom_hooks = [dict(type='mmssl.BadDataHook', **(hook or {}))]
    return cfg


def rows(work_dir):
    """Lines of the list: file name -> count."""
    lines = (work_dir / 'bad_samples.txt').read_text().splitlines()[1:]
    parts = [line.split('\t') for line in lines]
    return {Path(part[2]).name: int(part[0]) for part in parts}


def scalars(work_dir, key):
    (file,) = sorted(work_dir.glob('*/vis_data/scalars.json'))[-1:]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line[key] for line in lines if key in line]


@pytest.mark.slow
def test_run__same_losses_with_workers_and_a_list_with_counts(tmp_path):
    data = make_data(tmp_path / 'data')
    losses = []
    for workers in (0, 2):
        work_dir = tmp_path / f'w{workers}'
        cfg = small(
            data,
            work_dir,
            14,
            dict(max_share=0.5),
            num_workers=workers,
        )
        train(cfg, validate=False)
        losses.append(scalars(work_dir, 'loss'))
        # 28 draws: twice each of the 12 pairs, and 4 more
        counts = rows(work_dir)
        assert set(counts) == {'train_003_x.jpg', 'train_007_0.png'}
        assert all(2 <= count <= 4 for count in counts.values())
        assert scalars(work_dir, 'bad_samples')[-1] >= 4
    assert losses[0] == losses[1]
    assert rows(tmp_path / 'w0') == rows(tmp_path / 'w2')


@pytest.mark.slow
def test_run__too_many_stop_it_and_are_listed(tmp_path):
    data = make_data(tmp_path / 'data')
    hook = dict(max_share=0.05, min_count=2)
    cfg = small(data, tmp_path / 'w', 30, hook, num_workers=1)
    with pytest.raises(BadDataError, match=r'max_share=0\.05 (.|\n)*jpg: the'):
        train(cfg, validate=False)
    assert sum(rows(tmp_path / 'w').values()) >= 2


@pytest.mark.slow
def test_run__two_processes_count_together(tmp_path):
    data = make_data(tmp_path / 'data')
    hook = dict(max_share=0.5, interval=3)
    train(small(data, tmp_path / 'p1', 7, hook, batch_size=4), validate=False)
    cfg = small(data, tmp_path / 'p2', 7, hook, batch_size=2)
    cfg.dump(str(tmp_path / 'two.py'))
    command = ['bash', 'tools/dist_train.sh', str(tmp_path / 'two.py'), '2']
    subprocess.run(
        [*command, '--no-validate'],
        cwd=ROOT,
        env={**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
        check=True,
        timeout=300,
    )
    counts = rows(tmp_path / 'p1')
    assert counts == rows(tmp_path / 'p2')
    assert sum(counts.values()) >= 4
    saved = [
        torch.load(tmp_path / name / 'iter_7.pth', weights_only=True)[
            'bad_data'
        ]
        for name in ('p1', 'p2')
    ]
    assert saved[0]['draws'] == saved[1]['draws'] == 28
    assert sorted(saved[0]['files']) == sorted(saved[1]['files'])


@pytest.mark.slow
def test_run__resumed_has_the_same_losses_and_counts(tmp_path):
    data = make_data(tmp_path / 'data')
    hook = dict(max_share=0.5)
    whole = small(data, tmp_path / 'whole', 12, hook)
    whole.default_hooks.checkpoint.update(interval=5, max_keep_ckpts=9)
    train(whole, validate=False)
    expected = scalars(tmp_path / 'whole', 'loss')
    counts = rows(tmp_path / 'whole')
    (tmp_path / 'whole' / 'bad_samples.txt').unlink()
    again = small(data, tmp_path / 'whole', 12, hook, num_workers=1)
    resume = str(tmp_path / 'whole' / 'iter_5.pth')
    train(again, resume=resume, validate=False)
    assert scalars(tmp_path / 'whole', 'loss') == expected[5:]
    assert rows(tmp_path / 'whole') == counts


@pytest.mark.slow
def test_evaluation__stops_at_a_bad_file_or_leaves_it_out(tmp_path):
    data = make_data(tmp_path / 'data')
    (data / 'val_001_y.jpg').unlink()
    cfg = small(data, tmp_path / 'w', 1, dict(max_share=1.0))
    with pytest.raises(ValueError, match=r'val_001_y\.jpg: no such file'):
        train(cfg)
    for name in ('val', 'test'):
        cfg[f'{name}_dataloader'].dataset.unreadable = 'leave_out'
    runner = train(cfg)
    assert len(runner.val_dataloader.dataset) == 2
    log = max((tmp_path / 'w').glob('*/*.log')).read_text()
    assert '1 of 3 samples cannot be read and are left out' in log
    assert 'evaluating 2 samples; left out: 1' in log


# ---- by itself --------------------------------------------------------------


@pytest.fixture
def runner(tmp_path):
    """As much of a Runner as the hook sees."""
    hub = SimpleNamespace(values=[])
    hub.update_scalar = lambda key, value: hub.values.append((key, value))
    told = []
    return SimpleNamespace(
        iter=0,
        work_dir=str(tmp_path),
        message_hub=hub,
        train_dataloader=SimpleNamespace(dataset=SimpleNamespace()),
        told=told,
        logger=SimpleNamespace(log=lambda level, text: told.append(text)),
    )


def batch(*samples):
    """A collated batch; strings are names of files that were replaced."""
    from mmpretrain.structures import DataSample

    from mmssl.datasets.replacement import Refusal, mark_replaced

    data = [dict(data_samples=DataSample()) for _ in samples]
    for one, name in zip(data, samples):
        if name:
            mark_replaced(one, [Refusal(name, 'cut', 'l, line 1', True)])
    return dict(data_samples=[one['data_samples'] for one in data])


def test_hook__new_files_are_told_once(runner):
    hook = BadDataHook(max_share=1.0)
    hook.before_train(runner)
    for samples in ((None, None), ('a', None), ('a', 'b'), (None, None)):
        hook.after_train_iter(runner, 0, batch(*samples))
    assert len(runner.told) == 2
    assert '1 of 4 samples were replaced' in runner.told[0]
    assert 'New in bad_samples.txt: b: cut' in runner.told[1]
    key = 'train/bad_samples'
    assert runner.message_hub.values == [(key, 1), (key, 3), (key, 3)]
    hook.after_train(runner)
    assert rows(Path(runner.work_dir)) == {'a': 2, 'b': 1}


def test_hook__counts_go_on_in_a_resumed_run(runner, tmp_path):
    hook = BadDataHook(max_share=1.0)
    hook.after_train_iter(runner, 0, batch('a', None))
    checkpoint = {}
    hook.before_save_checkpoint(runner, checkpoint)
    torch.save(checkpoint, tmp_path / 'c.pth')
    loaded = torch.load(tmp_path / 'c.pth', weights_only=True)

    resumed = BadDataHook(max_share=1.0)
    resumed.after_load_checkpoint(runner, loaded)
    runner.iter = 1
    resumed.before_train(runner)
    resumed.after_train_iter(runner, 1, batch('a', 'b'))
    resumed.after_train(runner)
    assert rows(tmp_path) == {'a': 2, 'b': 1}
    assert '3 of 4 samples' in runner.told[-1]

    started_anew = BadDataHook(max_share=1.0)  # load_from, not resume
    started_anew.after_load_checkpoint(runner, loaded)
    runner.iter = 0
    started_anew.before_train(runner)
    started_anew.after_train_iter(runner, 0, batch('b', None))
    started_anew.after_train(runner)
    assert rows(tmp_path) == {'b': 1}


def test_hook__clean_data_leave_no_trace(runner, tmp_path):
    hook = BadDataHook()
    hook.before_train(runner)
    hook.after_train_iter(runner, 0, batch(None, None))
    hook.after_train(runner)
    checkpoint = {}
    hook.before_save_checkpoint(runner, checkpoint)
    # but the share of a resumed run is that of all of the run's draws
    nothing = dict(draws=2, unreadable=0, refused=0, files=[])
    assert checkpoint == dict(bad_data=nothing)
    assert runner.message_hub.values == runner.told == []
    assert list(tmp_path.iterdir()) == []


def test_hook__what_was_left_out_before_is_listed(runner, tmp_path):
    runner.train_dataloader.dataset.left_out = ['v.mp4: 1 frame, stride 1']
    BadDataHook().before_train(runner)
    assert rows(tmp_path) == {'v.mp4: 1 frame, stride 1': 0}


@pytest.mark.parametrize(
    'options', [dict(max_share=1.5), dict(min_count=0), dict(interval=0)]
)
def test_hook__options_are_checked(options):
    with pytest.raises(ValueError, match=r'max_share must be in 0\.\.1'):
        BadDataHook(**options)


def test_save__changes_no_count_of_two_processes(
    runner, tmp_path, monkeypatch
):
    module = 'mmssl.engine.hooks.bad_data_hook'
    monkeypatch.setattr(f'{module}.get_world_size', lambda: 2)
    monkeypatch.setattr(f'{module}.all_gather_object', lambda own: [own, own])

    def resumed(state=None, loaded=None):
        hook = BadDataHook(max_share=1.0)
        if state:
            hook.load_process_state(state)
            hook.after_load_checkpoint(runner, loaded)
        hook.before_train(runner)
        return hook

    hook = resumed()
    runner.iter = 1
    hook.after_train_iter(runner, 0, batch('a', None))
    hook.before_collect_checkpoint(runner)
    saved = {}
    hook.before_save_checkpoint(runner, saved)
    assert (saved['bad_data']['draws'], saved['bad_data']['unreadable']) == (
        4,
        2,
    )
    later = resumed(hook.process_state(), saved)
    for one in (hook, later):
        one.after_train_iter(runner, 1, batch('b', None))
        assert runner.message_hub.values == []  # until they are counted
    for one in (hook, later):
        one.after_train(runner)
        assert rows(tmp_path) == {'a': 2, 'b': 2}
