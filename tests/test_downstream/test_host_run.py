"""Training and test by a host's Runner."""

from __future__ import annotations

import pytest

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.host_run import train_and_test
from mmssl.downstream.hosts import read_config
from mmssl.downstream.job_config import prepare


def toy(job, **options):
    """The toy task with a narrow network of its own."""
    config = read_config(job().config, options)
    config.model.backbone = dict(
        type='SwinTransformer',
        arch=dict(embed_dims=12, depths=[1, 1], num_heads=[1, 1]),
        out_indices=(1,),
        pad_small_map=True,
    )
    config.model.head.in_channels = 24
    prepare(config, job())
    return config


def test_run__what_cannot_be_built(job):
    config = toy(job)
    config.model.head.type = 'NoSuchHead'
    with pytest.raises(HandOffError, match='cannot be built for a and b') as e:
        train_and_test(config, Exported(None, 'b'), 'mmpretrain', 'a and b')
    assert e.value.kind == 'misfit'


def test_run__channels_that_do_not_fit_are_found_before_a_step(job, tmp_path):
    config = toy(job)
    config.model.head.in_channels = 96
    with pytest.raises(HandOffError, match='a step of training fails') as e:
        train_and_test(config, Exported(None, 'b'), 'mmpretrain', 'a and b')
    assert e.value.kind == 'misfit'
    assert not list((tmp_path / 'job').glob('*.pth'))


@pytest.mark.slow
def test_run__a_training_that_fails_is_no_misfit(job):
    config = toy(job)
    config.custom_hooks = [dict(type='EMAHook', ema_type='NoSuchAverage')]
    with pytest.raises(HandOffError, match='training of a and b failed') as e:
        train_and_test(config, Exported(None, 'b'), 'mmpretrain', 'a and b')
    assert e.value.kind == 'training'


@pytest.mark.slow
def test_run__numbers_and_seconds(job):
    metrics, load, seconds = train_and_test(
        toy(job), Exported(None, 'b'), 'mmpretrain', 'a and b'
    )
    assert set(metrics) == {'accuracy/top1'}
    assert load['matched'] == 0
    assert min(seconds.values()) > 0
