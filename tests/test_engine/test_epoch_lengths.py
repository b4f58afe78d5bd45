import pytest
from mmengine.optim.scheduler.param_scheduler import INF

from mmssl.engine.epoch_lengths import EpochLengths, check_warmup
from mmssl.engine.run_config import LaunchError


class Scheduler(EpochLengths):
    """Keeps what it is given."""

    def __init__(self, optimizer, **kwargs):
        self.given = kwargs


def given(**kwargs):
    return Scheduler.build_iter_from_epoch('sgd', **kwargs).given


def test_lengths__are_multiplied():
    assert given(warmup=0.5, begin=1, end=4, epoch_length=10, final=2) == dict(
        warmup=5.0, begin=10, end=40, by_epoch=False, final=2
    )


def test_lengths__no_end_and_no_warmup():
    assert given(epoch_length=10) == dict(begin=0, end=INF, by_epoch=False)


@pytest.mark.parametrize(
    'wrong', [dict(epoch_length=0), dict(epoch_length=5, by_epoch=False)]
)
def test_lengths__no_epochs(wrong):
    with pytest.raises(ValueError, match='at least 1 iteration'):
        given(**wrong)


@pytest.mark.parametrize('warmup', [-1, 3, 4])
def test_check_warmup__longer_than_training(warmup):
    with pytest.raises(
        LaunchError, match=f'3 epochs of training, got {warmup}'
    ):
        check_warmup(warmup, 3, 'epochs')
    with pytest.raises(LaunchError, match=rf'got {warmup}'):
        given(warmup=warmup, begin=1, end=4, epoch_length=10)
