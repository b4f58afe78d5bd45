"""Classes of data and model."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from torch import nn

from mmssl.downstream.class_counts import (
    check_classes,
    classes_of,
    head_classes,
)
from mmssl.downstream.errors import HandOffError


class Part(nn.Module):
    """A module with attributes."""

    def __init__(self, **values):
        super().__init__()
        for name, value in values.items():
            setattr(self, name, value)


def detector(box=2, mask=2):
    """Names as mmdet has them."""
    return Part(
        backbone=Part(num_classes=1000),
        rpn_head=Part(num_classes=1),
        roi_head=Part(
            bbox_head=nn.ModuleList([Part(num_classes=box)]),
            mask_head=Part(num_classes=mask, loss=Part(num_classes=9)),
        ),
    )


def data(*classes, **more):
    return SimpleNamespace(metainfo=dict(classes=classes, **more))


def test_heads__of_a_detector():
    assert head_classes(detector(3, 4)) == {
        'roi_head.bbox_head.0': 3,
        'roi_head.mask_head': 4,
    }


def test_heads__that_know_no_classes():
    agnostic = Part(mask_head=Part(num_classes=80, class_agnostic=True))
    assert head_classes(agnostic) == {}
    assert head_classes(Part(decode_head=Part(num_classes=None))) == {}


def test_check__equal():
    check_classes(detector(), data('a', 'b'), data('a', 'b'))
    check_classes(detector(), SimpleNamespace(), SimpleNamespace())


def test_check__model_for_more():
    with pytest.raises(HandOffError) as caught:
        check_classes(detector(mask=80), data('a', 'b'), data('a', 'b'))
    assert caught.value.kind == 'classes'
    assert str(caught.value) == (
        'the data has 2 classes (a, b), and the model is for 80 '
        '(model.roi_head.mask_head): set num_classes=2 there, or other '
        'classes in the metainfo of the data'
    )


def test_check__training_and_test_differ():
    with pytest.raises(
        HandOffError, match=r'2 classes .* 5 classes \(a, b, c'
    ):
        check_classes(detector(), data('a', 'b'), data(*'abcde'))


def test_check__keypoints():
    model = Part(head=Part(out_channels=17))
    poses = data('person', num_keypoints=17)
    check_classes(model, poses, poses)
    poses = data('person', num_keypoints=21)
    with pytest.raises(HandOffError, match=r'21 keypoints, .* gives out 17'):
        check_classes(model, poses, poses)


def test_classes__a_word_is_no_list():
    assert classes_of(SimpleNamespace(metainfo=dict(classes='ab'))) is None
    assert classes_of(data('x')) == ('x',)
