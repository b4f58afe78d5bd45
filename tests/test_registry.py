"""Types resolve from configs of mmssl and of each other project."""

import ast
import subprocess
import sys
from pathlib import Path

import mmengine.registry as root
import mmpretrain.registry as host
import pytest
from mmengine.registry import DefaultScope, Registry, init_default_scope

import mmssl.registry as ours
from mmssl.registry import FallbackRegistry

PACKAGE = Path(ours.__file__).parent
# Kinds that mmpretrain does not have either; mmengine's own serve.
NO_NODE = {'FUNCTIONS', 'INFERENCERS', 'STRATEGIES'}


def resnet(**more):
    """Backbone of ours, as it stands in another project's config."""
    return dict(type='mmssl.StemResNet', depth=18, out_stem=False, **more)


def cmp_model(scope='', **more):
    """A small CMP; ``scope`` stands before each type."""
    return dict(
        type=f'{scope}CMP',
        backbone=dict(type=f'{scope}AlexNetBN', variant='32x'),
        neck=dict(type=f'{scope}ConvProjection', in_channels=4096),
        motion_encoder=dict(type=f'{scope}MotionEncoder', strides=(2, 2, 8)),
        decoder=dict(type=f'{scope}PlainMotionDecoder', channels=8),
        head=dict(type=f'{scope}FlowBinHead', in_channels=24),
        **more,
    )


# A model of each project, with our backbone.
HOSTS = {
    'mmpretrain': dict(type='ImageClassifier', backbone=resnet()),
    'mmdet': dict(
        type='RetinaNet',
        backbone=resnet(out_indices=(1, 2, 3)),
        neck=dict(
            type='FPN',
            in_channels=[128, 256, 512],
            out_channels=16,
            num_outs=3,
        ),
        bbox_head=dict(type='RetinaHead', num_classes=2, in_channels=16),
    ),
    'mmseg': dict(
        type='EncoderDecoder',
        backbone=resnet(),
        decode_head=dict(
            type='FCNHead', in_channels=512, channels=8, num_classes=2
        ),
    ),
    'mmpose': dict(
        type='TopdownPoseEstimator',
        backbone=resnet(),
        head=dict(
            type='HeatmapHead',
            in_channels=512,
            out_channels=17,
            loss=dict(type='KeypointMSELoss'),
            decoder=dict(
                type='MSRAHeatmap',
                input_size=(64, 64),
                heatmap_size=(16, 16),
                sigma=2,
            ),
        ),
    ),
}
DOWNSTREAM = [
    pytest.param(name, marks=[pytest.mark.downstream, pytest.mark.slow])
    for name in ('mmdet', 'mmseg', 'mmpose')
]


# ---- the node class --------------------------------------------------------


@pytest.fixture
def tree():
    """A root, a host and a node with the host as fallback, all private."""
    top = Registry('toy', scope='toy_top')
    host_node = Registry('toy', parent=top, scope='toy_host')
    node = FallbackRegistry(
        'toy', parent=top, fallback=lambda: host_node, scope='toy_ours'
    )
    for registry, names in (
        (top, ('Top', 'Both', 'All')),
        (host_node, ('Host', 'Both', 'All')),
        (node, ('Own', 'All')),
    ):
        for name in names:
            registry.register_module(
                name=name, module=type(f'{registry.scope}_{name}', (), {})
            )
    return top, host_node, node


@pytest.mark.parametrize(
    ('key', 'found'),
    [
        ('Own', 'toy_ours_Own'),
        ('Host', 'toy_host_Host'),
        ('Top', 'toy_top_Top'),
        ('All', 'toy_ours_All'),  # ours before the host
        ('Both', 'toy_host_Both'),  # the host before the root
        ('toy_ours.Own', 'toy_ours_Own'),
        ('toy_host.All', 'toy_host_All'),
        ('toy_top.All', 'toy_top_All'),
    ],
)
def test_fallback__order(tree, key, found):
    assert tree[2].get(key).__name__ == found


def test_fallback__sibling_finds_ours(tree):
    top, host_node, _ = tree
    assert host_node.get('toy_ours.Own').__name__ == 'toy_ours_Own'
    assert top.get('toy_ours.All').__name__ == 'toy_ours_All'


def test_fallback__unknown(tree):
    assert tree[2].get('Nothing') is None
    with pytest.raises(KeyError, match='Nothing is not in the toy_ours::toy'):
        tree[2].build(dict(type='Nothing'))


def test_fallback__key_must_be_text(tree):
    with pytest.raises(TypeError, match='must be a str, got int'):
        tree[2].get(3)


# ---- the nodes -------------------------------------------------------------


def kinds(module):
    """Names of the registries that a module defines."""
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, Registry)
    }


def test_nodes__one_for_each_kind_of_the_host():
    wanted = kinds(root.root) - NO_NODE - {'EVALUATOR'} | {'EVALUATORS'}
    assert kinds(ours) >= wanted & kinds(host)
    assert wanted <= kinds(ours)


@pytest.mark.parametrize('kind', sorted(kinds(ours)))
def test_nodes__are_children_of_the_root(kind):
    node = getattr(ours, kind)
    assert node.scope == 'mmssl'
    assert node.root.scope == 'mmengine'
    assert node.root.children['mmssl'] is node


@pytest.mark.parametrize(
    ('kind', 'name', 'package'),
    [
        ('MODELS', 'ResNet', 'mmpretrain'),
        ('MODELS', 'BYOL', 'mmpretrain'),
        ('MODELS', 'BaseDataPreprocessor', 'mmengine'),
        ('OPTIMIZERS', 'LARS', 'mmpretrain'),
        ('OPTIMIZERS', 'SGD', 'torch'),
        ('TRANSFORMS', 'PackInputs', 'mmpretrain'),
        ('TRANSFORMS', 'LoadImageFromFile', 'mmcv'),
        ('DATASETS', 'ImageNet', 'mmpretrain'),
        ('DATA_SAMPLERS', 'InfiniteSampler', 'mmengine'),
        ('HOOKS', 'WarmupParamHook', 'mmpretrain'),
        ('HOOKS', 'LoggerHook', 'mmengine'),
        ('HOOKS', 'CheckpointHook', 'mmssl'),
        ('METRICS', 'Accuracy', 'mmpretrain'),
        ('PARAM_SCHEDULERS', 'CosineAnnealingWeightDecay', 'mmpretrain'),
        ('PARAM_SCHEDULERS', 'MultiStepLR', 'mmengine'),
        ('VISUALIZERS', 'UniversalVisualizer', 'mmpretrain'),
        ('VISBACKENDS', 'TensorboardVisBackend', 'mmengine'),
        ('LOOPS', 'IterBasedTrainLoop', 'mmengine'),
        ('EVALUATORS', 'Evaluator', 'mmengine'),
    ],
)
def test_default_scope__types_of_the_hosts(kind, name, package):
    """As a runner does: ask mmengine's root under the scope 'mmssl'."""
    init_default_scope('mmssl')
    registry = getattr(root, 'EVALUATOR' if kind == 'EVALUATORS' else kind)
    with registry.switch_scope_and_registry(None) as found:
        assert found is getattr(ours, kind)
        assert found.get(name).__module__.split('.')[0] == package


def test_default_scope__builds_unprefixed():
    init_default_scope('mmssl')
    model = root.MODELS.build(cmp_model())
    assert type(model).__module__.startswith('mmssl.models.')
    backbone = root.MODELS.build(dict(type='ResNet', depth=18))
    assert type(backbone).__module__.startswith('mmpretrain.')


def registered(parts_of_hosts=True):
    """Pairs (kind, class name) of all register_module() in the package.

    What is made of mmdet's and mmpose's classes is named by custom_imports
    of a config, and never found without them.
    """
    for path in sorted(PACKAGE.rglob('*.py')):
        if not parts_of_hosts and 'downstream' in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.ClassDef):
                for decorator in node.decorator_list:
                    text = ast.unparse(decorator)
                    if text.endswith('.register_module()'):
                        yield text.split('.')[0], node.name


@pytest.mark.slow
def test_locations__every_registered_class_is_found_lazily():
    """Only mmssl.registry is imported; the rest comes on the first look."""
    pairs = sorted(registered(parts_of_hosts=False))
    assert ('MODELS', 'CMP') in pairs
    code = (
        'import sys, mmssl.registry as r\n'
        'early = [m for m in sys.modules if m.startswith("mmssl.models")]\n'
        'assert not early, early\n'
        f'for kind, name in {pairs!r}:\n'
        '    assert getattr(r, kind).get(name), (kind, name)\n'
        '    assert getattr(r, kind).get("mmssl." + name), (kind, name)\n'
        'print("done")\n'
    )
    assert run_python(code).split()[-1] == 'done'


REPLACED = (
    ('HOOKS', 'CheckpointHook'),
    ('MODELS', 'NonLinearNeck'),
    ('VISBACKENDS', 'LocalVisBackend'),
    ('WEIGHT_INITIALIZERS', 'Pretrained'),
)


@pytest.mark.parametrize(('kind', 'name'), sorted(registered()))
def test_names__do_not_hide_those_of_the_host(kind, name):
    """Else the host's class of this name could no longer be had unscoped.

    Some take the host's place on purpose, and are of its kind.
    """
    theirs = getattr(host, kind).get(name)
    if (kind, name) in REPLACED:
        assert issubclass(getattr(ours, kind).get(name), theirs)
    else:
        assert theirs is None


def test_engine__imports_no_models():
    """Data workers and commands that need none would wait for seconds."""
    code = (
        'import sys, mmssl.engine, mmssl.datasets\n'
        "found = [m for m in sys.modules if m.startswith(('mmpretrain', "
        "'mmssl.models'))]\n"
        'print(found)'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '[]\n'


# ---- other projects --------------------------------------------------------


@pytest.mark.parametrize(
    'project',
    [pytest.param('mmpretrain', marks=pytest.mark.slow), *DOWNSTREAM],
)
def test_project__builds_types_of_mmssl(project):
    """In a process that has imported nothing but the other project."""
    code = f"""
import sys
import {project}.registry
from mmengine.registry import MODELS, METRICS, TRANSFORMS, init_default_scope
assert not any(m.startswith('mmssl') for m in sys.modules)
init_default_scope({project!r})
model = MODELS.build({HOSTS[project]!r})
assert type(model).__module__.startswith({project!r}), type(model)
assert type(model.backbone).__module__ == 'mmssl.models.backbones.stem_resnet'
for cfg in {[cmp_model('mmssl.'), cmp_model(_scope_='mmssl')]!r}:
    model = {project}.registry.MODELS.build(cfg)
    assert type(model).__module__ == 'mmssl.models.algorithms.cmp'
assert type(METRICS.build(dict(type='mmssl.FlowMetric'))).__module__ == (
    'mmssl.evaluation.metrics.flow_metric')
assert type(TRANSFORMS.build(dict(type='mmssl.LoadFlow'))).__module__ == (
    'mmssl.datasets.transforms.loading')
print('done')
"""
    assert run_python(code).split()[-1] == 'done'


def test_scope__is_left_as_it_was():
    init_default_scope('mmpretrain')
    root.MODELS.build(cmp_model(_scope_='mmssl'))
    assert DefaultScope.get_current_instance().scope_name == 'mmpretrain'


def run_python(code):
    """Run code in a fresh interpreter and return its output."""
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
