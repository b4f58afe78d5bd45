"""Switches of SOLIDER; the messages of all are in test_solider.py."""

from __future__ import annotations

import warnings

import pytest
import torch

from mmssl.models.backbones import SemanticSwinTransformer
from mmssl.models.heads import SemanticHead
from mmssl.models.utils.solider_checks import (
    CHOICES,
    check_backbone,
    check_classes,
    check_one_size,
    check_switches,
)


def test_backbone__without_lambda_is_warned_of():
    arch = dict(embed_dims=8, depths=[1, 1], num_heads=[1, 1])
    kwargs = dict(arch=arch, strides=(4, 2), out_indices=(1,))
    plain = SemanticSwinTransformer(**kwargs, semantic_weight=-1)
    with pytest.warns(UserWarning, match='Transformer takes no lambda'):
        check_backbone(plain, 'normed')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        check_backbone(SemanticSwinTransformer(**kwargs), 'normed')


def test_switches__every_choice_passes():
    for name, valid in CHOICES.items():
        for value in valid:
            check_switches(**{name: value})
        with pytest.raises(ValueError, match=rf"unknown {name} 'x'; valid"):
            check_switches(**{name: 'x'})
    for alpha in (None, 0, 0.5, 1):
        check_switches(alpha=alpha, semantic_loss_weight=0)
    for wrong in (-0.1, float('nan')):
        with pytest.raises(ValueError, match='alpha'):
            check_switches(alpha=wrong)
        with pytest.raises(ValueError, match='semantic_loss_weight'):
            check_switches(semantic_loss_weight=wrong)


def test_classes__parts_and_background():
    check_classes(SemanticHead(4, 4), 3)
    check_classes(torch.nn.Identity(), 3)  # does not tell
    with pytest.raises(ValueError, match=r'num_classes .* = 6 .* got 4'):
        check_classes(SemanticHead(4, 4), 5)


def test_size__of_global_views():
    small, large = torch.zeros(1, 3, 4, 2), torch.zeros(1, 3, 8, 4)
    check_one_size([small, small])
    with pytest.raises(ValueError, match='got 4x2, 8x4'):
        check_one_size([large, small])
