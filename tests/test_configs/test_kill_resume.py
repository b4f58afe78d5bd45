"""A run killed anywhere and resumed is the run that nobody killed, to the bit.

Every run is a process of ``tools/train.py`` on a model, a data set and a
validation that draw from all random generators. It is killed with SIGKILL, by
itself at a place of the loop that a seed chooses, or from outside at a random
moment, and resumed with ``--resume auto`` until it ends.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.testing.runs import comparable, differences, logged

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / 'tests' / 'data' / 'resume_run'
CONFIG = PARTS / 'resume_config.py'
ITERATIONS = 12
TIMEOUT = 120
PLACES = (
    'before the step',
    'before the log',
    'before saving',
    'collecting',
    'before the rename',
    'after the rename',
    'after saving',
    'validating',
    'at the end of an epoch',
)
EMA = dict(type='EMAHook', momentum=0.1, begin_iter=2)
AVERAGE = dict(type='EMAHook', momentum=0.3, update_buffers=True)
BY_EPOCH = {
    'train_cfg': dict(by_epoch=True, max_epochs=2, val_interval=1),
    'train_dataloader.sampler': dict(type='DefaultSampler', shuffle=True),
    'param_scheduler.1': dict(
        type='StepLR', step_size=1, gamma=0.3, by_epoch=True
    ),
}
MLP = dict(
    type='NonLinearNeck',
    hid_channels=8,
    out_channels=4,
    with_bias=True,
    with_last_bn=False,
    with_avg_pool=False,
    norm_cfg=dict(type='BN1d'),
)
VIEW = [
    dict(type='RandomResizedCropView', size=32, scale=(0.2, 1.0)),
    dict(type='FlipView'),
    dict(type='ColorJitterView'),
]
PHOTOS = dict(
    type='PhotoSet',
    size=22,
    pipeline=[
        dict(type='MultiViewGeometry', views=[VIEW, VIEW]),
        dict(type='SampleBoxPairs', num_boxes=2, min_size=10),
        dict(type='PackViews'),
    ],
)
SCRL = {
    'custom_imports.imports': ['resume_parts', 'resume_views'],
    'model': dict(
        type='NoisySCRL',
        backbone=dict(type='SmallBackbone'),
        neck=dict(MLP, in_channels=8),
        head=dict(
            type='PairPredictHead',
            predictor=dict(MLP, in_channels=4),
            loss=dict(type='NormalizedL2Loss'),
        ),
        region=dict(type='RoIRegions'),
        teacher_init='independent',
        online_probe=dict(type='LinearProbe', num_classes=3, in_channels=8),
    ),
    'train_dataloader.dataset': PHOTOS,
    'val_dataloader.dataset': dict(PHOTOS, size=6, test_mode=True),
    'optim_wrapper': dict(
        optimizer=dict(type='ScrlLARS', lr=2.0, weight_decay=1e-3),
        accumulative_counts=2,
    ),
    'custom_hooks': [dict(type='MomentumTeacherHook', momentum=0.7)],
}
LOCAL = [
    dict(type='RandomResizedCropView', size=16, scale=(0.05, 0.4)),
    *VIEW[1:],
]
CROPS = dict(
    type='PhotoSet',
    size=22,
    pipeline=[
        dict(type='MultiViewGeometry', views=[VIEW, VIEW, LOCAL, LOCAL]),
        dict(type='PackViews'),
    ],
)
DINO = {
    **SCRL,
    'model': dict(
        type='NoisyDINO',
        backbone=dict(type='SmallBackbone'),
        neck=dict(
            type='DINONeck',
            in_channels=8,
            hid_channels=8,
            bottleneck_channels=4,
            num_prototypes=16,
        ),
        head=dict(type='DINOHead', num_prototypes=16),
        online_probe=dict(type='LinearProbe', num_classes=3, in_channels=8),
    ),
    'train_dataloader.dataset': CROPS,
    'val_dataloader.dataset': dict(CROPS, size=6, test_mode=True),
    'optim_wrapper': dict(
        optimizer=dict(type='AdamW', lr=0.02, weight_decay=0.04),
        clip_grad=dict(type='parameter', max_norm=0.1),
        accumulative_counts=3,
    ),
    'param_scheduler': [
        dict(type='StepCosineLR', final=1e-4, warmup=2, by_epoch=False),
        dict(type='StepCosineWeightDecay', final=0.4, by_epoch=False),
    ],
    'custom_hooks': [
        dict(type='MomentumTeacherHook', momentum=0.7),
        dict(type='FreezeLastLayerHook', steps=2),
        dict(type='TeacherTempHook', steps=3),
        dict(type='FiniteGuardHook', action='skip', max_dumps=0),
    ],
}
SOLIDER = {
    **DINO,
    **BY_EPOCH,
    'param_scheduler': [
        dict(type='StepCosineLR', final=1e-4, convert_to_iter_based=True),
        dict(
            type='StepCosineWeightDecay', final=0.4, convert_to_iter_based=True
        ),
    ],
    'model': dict(
        DINO['model'],
        type='NoisySOLIDER',
        backbone=dict(
            type='SemanticSwinTransformer',
            arch=dict(
                embed_dims=4, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1]
            ),
            strides=(4, 2, 1, 1),
            window_size=4,
            pad_small_map=True,
            drop_path_rate=0.2,
        ),
        neck=dict(DINO['model']['neck'], in_channels=32),
        semantic_head=dict(
            type='SemanticHead', in_channels=32, num_classes=4, num_blocks=1
        ),
        online_probe=dict(type='LinearProbe', num_classes=3, in_channels=32),
    ),
    'optim_wrapper': dict(
        DINO['optim_wrapper'], type='Bf16OptimWrapper', accumulative_counts=2
    ),
    'custom_hooks': [
        dict(type='MomentumTeacherHook', momentum=0.7),
        dict(type='FreezeLastLayerHook', epochs=1),
        dict(type='TeacherTempHook', epochs=2),
    ],
}
# Runs whose every step takes long: fewer of them.
FEW = {'DINO': 2, 'SOLIDER': 2}
SETTINGS = {
    'iterations, accumulation, average': {
        'optim_wrapper.accumulative_counts': 3,
        'custom_hooks': [EMA],
    },
    'iterations, float16 with loss scaling': {
        'optim_wrapper.type': 'ScaledOptimWrapper',
        'optim_wrapper.accumulative_counts': 2,
        'train_dataloader.sampler': dict(type='InfiniteSampler'),
    },
    'epochs, accumulation, average with buffers': {
        **BY_EPOCH,
        'optim_wrapper.accumulative_counts': 4,
        'custom_hooks': [AVERAGE],
    },
    'epochs, float16, every second iteration saved': {
        **BY_EPOCH,
        'optim_wrapper.type': 'ScaledOptimWrapper',
        'train_dataloader.sampler': dict(type='DrawSampler', infinite=False),
        'default_hooks.checkpoint.interval': 2,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
    },
    'iterations, bad files, skipped steps, best checkpoints': {
        'model.type': 'SpoiltNet',
        'train_dataloader.dataset.type': 'SpoiltSet',
        'train_dataloader.collate_fn.type': 'pseudo_collate',
        'optim_wrapper.accumulative_counts': 2,
        'train_cfg.val_interval': 3,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'default_hooks.checkpoint.save_best': 'noisy/error',
        'default_hooks.checkpoint.rule': 'less',
        'custom_hooks': [
            dict(type='EMAHook', momentum=0.3, update_buffers=True),
            dict(type='FiniteGuardHook', action='skip', max_dumps=1),
            dict(type='BadDataHook', max_share=0.5, min_count=2, interval=4),
        ],
    },
    'iterations, SCRL with teacher and online probe, accumulation': SCRL,
    'DINO: iterations, centre, accumulation': DINO,
    'SOLIDER: epochs, centre, accumulation, bfloat16': SOLIDER,
}
SEED = {'randomness': dict(seed=11)}


class Runs:
    """Starts runs one after another from one process that has imported all."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(PARTS / 'forking.py')],
            cwd=ROOT,
            env=dict(
                os.environ,
                PYTHONPATH=os.pathsep.join([str(ROOT), str(PARTS)]),
                CUDA_VISIBLE_DEVICES='',
                OMP_NUM_THREADS='1',
                OMP_WAIT_POLICY='PASSIVE',
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, folder, arguments, processes=1, **order):
        """Run to the end or the kill; return the exit statuses."""
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        folder.mkdir(exist_ok=True)
        order = dict(
            order,
            arguments=[str(part) for part in arguments],
            processes=processes,
            env=dict(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port)),
            log=str(folder / 'output.txt'),
            timeout=TIMEOUT,
        )
        self.process.stdin.write(json.dumps(order) + '\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope='module')
def runs():
    started = Runs()
    yield started
    started.process.stdin.close()
    started.process.wait(30)


def config_of(folder, name, setting, processes, **changes):
    """Write the config of a run; return its path."""
    cfg = Config.fromfile(CONFIG, import_custom_modules=False)
    cfg.train_dataloader.batch_size = 4 // processes
    for key, value in {**SETTINGS[setting], **changes}.items():
        *path, last = key.split('.')
        node = cfg
        for part in path:
            node = node[int(part) if part.isdigit() else part]
        node[int(last) if last.isdigit() else last] = value
    # the last batch of an epoch is short, or its last sample there twice
    cfg.train_dataloader.dataset.size = 21 + processes
    folder.mkdir(exist_ok=True)
    cfg.dump(folder / f'{name}.py')
    return folder / f'{name}.py'


def output(folder):
    return (folder / 'output.txt').read_text()[-3000:]


def last_checkpoint(folder):
    checkpoint = comparable((folder / 'work' / 'last_checkpoint').read_text())
    assert checkpoint['meta']['iter'] == ITERATIONS
    return checkpoint


def assert_same_run(folder, reference):
    """Every logged line, and all of the last checkpoint, to the bit."""
    expected = {line['step']: [] for line in logged(reference / 'work')}
    for line in logged(reference / 'work'):
        expected[line['step']].append(line)
    lines = logged(folder / 'work')
    assert {line['step'] for line in lines} == set(expected)
    for line in lines:
        assert line in expected[line['step']], folder
    for step, wanted in expected.items():
        for line in wanted:
            assert line in lines, step
    whole, parts = (last_checkpoint(f) for f in (reference, folder))
    assert differences(whole, parts) == []
    bad = [f / 'work' / 'bad_samples.txt' for f in (folder, reference)]
    assert bad[0].exists() == bad[1].exists()
    if bad[0].exists():
        assert bad[0].read_text() == bad[1].read_text()


def train(runs, folder, config, processes, resume=False, **order):
    """One run; the exit statuses of its processes."""
    arguments = [
        config,
        f'--work-dir={folder / "work"}',
        f'--launcher={"pytorch" if processes > 1 else "none"}',
        *(['--resume', 'auto'] if resume else []),
    ]
    return runs(folder, arguments, processes, **order)


@pytest.fixture(scope='module')
def reference(runs, tmp_path_factory):
    """The run of a setting that nobody kills, made once."""
    made = {}

    def run(setting, processes):
        key = setting, processes
        if key not in made:
            folder = tmp_path_factory.mktemp('reference')
            config = config_of(folder, 'whole', setting, processes, **SEED)
            states = train(runs, folder, config, processes)
            assert states == [0] * processes, output(folder)
            made[key] = folder
        return made[key]

    return run


def kill_and_resume(runs, folder, setting, processes, rng):
    """Kill a run once or twice, then let it end; return where it died."""
    died = []
    for number in range(rng.choice((1, 1, 2)) + 1):
        changes = {'train_dataloader.num_workers': rng.choice((0, 0, 1, 2))}
        order = {}
        if number == 0:
            changes.update(SEED)  # later it is the checkpoint's
            iteration, place = rng.randint(3, 9), rng.choice(PLACES)
        else:
            iteration, place = rng.randint(7, ITERATIONS), rng.choice(PLACES)
        hook = dict(
            type='KillHook',
            iteration=iteration,
            place=place,
            rank=rng.randrange(processes),
        )
        hooks = SETTINGS[setting].get('custom_hooks', [])
        config = config_of(
            folder,
            f'run{number}',
            setting,
            processes,
            **changes,
            custom_hooks=[*hooks, hook],
        )
        states = train(runs, folder, config, processes, number > 0, **order)
        died.append((iteration, place))
        if states == [0] * processes:  # the place was not passed any more
            return died[:-1]
        assert -9 in states, (died, output(folder))
    config = config_of(folder, 'last', setting, processes)
    states = train(runs, folder, config, processes, True)
    assert states == [0] * processes, (died, output(folder))
    return died


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
@pytest.mark.parametrize('setting', SETTINGS)
def test_killed_by_itself__goes_on_to_the_bit(
    setting, processes, runs, reference, tmp_path
):
    rng = random.Random(f'{setting} {processes}')
    whole = reference(setting, processes)
    died, trials = [], FEW.get(setting.split(':')[0], 5)
    for trial in range(trials):
        folder = tmp_path / f'{trial}'
        died += kill_and_resume(runs, folder, setting, processes, rng)
        assert_same_run(folder, whole)
    assert len(died) >= trials  # so 20 for each number of processes


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_killed_from_outside__at_any_moment(
    processes, runs, reference, tmp_path
):
    setting = next(iter(SETTINGS))
    whole = reference(setting, processes)
    rng = random.Random(processes)
    config = config_of(tmp_path, 'run', setting, processes, **SEED)
    start = time.monotonic()
    train(runs, tmp_path / 'timed', config, processes)
    duration = time.monotonic() - start
    kills = 0
    for trial in range(4):
        folder = tmp_path / f'{trial}'
        states = []
        while states != [0] * processes:
            # later and later, for it must come to an end
            wait = duration * (rng.uniform(0.4, 1.0) + kills / 10)
            states = train(
                runs, folder, config, processes, bool(states), kill_after=wait
            )
            assert set(states) <= {0, -9}, output(folder)
            kills += -9 in states
        assert_same_run(folder, whole)
    assert kills > 0


@pytest.mark.slow
@pytest.mark.parametrize(('before', 'after'), [(1, 2), (2, 1)])
def test_other_number_of_processes__goes_on_and_says_so(
    before, after, runs, tmp_path
):
    setting = next(iter(SETTINGS))
    kill = dict(type='KillHook', iteration=7, place='after saving')
    config = config_of(
        tmp_path, 'first', setting, before, **SEED, custom_hooks=[EMA, kill]
    )
    states = train(runs, tmp_path, config, before)
    assert -9 in states
    config = config_of(tmp_path, 'second', setting, after)
    states = train(runs, tmp_path, config, after, resume=True)
    assert states == [0] * after, output(tmp_path)
    text = (tmp_path / 'output.txt').read_text()
    assert 'goes on after iteration 7, but not exactly' in text
    assert f'processes: {after} instead of {before} (' in text
    assert f'batch_size: {4 // after} instead of {4 // before} (' in text
    last = last_checkpoint(tmp_path)
    # the global batch is the same, and so are the draws
    assert last['run_state']['position']['draws'] == 4 * ITERATIONS
    assert len(last['run_state']['processes']) == after
