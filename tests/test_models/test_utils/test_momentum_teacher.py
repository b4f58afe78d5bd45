"""The teacher's every movement against plain arithmetic."""

import copy
import pickle

import pytest
import torch
from mmengine.model import BaseModule
from torch import nn

from mmssl.engine.checkpointed_blocks import checkpoint_blocks
from mmssl.engine.speed_options import apply_model_options
from mmssl.models.utils.momentum_teacher import MomentumTeacher


class Part(BaseModule):
    """Convolution and norm; its weights start from 'init_cfg'."""

    def __init__(self, channels=4):
        super().__init__(dict(type='Normal', layer='Conv2d', std=1.0))
        self.conv = nn.Conv2d(3, channels, 1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.norm(self.conv(x))


def student(channels=4):
    return {
        'backbone': Part(channels),
        'region': nn.AdaptiveAvgPool2d(1),
        'neck': nn.Linear(channels, 2),
    }


class Model(BaseModule):
    """Parts with a teacher beside them, as an algorithm has it."""

    def __init__(self, **options):
        super().__init__()
        parts = student()
        for name, part in parts.items():
            self.add_module(name, part)
        self.teacher = MomentumTeacher(parts, **options)

    def forward(self, x):
        with torch.no_grad():
            target = self.teacher.neck(self.teacher.backbone(x).mean((2, 3)))
        online = self.neck(self.region(self.backbone(x)).flatten(1))
        return (online - target).square().mean()


def numbers(module):
    """All tensors by name, copied."""
    return {k: v.clone() for k, v in module.state_dict().items()}


def moved(model):
    """Let student and teacher differ in everything."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(torch.rand_like(tensor))
            else:
                tensor.add_(int(torch.randint(1, 9, ())))
    return model


def student_name(name):
    return name[len('teacher.') :]


def test_names__parts_with_parameters_under_their_names():
    names = list(Model().state_dict())
    mine = [n for n in names if n.startswith('teacher.')]
    theirs = [n for n in names if not n.startswith('teacher.')]
    assert [student_name(n) for n in mine] == theirs
    assert not any('region' in n for n in names)


@pytest.mark.parametrize('buffers', ['own', 'copy', 'average'])
@pytest.mark.parametrize('momentum', [0.0, 0.3, 0.97, 0.999, 1.0])
def test_update__moves_by_exactly_m(momentum, buffers):
    model = moved(Model(buffers=buffers))
    before = {k: v.double() for k, v in numbers(model).items()}
    model.teacher.update(momentum)
    kinds = dict(model.named_parameters())
    for name, value in model.state_dict().items():
        wanted = before[name]
        if name.startswith('teacher.'):
            new = before[student_name(name)]
            mean = momentum * wanted + (1 - momentum) * new
            counts = name.endswith('num_batches_tracked')
            if name in kinds:
                wanted = mean
            elif buffers == 'copy' or (buffers == 'average' and counts):
                wanted = new
            elif buffers == 'average':
                wanted = mean
        torch.testing.assert_close(
            value.double(), wanted, rtol=3e-7, atol=1e-7, msg=name
        )
    if momentum == 1.0 and buffers == 'own':
        after = numbers(model)
        assert all(torch.equal(before[k], after[k].double()) for k in after)


def test_training__leaves_the_teacher_to_its_updates():
    model = moved(Model())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    old = numbers(model)
    model(torch.randn(2, 3, 5, 5)).backward()
    optimizer.step()
    new = numbers(model)
    for name, _ in model.named_parameters():
        still = torch.equal(old[name], new[name])
        assert still == name.startswith('teacher.'), name
    # in training mode its norms count batches of their own
    mean = 'teacher.backbone.norm.running_mean'
    assert not torch.equal(old[mean], new[mean])
    assert not any(p.requires_grad for p in model.teacher.parameters())
    assert model.teacher.backbone.norm.training
    assert not model.eval().teacher.backbone.norm.training


@pytest.mark.parametrize('init', ['copy', 'independent'])
def test_init__a_copy_or_a_draw_of_its_own(init):
    own = {k: v for k, v in student().items() if k != 'region'}
    model = Model(init=init, own=own if init == 'independent' else None)
    model.init_weights()
    values = numbers(model)
    weights = [n for n in values if n.endswith('weight') and 'norm' not in n]
    for name in (n for n in weights if n.startswith('teacher.')):
        same = torch.equal(values[name], values[student_name(name)])
        assert same == (init == 'copy'), name
    # it is initialised in the student's way: std 1, where torch has 0.33
    drawn = [p.init_cfg for p in (model.backbone, model.teacher.backbone)]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    'copied', [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies__follow_their_own_student(copied):
    model = moved(Model())
    twin = copied(model)
    with torch.no_grad():
        twin.backbone.conv.weight.fill_(5.0)
    twin.teacher.update(0.0)
    assert (twin.teacher.backbone.conv.weight == 5).all()
    assert not (model.teacher.backbone.conv.weight == 5).any()


@pytest.mark.parametrize(
    'options',
    [
        dict(channels_last=True),
        dict(grad_checkpoint=['backbone', 'teacher.backbone']),
        dict(compile=dict(backend='eager')),
    ],
    ids=lambda options: next(iter(options)),
)
def test_speed_options__same_numbers_and_the_student_stays_its_own(options):
    model = moved(Model())
    plain = copy.deepcopy(model)
    apply_model_options(model, options)
    x = torch.randn(2, 3, 5, 5)
    for net in (plain, model):
        net(x).backward()
        torch.optim.SGD(net.parameters(), lr=0.5).step()
        net.teacher.update(0.9)
    assert list(model.state_dict()) == list(plain.state_dict())
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, msg=name)


def test_compiled_parts__are_the_teachers_too():
    model = Model()
    apply_model_options(model, dict(compile=dict(backend='eager')))
    compiled = [n for n, m in model.named_modules() if 'forward' in vars(m)]
    assert compiled == ['backbone', 'neck', 'teacher.backbone', 'teacher.neck']


def test_checkpointed_blocks__count_a_batch_once():
    model = Model()
    checkpoint_blocks(model, ['backbone', 'teacher.backbone'])
    model(torch.randn(2, 3, 5, 5)).backward()
    assert model.backbone.norm.num_batches_tracked == 1
    assert model.teacher.backbone.norm.num_batches_tracked == 1


def test_differences__are_named_by_both_sides():
    own = {'backbone': Part(5), 'neck': nn.Linear(4, 2, bias=False)}
    with pytest.raises(ValueError) as error:
        Model(init='independent', own=own)
    text = str(error.value)
    assert 'differ in 7 tensor(s)' in text
    assert (
        'backbone.conv.bias: (5,) torch.float32 in the teacher, (4,)' in text
    )
    model = Model()
    model.neck.bias = None
    with pytest.raises(ValueError, match=r'neck\.bias.*missing in the stud'):
        model.teacher.update(0.5)


def test_half_precision__cannot_average():
    model = Model().half()
    with pytest.raises(ValueError, match=r'float16: half.*AmpOptimWrapper'):
        model.teacher.update(0.99)
    model.float().teacher.update(0.99)


def test_arguments__out_of_range():
    with pytest.raises(ValueError, match="'zero'; valid: copy, independent"):
        Model(init='zero')
    with pytest.raises(ValueError, match="'x'; valid: average, copy, own"):
        Model(buffers='x')
    with pytest.raises(ValueError, match='missing: neck'):
        Model(init='independent', own={'backbone': Part()})
    with pytest.raises(ValueError, match=r'got 1\.5'):
        Model().teacher.update(1.5)
