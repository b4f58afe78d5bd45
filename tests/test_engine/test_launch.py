"""Whole runs of a tiny model, against a loop written by hand."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine import launch
from mmssl.engine.launch import evaluate
from mmssl.engine.run_config import LaunchError

TOY = Path(__file__).parents[1] / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    """Work in an empty folder, with the toy project on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def train(config, cfg_options=None, **kwargs):
    """Train under a name of its own: runs of one second would share logs."""
    options = dict(cfg_options or {}, experiment_name=f'run{next(NUMBERS)}')
    return launch.train(config, cfg_options=options, **kwargs)


def logged(folder) -> list[dict]:
    """Scalars that the runs of a work dir wrote, in order."""
    files = sorted(Path(folder).glob('*/vis_data/scalars.json'))
    return [
        json.loads(line)
        for file in files
        for line in file.read_text().splitlines()
    ]


def losses(folder) -> list[float]:
    return [entry['loss'] for entry in logged(folder) if 'loss' in entry]


def by_hand(iterations: int):
    """The same training without mmengine."""
    from toy_parts import ToyModel, toy_sample

    from mmssl.datasets.samplers import DrawSampler

    model = ToyModel()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    draws = iter(DrawSampler(range(10), seed=3))
    values = []
    for iteration in range(iterations):
        if iteration == 10:
            optimizer.param_groups[0]['lr'] = 0.005
        batch = [next(draws) for _ in range(4)]
        samples = [toy_sample(int(d), d.number) for d in batch]
        loss = model(
            torch.stack([s['inputs'] for s in samples]),
            torch.stack([s['target'] for s in samples]),
            mode='loss',
        )['loss_toy']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    return model, values


def assert_same_weights(model, other):
    for name, value in other.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value)


def test_train__is_the_loop_written_by_hand(tmp_path):
    runner = train(CONFIG)
    model, values = by_hand(12)
    work_dir = tmp_path / 'work_dirs' / 'toy_config'
    assert losses(work_dir) == pytest.approx(values, rel=1e-5)
    assert_same_weights(runner.model, model)
    assert {p.name for p in work_dir.glob('*.pth')} == {
        f'iter_{i}.pth' for i in (4, 8, 12)
    }


def test_checkpoint__is_read_with_weights_only():
    train(CONFIG, work_dir='run')
    checkpoint = torch.load('run/iter_12.pth', weights_only=True)
    assert checkpoint['run_state']['position']['draws'] == 48
    history = checkpoint['message_hub']['log_scalars']['train/loss']['log']
    assert history.tolist() == pytest.approx(losses('run'))


@pytest.mark.parametrize('resume', ['auto', 'run/iter_8.pth'])
def test_resume__gives_the_straight_run_bit_by_bit(resume):
    straight = train(CONFIG, work_dir='straight')
    Path('run').mkdir()
    shutil.copy('straight/iter_8.pth', 'run')
    Path('run/last_checkpoint').write_text('elsewhere/iter_8.pth')
    resumed = train(CONFIG, work_dir='run', resume=resume)
    assert resumed.iter == 12
    assert losses('run') == losses('straight')[-4:]
    for name, value in straight.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value)
    history = resumed.message_hub.get_scalar('train/loss').data[0]
    assert history.tolist() == pytest.approx(losses('straight'))
    # iterations 9 to 12 asked for the draws 32 to 47 and no others
    asked = resumed.train_dataloader.dataset.asked
    assert asked == list(range(32, 48))


def test_resume__the_hosts_own_checkpoints_too():
    """A file with pickled HistoryBuffers, as mmengine alone writes it."""
    straight = train(CONFIG, work_dir='straight')
    checkpoint = CheckpointLoader.load_checkpoint('straight/iter_8.pth', 'cpu')
    from mmssl.engine.hooks.plain_message_hub_hook import from_plain

    scalars = checkpoint['message_hub']['log_scalars']
    for name in scalars:
        scalars[name] = from_plain(scalars[name])
    del checkpoint['run_state']
    torch.save(checkpoint, 'host.pth')
    resumed = train(CONFIG, work_dir='run', resume='host.pth')
    assert losses('run') == losses('straight')[-4:]
    assert_same_weights(resumed.model, straight.model)


def test_resume_auto__of_nothing_starts_anew():
    train(CONFIG, work_dir='run', resume='auto')
    assert losses('run') == pytest.approx(by_hand(12)[1], rel=1e-5)


def test_resume__a_hostile_file_is_refused(tmp_path):
    class Hostile:
        def __reduce__(self):
            return os.system, (f'touch {tmp_path}/marker',)

    torch.save(dict(state_dict={}, meta=Hostile()), 'hostile.pth')
    with pytest.raises(CheckpointError, match=r'hostile\.pth was refused'):
        train(CONFIG, work_dir='run', resume='hostile.pth')
    with pytest.raises(CheckpointError, match=r'hostile\.pth was refused'):
        evaluate(CONFIG, 'hostile.pth', work_dir='run')
    assert not Path('marker').exists()


def test_options__config_validation_and_the_callers_config():
    config = Config.fromfile(CONFIG)
    before = config.pretty_text
    train(
        config,
        work_dir='run',
        validate=False,
        cfg_options={
            'train_cfg.max_iters': 2,
            'optim_wrapper.optimizer.lr': 1,
        },
    )
    entries = logged('run')
    assert [entry['lr'] for entry in entries] == [1, 1]
    assert not any('toy/error' in entry for entry in entries)
    assert config.pretty_text == before


def test_options__custom_imports_are_imported(tmp_path):
    (tmp_path / 'told_late.py').write_text('raise RuntimeError("imported")')
    sys.path.insert(0, str(tmp_path))  # undone with the fixture's
    late = {'custom_imports.imports': ['toy_parts', 'told_late']}
    with pytest.raises(RuntimeError, match='imported'):
        train(CONFIG, cfg_options=late)


def test_amp__bfloat16_on_the_cpu():
    runner = train(
        CONFIG,
        work_dir='run',
        amp=True,
        validate=False,
        cfg_options={'optim_wrapper.accumulative_counts': 2},
    )
    assert runner.model.seen_dtypes == {torch.bfloat16}
    assert runner.model.backbone.weight.dtype is torch.float32
    plain = train(
        CONFIG,
        work_dir='plain',
        validate=False,
        cfg_options={'optim_wrapper.accumulative_counts': 2},
    )
    assert plain.model.seen_dtypes == {torch.float32}
    assert losses('run') == pytest.approx(losses('plain'), rel=0.05)


def test_one_gloo_process__is_the_plain_run(monkeypatch):
    train(CONFIG, work_dir='plain')
    port = str(20000 + os.getpid() % 20000)
    for name, value in dict(
        RANK='0', WORLD_SIZE='1', LOCAL_RANK='0', MASTER_PORT=port
    ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv('MASTER_ADDR', raising=False)
    trained = []
    release = launch.release_wrapper

    def look_and_release(runner):
        trained.append(type(runner.model).__name__)
        release(runner)

    monkeypatch.setattr(launch, 'release_wrapper', look_and_release)
    runner = train(CONFIG, work_dir='gloo', launcher='pytorch')
    assert trained == ['MMDistributedDataParallel']
    assert type(runner.model).__name__ == 'ToyModel'
    assert losses('gloo') == pytest.approx(losses('plain'), rel=1e-6)
    assert not torch.distributed.is_initialized()
    assert 'gloo' in Path('gloo/toy_config.py').read_text()


def test_evaluate__is_the_metric_of_the_weights():
    train(CONFIG, work_dir='run')
    metrics = evaluate(CONFIG, 'run/iter_8.pth')
    from toy_parts import toy_sample

    model, _ = by_hand(8)
    samples = [toy_sample(i, i) for i in range(10)]
    with torch.no_grad():
        errors = [
            model(s['inputs'][None], s['target'][None])[0]['error']
            for s in samples
        ]
    assert metrics['toy/error'] == pytest.approx(sum(errors) / 10, rel=1e-5)
    assert metrics['toy/count'] == 10


def test_evaluate__other_architectures_are_refused():
    train(CONFIG, work_dir='run', cfg_options={'train_cfg.max_iters': 4})
    wider = {'model.width': 9}
    with pytest.raises(CheckpointMismatch, match=r'backbone\.weight \(4, 4\)'):
        evaluate(CONFIG, 'run/iter_4.pth', cfg_options=wider)
    with pytest.raises(FileNotFoundError, match=r'gone\.pth'):
        evaluate(CONFIG, 'gone.pth')


def test_errors__before_anything_starts():
    with pytest.raises(LaunchError, match=r'no config .*; close .*toy_config'):
        train(TOY / 'toy_confg.py')
    Path('file').write_text('')
    with pytest.raises(LaunchError, match="'file/run' cannot be written"):
        train(CONFIG, work_dir='file/run')
    with pytest.raises(LaunchError, match='launcher must be one of'):
        train(CONFIG, launcher='ssh')
    with pytest.raises(LaunchError, match='base_batch_size'):
        train(CONFIG, auto_scale_lr=True)
    with pytest.raises(LaunchError, match=r"no checkpoint 'gone\.pth'"):
        train(CONFIG, resume='gone.pth')
    assert not list(Path('work_dirs').rglob('*.pth'))
