"""Buffers come back to the bit, also those that change their shape."""

import torch
from torch import nn

from mmssl.engine.buffer_snapshot import BufferSnapshot, set_buffers


class Queue(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer('queue', torch.arange(4.0), persistent=False)


def values(model):
    return {name: b.clone() for name, b in model.named_buffers()}


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_restore__after_a_bad_batch():
    torch.manual_seed(0)
    model = Queue()
    model.norm(torch.randn(5, 3))
    before, snapshot = values(model), BufferSnapshot(model)
    for _ in range(2):  # the second time by copies that are there already
        snapshot.save()
        model.norm(torch.full((5, 3), float('nan')))
        model.queue.zero_()
        assert torch.isnan(model.norm.running_mean).all()
        snapshot.restore()
        assert_equal(values(model), before)
    assert_equal(snapshot.state_dict(), before)


def test_save__takes_the_newest():
    model = Queue()
    snapshot = BufferSnapshot(model)
    snapshot.save()
    model.queue += 1
    snapshot.save()
    model.queue += 1
    snapshot.restore()
    assert model.queue.tolist() == [1, 2, 3, 4]


def test_save__follows_a_new_shape():
    model = Queue()
    snapshot = BufferSnapshot(model)
    snapshot.save()
    model.queue = torch.zeros(7)
    snapshot.save()
    model.queue.fill_(5)
    snapshot.restore()
    assert model.queue.tolist() == [0] * 7


def test_restore__leaves_what_has_another_shape_now():
    model = Queue()
    snapshot = BufferSnapshot(model)
    snapshot.save()
    model.queue = torch.ones(7)
    snapshot.restore()
    assert model.queue.tolist() == [1] * 7


def test_restore_if__obeys_a_boolean_of_the_device():
    model = Queue()
    snapshot = BufferSnapshot(model)
    snapshot.save()
    before = model.queue.clone()
    model.queue += float('nan')
    snapshot.restore_if(torch.tensor(False))
    assert model.queue.isnan().all()
    snapshot.restore_if(torch.tensor(True))
    assert torch.equal(model.queue, before)


def test_load_state_dict__goes_back_to_the_copies_of_another_run():
    model = Queue()
    snapshot = BufferSnapshot(model)
    snapshot.load_state_dict({'queue': torch.full((4,), 3.0)})
    model.queue.zero_()
    snapshot.restore()
    assert model.queue.tolist() == [3] * 4


def test_set_buffers__in_place_and_only_what_fits():
    model = Queue()
    queue = model.queue
    mean = model.norm.running_mean.clone()
    set_buffers(
        model,
        {
            'queue': torch.full((4,), 2.0),
            'norm.running_mean': torch.ones(7),
            'gone': torch.ones(1),
        },
    )
    assert model.queue is queue
    assert queue.tolist() == [2] * 4
    assert torch.equal(model.norm.running_mean, mean)
