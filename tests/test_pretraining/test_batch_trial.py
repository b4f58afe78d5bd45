import copy

import pytest
import torch
from mmengine.config import Config

from mmssl.pretraining.batch_trial import (
    OutOfMemory,
    Trial,
    is_out_of_memory,
    largest_batch,
    trial_step,
)
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.noise import flow_noise

TINY = Config(
    dict(
        default_scope='mmssl',
        model=dict(
            type='CMP',
            backbone=dict(
                type='ResNet', depth=18, base_channels=8, out_indices=(3,)
            ),
            neck=dict(type='ConvProjection', in_channels=64, out_channels=8),
            motion_encoder=dict(
                type='MotionEncoder', strides=(2, 2, 8), channels=4
            ),
            decoder=dict(
                type='PlainMotionDecoder',
                in_channels=12,
                channels=8,
                pools=(1,),
            ),
            head=dict(type='FlowBinHead', in_channels=8),
        ),
        optim_wrapper=dict(
            type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1)
        ),
    )
)


def noise(batch):
    return flow_noise(batch, 64)


@pytest.mark.parametrize(
    ('limit', 'batch'), [(0, 32), (10_000, 32), (3_000, 16), (500, 4)]
)
def test_largest_batch__by_memory(limit, batch):
    """A step takes 100 bytes a sample; 15 % of the memory is left alone."""
    tried = []

    def measure(number):
        tried.append(number)
        return Trial(number, 1.0, 100 * number)

    assert largest_batch(measure, 32, limit).batch == batch
    assert tried == [n for n in (32, 16, 8, 4) if n >= batch]


def test_largest_batch__by_errors():
    def measure(number):
        if number > 6:
            raise OutOfMemory
        return Trial(number, 1.0)

    assert largest_batch(measure, 25).batch == 6

    def never(number):
        raise OutOfMemory

    with pytest.raises(PretrainError, match='not even two samples'):
        largest_batch(never, 8)


def test_trial_step__a_real_step():
    trial = trial_step(TINY, noise, 2, 'cpu')
    assert (trial.batch, trial.peak_bytes) == (2, 0)
    assert trial.seconds > 0


def test_trial_step__errors_other_than_memory_pass():
    wrong = copy.deepcopy(TINY)
    wrong.model.decoder.in_channels = 13
    with pytest.raises(ValueError, match='decoder'):
        trial_step(wrong, noise, 2, 'cpu')

    def full(*args):
        raise RuntimeError('CUDA out of memory. Tried to allocate 2 GiB')

    with pytest.raises(OutOfMemory, match='2 GiB'):
        trial_step(TINY, full, 2, 'cpu')


def test_is_out_of_memory__by_its_words():
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.cuda.OutOfMemoryError('out of memory'))
    assert is_out_of_memory(
        RuntimeError("DefaultCPUAllocator: can't allocate memory")
    )
    assert not is_out_of_memory(RuntimeError('shapes do not match'))
