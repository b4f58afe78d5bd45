"""Probes as jobs: files and random weights reach them, checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from mmengine.config import Config
from mmpretrain.models import SwinTransformer

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported, random_like, read_exported
from mmssl.downstream.job_spec import BackboneSpec
from mmssl.downstream.probe_run import is_probe, probe_task
from mmssl.probes import benchmark_probe

ARCH = dict(embed_dims=12, depths=[1, 1, 1], num_heads=[1, 1, 2])


@pytest.fixture
def calls(monkeypatch):
    """Replace the fitting by a note of what it was given."""
    seen = []

    def run_probe(config, backbone, seed, device, architecture):
        network = benchmark_probe.probed_network(
            backbone, seed, config.get('stages'), None, architecture
        )
        seen.append((network, seed, device, dict(config)))
        return {'mIoU': 3.0}

    monkeypatch.setattr(benchmark_probe, 'run_probe', run_probe)
    return seen


def config(**more):
    return Config(dict(probe=dict(type='A'), stages=(2,), **more))


def test_is_probe__says_the_config():
    assert is_probe(config())
    assert not is_probe(Config(dict(model=dict())))


def test_probe__of_a_file_has_its_weights(calls, export, job):
    net = SwinTransformer(ARCH, out_indices=(2,))
    file = export(net)
    found = read_exported(BackboneSpec('a', str(file)))
    metrics, load, seconds = probe_task(config(), found, job(file, seed=4))
    assert metrics == {'mIoU': 3.0}
    assert load['matched'] == load['total'] > 30
    assert seconds['test'] > 0 == seconds['train']
    network, seed, device, given = calls[0]
    assert (seed, device) == (4, 'cpu')
    for name, tensor in network.backbone.state_dict().items():
        assert torch.equal(tensor, found.state[name]), name
    assert list(given['normalize']['mean']) == found.pixels['mean']


def test_probe__of_random_weights_drawn_by_the_seed(calls, export, job):
    net = SwinTransformer(ARCH, out_indices=(2,))
    twin = read_exported(random_like(export(net)))
    for seed in (1, 1, 2):
        load = probe_task(config(), twin, job(seed=seed))[1]
        assert load['matched'] == 0
    first, same, other = (
        call[0].backbone.state_dict()['patch_embed.projection.weight']
        for call in calls
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_probe__refuses_what_it_cannot_build(calls, export, job):
    unknown = Exported(config=None, name='a backbone of net')
    with pytest.raises(HandOffError, match='needs to know the architecture'):
        probe_task(config(), unknown, job())
    given = read_exported(
        BackboneSpec('a', str(export(SwinTransformer(ARCH, out_indices=(2,)))))
    )
    odd = replace(given, config=dict(given.config, wings=2))
    with pytest.raises(HandOffError, match='cannot be built for the probe'):
        probe_task(config(), odd, job())
    assert not calls


@pytest.mark.parametrize(
    ('error', 'kind'),
    [(FileNotFoundError('no lip'), 'data'), (ValueError('labels'), 'misfit')],
)
def test_probe__that_fails(monkeypatch, export, job, error, kind):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(benchmark_probe, 'run_probe', fail)
    twin = read_exported(
        random_like(export(SwinTransformer(ARCH, out_indices=(2,))))
    )
    with pytest.raises(HandOffError) as caught:
        probe_task(config(), twin, job())
    assert caught.value.kind == kind
