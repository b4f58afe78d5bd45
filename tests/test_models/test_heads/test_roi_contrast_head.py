"""The head with negatives."""

import pytest
import torch

from mmssl.models.losses.roi_contrast_loss import RoIContrastLoss
from mmssl.registry import MODELS

IMAGES = torch.tensor([0, 0, 1] * 2)
MLP = dict(
    type='NonLinearNeck',
    in_channels=5,
    hid_channels=7,
    out_channels=5,
    num_layers=2,
    with_avg_pool=False,
    with_last_bn=False,
    norm_cfg=dict(type='BN1d'),
)


def build(**kwargs):
    torch.manual_seed(0)
    return MODELS.build(dict(type='mmssl.RoIContrastHead', **kwargs))


def rows(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(6, 5, generator=generator)


def test_teacher__keys_are_put_next_to_their_own_anchors():
    """Row i of the target is the other side of pair i."""
    head = build(predictor=MLP, loss=dict(type='RoIContrastLoss'))
    online, target = rows(0), rows(1)
    predicted = head.predictor((online,))[0]
    own = torch.stack([target[(i + 3) % 6] for i in range(6)])
    expected = RoIContrastLoss()(predicted, own)
    found = head.loss(online, target, IMAGES)
    assert list(found) == ['loss_contrast']
    torch.testing.assert_close(found['loss_contrast'], expected)


def test_teacher__a_perfect_prediction_has_the_least_loss():
    """Rows aligned with their targets beat any other order of them."""
    head, target = build(), rows(1)
    best = head.loss(target.clone(), target)['loss_contrast']
    for shift in (1, 2, 3):
        worse = head.loss(target.roll(shift, 0), target)['loss_contrast']
        assert float(worse) > float(best)


def test_teacher__gets_no_gradient():
    head = build()
    online, target = rows(0).requires_grad_(), rows(1).requires_grad_()
    head.loss(online, target)['loss_contrast'].backward()
    assert target.grad is None
    assert online.grad.abs().sum() > 0


def test_online__is_simclr():
    """Both sides of the comparison are the online network's."""
    head = build(keys_from='online')
    online = rows(0).requires_grad_()
    assert not head.uses_teacher
    found = head.loss(online, None, IMAGES)['loss_contrast']
    # Written as SimCLR does: over all rows, the own one taken out.
    z = torch.nn.functional.normalize(online, dim=1)
    logits = (z @ z.T / 0.1).masked_fill(torch.eye(6).bool(), -torch.inf)
    positives = torch.arange(6).roll(3)
    expected = torch.nn.functional.cross_entropy(logits, positives)
    torch.testing.assert_close(found, expected)
    (one,) = torch.autograd.grad(found, online)
    (other,) = torch.autograd.grad(expected, online)
    torch.testing.assert_close(one, other)


def test_options__reach_the_loss():
    loss = dict(type='RoIContrastLoss', exclude_same_image=True)
    with_images = build(loss=loss)
    found = with_images.loss(rows(0), rows(1), IMAGES)['loss_contrast']
    plain = build().loss(rows(0), rows(1), IMAGES)['loss_contrast']
    assert float(found) < float(plain)  # fewer negatives
    with pytest.raises(ValueError, match='exclude_same_image needs'):
        with_images.loss(rows(0), rows(1))


@pytest.mark.parametrize('keys', ['teacher', 'online'])
def test_no_boxes__connected_zero(keys):
    head = build(keys_from=keys)
    online = rows(0).requires_grad_()
    found = head.loss(online[:0], rows(1)[:0], IMAGES[:0])['loss_contrast']
    assert float(found) == 0
    found.backward()
    assert torch.equal(online.grad, torch.zeros(6, 5))


def test_errors__name_value_and_fix():
    with pytest.raises(ValueError, match="'student'; valid: online, teacher"):
        build(keys_from='student')
    with pytest.raises(ValueError, match='needs the teacher'):
        build().loss(rows(0))
