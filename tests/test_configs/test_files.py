"""Every config file: it loads, says what it is, and keeps to the layout."""

import ast
import collections
import re
from functools import cache
from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.testing.configs import LOADERS, changed_keys

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / 'configs').rglob('*.py'))
ATOMS = [p for p in CONFIGS if '_base_' in p.parts]
RUNNABLE = [p for p in CONFIGS if '_base_' not in p.parts]
STRING_BASE = re.compile(r"^_base_ = '([^']+)'$", re.MULTILINE)
LEAVES = [p for p in RUNNABLE if STRING_BASE.search(p.read_text())]
PRIMITIVES = [p for p in RUNNABLE if p not in LEAVES]


def _id(path):
    return path.stem


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

    ``*_dataloader`` stands for those of training, validation and test.
    """
    lines = re.findall(r'^# ablates: (.+)$', path.read_text(), re.MULTILINE)
    keys = [key.strip() for line in lines for key in line.split(',')]
    declared = []
    for key in keys:
        head, star, tail = key.partition('*_dataloader')
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


@pytest.mark.parametrize('path', CONFIGS, ids=_id)
def test_file__loads_and_begins_with_what_it_is(path):
    first = path.read_text().splitlines()[0]
    assert re.match(r'# [A-Z0-9].{20,}', first), first
    assert len(_load(path)) > 0
    loops = [n for n in ast.walk(ast.parse(path.read_text()))]
    names = {n.target.id for n in loops if isinstance(n, ast.For)}
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
    assert set(_load(path)) == keys


@pytest.mark.parametrize('path', RUNNABLE, ids=_id)
def test_file__numbers_agree_with_each_other(path):
    cfg = _load(path)
    loader = cfg.train_dataloader
    assert cfg.test_dataloader == cfg.val_dataloader
    assert cfg.val_dataloader.dataset.test_mode
    assert not cfg.train_dataloader.dataset.get('test_mode', False)
    if loader.sampler.type == 'GivenIterationSampler':
        assert loader.sampler.total_iter == cfg.train_cfg.max_iters
        assert loader.sampler.batch_size == loader.batch_size
    for scheduler in cfg.param_scheduler:
        last = max(scheduler.get('milestones', [scheduler.get('begin', 0)]))
        assert last < cfg.train_cfg.max_iters
        assert scheduler.by_epoch is False
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


def test_ablations__cover_every_idea():
    ideas = {
        path.stem.split('__')[1].split('-')[0]
        for path in LEAVES
        if path.parent.name == 'ablations'
    }
    assert ideas == {
        'aug',
        'backbone',
        'bins',
        'decoder',
        'density',
        'guidance',
        'init',
        'loss',
    }
