"""Lambdas of training."""

from __future__ import annotations

import pytest
import torch

from mmssl.models.utils.semantic_draws import (
    check_distribution,
    draw_semantic_weights,
)


def test_draws__follow_the_distribution():
    binary = draw_semantic_weights(4000, 'binary')
    assert set(binary.tolist()) == {0.0, 1.0}
    assert binary.mean().item() == pytest.approx(0.5, abs=0.03)
    uniform = draw_semantic_weights(4000, 'uniform').sort().values
    even = torch.linspace(0, 1, 4000)
    assert (uniform - even).abs().max() < 0.04
    assert draw_semantic_weights(3, 0.7).tolist() == pytest.approx([0.7] * 3)
    for how in ('binary', 'uniform'):
        first, again = (
            draw_semantic_weights(8, how, torch.Generator().manual_seed(1))
            for _ in range(2)
        )
        assert torch.equal(first, again)
        assert first.dtype == torch.float32


def test_check__names_what_is_wrong():
    assert check_distribution('uniform') == 'uniform'
    assert check_distribution(1) == 1.0
    with pytest.raises(ValueError, match=r"'normal'; valid: binary, uniform"):
        check_distribution('normal')
    with pytest.raises(ValueError, match=r'in \[0, 1\].*got -0.1'):
        check_distribution(-0.1)
