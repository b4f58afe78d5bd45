"""A student and a teacher of any parts."""

import pytest
import torch
from mmengine.runner.checkpoint import load_state_dict
from torch import nn

from mmssl.models.algorithms.teacher_student import TeacherStudent

RESNET = dict(type='ResNet', depth=18, base_channels=4, stem_channels=4)
NECK = dict(type='LinearNeck', in_channels=32, out_channels=8)


class Toy(TeacherStudent):
    """The squared distance of projections."""

    def loss(self, inputs, data_samples):
        with torch.no_grad():
            target = self.teacher.neck(self.teacher.backbone(inputs))[0]
        online = self.neck(self.backbone(inputs))[0]
        return dict(loss_toy=(online - target).square().mean())


def toy(**changes):
    cfg = dict(backbone=RESNET, neck=NECK, head=nn.Linear(8, 2))
    return Toy(**{**cfg, **changes})


def test_teacher__backbone_neck_and_more_but_no_head():
    model = toy(more_parts=dict(tail=nn.Linear(2, 2), pool=nn.Identity()))
    roots = {n.split('.')[0] for n in model.state_dict()}
    assert roots == {'backbone', 'neck', 'head', 'tail', 'teacher'}
    below = {n.split('.')[0] for n in model.teacher.state_dict()}
    assert below == {'backbone', 'neck', 'tail'}
    assert list(dict(model.named_children()))[-1] == 'teacher'


@pytest.mark.parametrize('init', ['copy', 'independent'])
def test_init__after_the_student(init):
    torch.manual_seed(3)
    model = toy(teacher_init=init)
    model.init_weights()
    mine, theirs = model.teacher.state_dict(), model.state_dict()
    conv, linear = 'backbone.conv1.weight', 'neck.fc.weight'
    for name in (conv, linear):
        assert torch.equal(mine[name], theirs[name]) == (init == 'copy')
    # Kaiming's rule, fan_out, in both: variance 2 / (4 * 49)
    for weight in (mine[conv], theirs[conv]):
        assert float(weight.var()) == pytest.approx(2 / 196, rel=0.25)


def test_init__pretrained_weights_are_copied_too(tmp_path):
    source = toy().backbone.state_dict()
    torch.save({k: v + 1 for k, v in source.items()}, tmp_path / 'b.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'b.pth'))
    model = toy(backbone=dict(RESNET, init_cfg=pretrained))
    model.init_weights()
    for name, value in source.items():
        got = model.state_dict()[f'teacher.backbone.{name}']
        assert torch.equal(got, value + 1), name


@pytest.mark.parametrize('load', [nn.Module.load_state_dict, load_state_dict])
def test_load__a_copy_follows_a_file_without_a_teacher(load):
    weights = toy().backbone.state_dict().items()
    file = {f'backbone.{k}': v + 1 for k, v in weights}
    names = set(file)
    model = toy()
    neck = model.teacher.neck.fc.weight.clone()
    load(model, file, strict=False)
    for name, value in file.items():
        assert torch.equal(model.state_dict()[name], value), name
        assert torch.equal(model.state_dict()[f'teacher.{name}'], value), name
    assert torch.equal(model.teacher.neck.fc.weight, neck)
    assert set(file) == names  # the caller's dict stays as it is


def test_load__a_teacher_of_its_own_stays_and_one_in_the_file_is_taken():
    model = toy(teacher_init='independent')
    before = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    model.load_state_dict(toy().backbone.state_dict(), strict=False)
    after = model.teacher.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)
    copy = toy()
    copy.load_state_dict(model.state_dict())
    for name, value in copy.teacher.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_update__moves_every_parameter_by_m():
    model = toy(teacher_init='independent')
    old = {n: p.clone() for n, p in model.teacher.named_parameters()}
    model.update_teacher(0.75)
    new = dict(model.named_parameters())
    for name, value in model.teacher.named_parameters():
        wanted = 0.75 * old[name] + 0.25 * new[name]
        torch.testing.assert_close(value, wanted, msg=name)


def test_independent__needs_configs():
    with pytest.raises(ValueError, match='needs a config of backbone'):
        toy(backbone=toy().backbone, teacher_init='independent')
    with pytest.raises(ValueError, match="unknown init 'x'"):
        toy(teacher_init='x')


def test_buffers__policy_is_passed_on():
    model = toy(teacher_buffers='copy')
    model.train()
    model.loss(torch.randn(2, 3, 32, 32), None)
    with torch.no_grad():
        model.backbone.bn1.running_mean.fill_(7.0)
    model.update_teacher(1.0)
    assert (model.teacher.backbone.bn1.running_mean == 7.0).all()
