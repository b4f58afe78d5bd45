"""Every config file: it loads, says what it is, and keeps to the layout."""

import ast
import collections
import re
from functools import cache
from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.testing.configs import LOADERS, changed_keys, is_task

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / 'configs').rglob('*.py'))
TASKS = [p for p in CONFIGS if is_task(p.relative_to(ROOT / 'configs'))]
ATOMS = [p for p in CONFIGS if '_base_' in p.parts and p not in TASKS]
RUNNABLE = [p for p in CONFIGS if p not in ATOMS and p not in TASKS]
STRING_BASE = re.compile(r"^_base_ = '([^']+)'$", re.MULTILINE)
LEAVES = [p for p in RUNNABLE if STRING_BASE.search(p.read_text())]
PRIMITIVES = [p for p in RUNNABLE if p not in LEAVES]
FAMILIES = sorted({p.relative_to(ROOT / 'configs').parts[0] for p in RUNNABLE})
VIEWS = 'train_dataloader.dataset.pipeline.MultiViewGeometry.views.'


def _id(path):
    return path.stem


def _of(family, paths=RUNNABLE):
    """Return the files of one folder below configs."""
    folder = ROOT / 'configs' / family
    return [path for path in paths if folder in path.parents]


@cache
def _load(path):
    return Config.fromfile(path)


def _parent(path):
    return (path.parent / STRING_BASE.search(path.read_text())[1]).resolve()


def _code_lines(path):
    lines = path.read_text().splitlines()
    return [s for s in map(str.strip, lines) if s and not s.startswith('#')]


def _declared(path):
    """Return the keys of the ``# ablates:`` lines.

    ``*_dataloader`` stands for those of training, validation and test,
    ``views.`` for the pipelines of views in training, ``views.*`` for the
    first two.
    """
    lines = re.findall(r'^# ablates: (.+)$', path.read_text(), re.MULTILINE)
    keys = [key.strip() for line in lines for key in line.split(',')]
    declared = []
    for key in keys:
        head, star, tail = key.partition('*_dataloader')
        if key.startswith('views.'):
            places = ['0.', '1.'] if key.startswith('views.*.') else ['']
            tail = key.replace('views.*.', '').replace('views.', '')
            declared += [VIEWS + place + tail for place in places]
        else:
            declared += [name + tail for name in LOADERS] if star else [head]
    assert len(declared) == len(set(declared)), 'a key is declared twice'
    return set(declared)


def test_layout__there_are_atoms_primitives_and_leaves():
    assert len(ATOMS) >= 10
    assert len(PRIMITIVES) >= 5
    assert len(LEAVES) >= 30


def test_names__unique_in_the_repository():
    # mim looks a config up by its base name alone.
    places = collections.Counter(
        path.name
        for folder in ('configs', 'mmssl')
        for path in (ROOT / folder).rglob('*.py')
        if path.name != '__init__.py' and '.mim' not in path.parts
    )
    assert [p.name for p in CONFIGS if places[p.name] > 1] == []


@pytest.mark.parametrize(
    'path',
    [
        pytest.param(path, marks=[pytest.mark.downstream] * (path in TASKS))
        for path in CONFIGS
    ],
    ids=lambda path: path.stem,
)
def test_file__loads_and_begins_with_what_it_is(path):
    first = path.read_text().splitlines()[0]
    assert re.match(r'# [A-Z0-9].{20,}', first), first
    assert len(_load(path)) > 0
    nodes = list(ast.walk(ast.parse(path.read_text())))
    targets = [n.target for n in nodes if isinstance(n, ast.For)]
    names = {n.id for t in targets for n in ast.walk(t) if hasattr(n, 'id')}
    assert not names & set(_load(path)), 'a loop variable is left over'


@pytest.mark.parametrize('path', RUNNABLE, ids=_id)
def test_file__has_everything_a_run_needs(path):
    keys = {
        *LOADERS,
        'model',
        'default_scope',
        'default_hooks',
        'optim_wrapper',
        'param_scheduler',
        'train_cfg',
        'val_cfg',
        'test_cfg',
        'val_evaluator',
        'test_evaluator',
        'visualizer',
        'log_processor',
        'log_level',
        'custom_hooks',
        'env_cfg',
        'randomness',
        'load_from',
        'resume',
        'auto_scale_lr',
    }
    # Batch norms of students and teachers act over all processes.
    teachers = any(path in _of(name) for name in ('dino', 'scrl', 'solider'))
    more = {'sync_bn'} if teachers else set()
    assert set(_load(path)) == keys | more


@pytest.mark.parametrize('path', RUNNABLE, ids=_id)
def test_file__schedule_and_loaders_fit_the_loop(path):
    cfg = _load(path)
    epochs = cfg.train_cfg.type == 'EpochBasedTrainLoop'
    length = cfg.train_cfg['max_epochs' if epochs else 'max_iters']
    for scheduler in cfg.param_scheduler:
        # by iterations, with lengths in the unit of the loop
        by_epoch = scheduler.get('by_epoch', True)
        assert by_epoch is epochs
        assert scheduler.get('convert_to_iter_based', False) is epochs
        last = max(scheduler.get('milestones', [scheduler.get('begin', 0)]))
        assert max(last, scheduler.get('warmup', 0)) < length
        assert scheduler.get('end', length) <= length
    sampler = cfg.train_dataloader.sampler
    if sampler.type == 'DrawSampler':
        assert sampler.get('infinite', True) is not epochs
    assert cfg.test_dataloader == cfg.val_dataloader
    parts = [cfg.val_cfg, cfg.val_dataloader, cfg.val_evaluator]
    assert len({part is None for part in parts}) == 1
    if cfg.val_dataloader is not None:
        assert cfg.val_dataloader.dataset.test_mode
    assert not cfg.train_dataloader.dataset.get('test_mode', False)


@pytest.mark.parametrize('path', _of('cmp'), ids=_id)
def test_cmp__numbers_agree_with_each_other(path):
    cfg = _load(path)
    loader = cfg.train_dataloader
    if loader.sampler.type == 'GivenIterationSampler':
        assert loader.sampler.total_iter == cfg.train_cfg.max_iters
        assert loader.sampler.batch_size == loader.batch_size
    stage = re.match(r'.*_(\d+)xb(\d+)-(\d+)k_', path.name)
    if stage:
        gpus, batch, thousands = map(int, stage.groups())
        assert loader.batch_size == batch
        assert cfg.auto_scale_lr.base_batch_size == gpus * batch
        assert cfg.train_cfg.max_iters == thousands * 1000
    # Validation sees the sampler that training has.
    names = ('train_dataloader', 'val_dataloader')
    train, val = (cfg[name].dataset.pipeline for name in names)
    assert [train[-2].type, train[-1].type] == [
        'SampleGuidance',
        'PackFlowInputs',
    ]
    sampled = train[-2]
    if isinstance(sampled.max_points, tuple):
        # drawn in training, all of them in validation
        sampled = dict(sampled, max_points=-1)
    assert val[-2:] == [sampled, train[-1]]


@pytest.mark.parametrize('path', PRIMITIVES, ids=_id)
def test_primitive__is_made_of_atoms(path):
    # One file for each concern, so that no key is set twice.
    bases = _load_bases(path)
    assert all('_base_' in base.parts for base in bases)
    kinds = [base.parent.name for base in bases]
    assert kinds[:2] == ['models', 'datasets']
    assert kinds[-1] == '_base_'
    assert set(kinds[2:-1]) == {'schedules'}


def _load_bases(path):
    tree = ast.parse(path.read_text())
    names = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == '_base_'
    )
    return [(path.parent / name).resolve() for name in names]


@pytest.mark.parametrize('path', LEAVES, ids=_id)
def test_leaf__inherits_from_a_primitive_in_15_lines(path):
    assert _parent(path) in PRIMITIVES
    assert len(_code_lines(path)) <= 15


@pytest.mark.parametrize('path', LEAVES, ids=_id)
def test_leaf__changes_what_it_declares_and_nothing_else(path):
    changed = changed_keys(_load(_parent(path)), _load(path))
    assert changed == _declared(path)
    assert changed


IDEAS = dict(
    cmp={
        *('aug', 'backbone', 'bins', 'decoder'),
        *('density', 'guidance', 'init', 'loss'),
    },
    scrl={
        *('aug', 'backbone', 'boxes', 'crop', 'input', 'negatives', 'optim'),
        *('pool', 'region', 'roi', 'teacher', 'views'),
    },
    dino={
        *('backbone', 'center', 'clip', 'crop', 'decay', 'freeze', 'head'),
        *('locals', 'momentum', 'prototypes', 'teacher', 'temp'),
    },
    solider={
        *('alpha', 'backbone', 'foreground', 'head', 'lambda', 'mask'),
        *('mean', 'parts', 'switches', 'temp', 'tokens'),
    },
    probes=set(),
)


def test_families__are_all_looked_at():
    assert set(FAMILIES) == set(IDEAS)


@pytest.mark.parametrize('family', FAMILIES)
def test_ablations__cover_every_idea(family):
    ideas = {
        path.stem.split('__')[1].split('-')[0]
        for path in _of(family, LEAVES)
        if path.parent.name == 'ablations'
    }
    assert ideas == IDEAS[family]


def test_declared__shorthands(tmp_path):
    file = tmp_path / 'x.py'
    file.write_text(
        '# ablates: a.b, *_dataloader.c\n# ablates: views.*.D.e, views.2\n'
    )
    assert _declared(file) == {
        'a.b',
        *(f'{name}_dataloader.c' for name in ('train', 'val', 'test')),
        *(f'{VIEWS}{i}.D.e' for i in (0, 1)),
        f'{VIEWS}2',
    }
