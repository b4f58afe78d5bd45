import pytest
import torch
from mmengine.config import Config
from mmpretrain.models.backbones import ResNet
from torch import nn

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.probes.benchmark_probe import (
    probed_network,
    run_probe,
    stages_there,
)
from mmssl.registry import TASK_UTILS
from mmssl.testing.toy_people import make_toy_people

NET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    return make_toy_people(tmp_path_factory.mktemp('people'), n=20)


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp('net') / 'net.pth'
    network = ResNet(**{k: v for k, v in NET.items() if k != 'type'})
    network.init_weights()
    torch.save(network.state_dict(), path)
    return path


def task(folder, **changes):
    def loader(indices):
        return dict(
            batch_size=4,
            dataset=dict(
                type='ImageMasks',
                data_root=str(folder),
                img_root='images',
                mask_root='masks',
                classes='labels.json',
                test_mode=True,
                indices=indices,
                pipeline=[
                    dict(type='LoadImageRGB'),
                    dict(type='ResizeView', size=(64, 32)),
                    dict(type='PackMasks'),
                ],
            ),
        )

    config = dict(
        benchmark=dict(name='parsing-linear', metric='parsing_linear_miou'),
        probe=dict(
            type='DenseLinearProbe',
            loader=loader(-6),
            bank_loader=loader(14),
            max_cells=None,
        ),
    )
    return Config({**config, **changes})


def test_run__file_module_and_config_of_the_same_weights(people, file):
    found = run_probe(task(people), file, 0, architecture=NET)
    network = ResNet(**{k: v for k, v in NET.items() if k != 'type'})
    network.load_state_dict(torch.load(file))
    assert run_probe(task(people), network, 0) == found
    random = run_probe(task(people), NET, 0)
    assert random == run_probe(task(people), NET, 0)
    assert random != run_probe(task(people), NET, 1)
    place = 'parsing_linear_position_miou'
    assert random[place] == found[place]
    assert all(type(value) is float for value in found.values())


def test_run__equals_the_probe_of_the_hook(people, file):
    network = probed_network(file, architecture=NET)
    config = task(people)
    probe = TASK_UTILS.build(dict(config.probe, seed=0))
    for loader in (probe.loader, probe.bank_loader):
        loader.dataset.type = 'mmssl.ImageMasks'
    expected = probe.measure(network)
    assert run_probe(config, file, architecture=NET) == expected


def test_run__seed_draws_images_of_the_bank(people, file):
    def miou(seed, **changes):
        found = run_probe(
            task(people, **changes), file, seed, architecture=NET
        )
        return found['parsing_linear_miou']

    assert miou(0, bank_images=6) == miou(0, bank_images=6)
    assert miou(0, bank_images=6) != miou(1, bank_images=6)
    assert miou(0, bank_images=14) == miou(1, bank_images=99) == miou(2)


def test_run__several_outputs_and_normalisation(people, file):
    plain = run_probe(task(people), file, architecture=NET)
    two = run_probe(task(people, stages=(2, 3)), file, architecture=NET)
    last = run_probe(task(people, stages=(3,)), file, architecture=NET)
    assert last['parsing_linear_miou'] == plain['parsing_linear_miou']
    assert two['parsing_linear_miou'] != plain['parsing_linear_miou']
    grey = dict(mean=[0, 0, 0], std=[1, 1, 1])
    other = run_probe(task(people, normalize=grey), file, architecture=NET)
    assert other['parsing_linear_miou'] != plain['parsing_linear_miou']


def test_run__normalises_as_the_checkpoint_was_trained(tmp_path, file):
    pixels = dict(mean=[1.0, 2.0, 3.0], std=[4.0, 5.0, 6.0])
    model = dict(backbone=NET, data_preprocessor=dict(type='X', **pixels))
    state = torch.load(file)
    torch.save(
        dict(
            state_dict={f'backbone.{k}': v for k, v in state.items()},
            meta=dict(cfg=Config(dict(model=model)).pretty_text),
        ),
        tmp_path / 'run.pth',
    )
    network = probed_network(tmp_path / 'run.pth')
    assert network.data_preprocessor.mean.flatten().tolist() == [1, 2, 3]
    assert not network.training
    given = probed_network(
        tmp_path / 'run.pth', normalize=dict(mean=[0] * 3, std=[1] * 3)
    )
    assert given.data_preprocessor.std.flatten().tolist() == [1, 1, 1]
    for name, value in network.backbone.state_dict().items():
        assert torch.equal(value, state[name])


@pytest.mark.parametrize(
    ('changes', 'told'),
    [
        (dict(probe=None), 'needs probe'),
        (dict(benchmark=None), 'needs benchmark'),
        (dict(benchmark=dict(name='a')), 'needs metric'),
        (
            dict(benchmark=dict(metric='miou')),
            "metric is 'miou', .* parsing_linear_mean_class",
        ),
    ],
)
def test_run__mistakes(people, changes, told):
    config = dict(task(people, **changes))
    config = {k: v for k, v in config.items() if v is not None}
    with pytest.raises(ValueError, match=told):
        run_probe(config, NET)


def test_run__file_of_another_network(people, file):
    other = dict(NET, depth=34)
    with pytest.raises(CheckpointError):
        run_probe(task(people), file, architecture=other)


def test_run__stages_that_are_there(people, file):
    """A task for four stages fits a backbone of three, and a module."""
    three = dict(num_stages=3, strides=(1, 2, 2), dilations=(1, 1, 1))
    three = dict(NET, out_indices=(2,), **three)
    assert stages_there(three, (2, 3)) == (2,)
    assert stages_there(NET, (5, 6)) == (3,)
    assert stages_there(NET, None) is None
    assert stages_there(dict(type='AlexNetBN'), (2, 3, 4)) == (2, 3)
    plain = {k: v for k, v in NET.items() if k != 'type'}
    module = ResNet(out_indices=(0, 2, 3), **plain)
    module.load_state_dict(torch.load(file))
    found = run_probe(task(people, stages=(2, 3)), module)
    assert found == run_probe(
        task(people, stages=(2, 3, 4)), file, architecture=NET
    )


def test_network__a_module_is_not_copied():
    module = nn.Conv2d(3, 2, 1)
    assert probed_network(module).backbone is module
