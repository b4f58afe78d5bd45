"""Tables and embeddings, against plain loops and whole networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import SwinTransformer, VisionTransformer
from torch import nn

from mmssl.checkpoints.load_report import load_into
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import (
    INDEX,
    TABLE,
    fit_positions,
    grid_of,
    relative_position_index,
    resize_embedding,
    resize_table,
)

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
VIT = dict(embed_dims=16, num_layers=1, num_heads=2, feedforward_channels=32)


def swin(window):
    return SwinTransformer(ARCH, window_size=window, pad_small_map=True)


def cubic(x):
    """The cubic kernel of bicubic interpolation, a = -0.75."""
    x = abs(x)
    if x <= 1:
        return 1.25 * x**3 - 2.25 * x**2 + 1
    if x < 2:
        return -0.75 * (x**3 - 5 * x**2 + 8 * x - 4)
    return 0.0


def resized_by_hand(row, size):
    """One line of values, centres of cells aligned, borders repeated."""
    old = len(row)
    new = []
    for i in range(size):
        at = (i + 0.5) * old / size - 0.5
        first = int(np.floor(at)) - 1
        taps = range(first, first + 4)
        new.append(
            sum(row[min(max(t, 0), old - 1)] * cubic(at - t) for t in taps)
        )
    return new


def test_table__separable_cubic_by_hand():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(3 * 3, 2))  # windows of 2
    got = resize_table(torch.from_numpy(table), 4).numpy()
    for head in range(2):
        image = table[:, head].reshape(3, 3)
        rows = np.array([resized_by_hand(row, 7) for row in image])
        want = np.array([resized_by_hand(col, 7) for col in rows.T]).T
        np.testing.assert_allclose(got[:, head].reshape(7, 7), want, atol=2e-6)


def test_table__as_the_published_loader_does():
    table = torch.randn(169, 3)
    want = F.interpolate(
        table.permute(1, 0).reshape(1, 3, 13, 13), (23, 23), mode='bicubic'
    )
    want = want.view(3, 529).permute(1, 0)
    torch.testing.assert_close(resize_table(table, 12), want)
    half = resize_table(table.half(), 12)
    assert half.dtype == torch.float16


@pytest.mark.parametrize('window', [2, 5, 7, 12])
def test_index__is_the_networks_own(window):
    name = f'stages.0.blocks.0.attn.w_msa.{INDEX}'
    index = relative_position_index(window)
    assert torch.equal(swin(window).state_dict()[name], index)


def test_index__is_the_published_one():
    with np.load(GOLDEN / 'solider_int_buffers.npz') as file:
        want = file['relative_position_index']
    np.testing.assert_array_equal(relative_position_index(7).numpy(), want)


def test_embedding__rows_and_columns_and_first_tokens():
    embedding = torch.randn(1, 1 + 6, 4)
    new = resize_embedding(embedding, (2, 3), (4, 3), 1)
    assert torch.equal(new[:, 0], embedding[:, 0])
    for c in range(4):
        image = embedding[0, 1:, c].reshape(2, 3).numpy()
        want = np.array([resized_by_hand(col, 4) for col in image.T]).T
        np.testing.assert_allclose(
            new[0, 1:, c].reshape(4, 3).numpy(), want, atol=2e-6
        )


def test_fit__swin_of_another_window():
    """mmpretrain's own resizing fails with the SciPy of today."""
    old, new = swin(7), swin(4)
    for tensor in old.state_dict().values():
        if tensor.is_floating_point():
            tensor.normal_()
    state = old.state_dict()
    fitted, [resized] = fit_positions(state, new)
    assert str(resized) == (
        '4 relative position tables (window 7 -> 4) 13x13 -> 7x7, bicubic'
    )
    new.load_state_dict(fitted)
    name = f'stages.3.blocks.0.attn.w_msa.{TABLE}'
    assert torch.equal(new.state_dict()[name], resize_table(state[name], 4))
    index = f'stages.3.blocks.0.attn.w_msa.{INDEX}'
    assert torch.equal(new.state_dict()[index], relative_position_index(4))
    assert state[index].shape == (49, 49)  # the file is not changed


def test_fit__same_sizes_and_other_networks_are_left_alone():
    state = swin(7).state_dict()
    fitted, resized = fit_positions(state, swin(7))
    assert resized == ()
    assert all(fitted[k] is v for k, v in state.items())
    heads = dict(ARCH, num_heads=[2, 2, 4, 4])
    wider = SwinTransformer(heads, window_size=4, pad_small_map=True)
    assert fit_positions(state, wider)[1] == ()


def test_load_into__says_what_was_resized(caplog):
    model = nn.ModuleDict({'backbone': swin(4)})
    state = {f'backbone.{k}': v for k, v in swin(7).state_dict().items()}
    report = load_into(model, {'state_dict': state}, min_matched=1.0)
    assert report.share == 1.0
    assert len(report.resized[0].names) == 4
    assert report.text().endswith('(window 7 -> 4) 13x13 -> 7x7, bicubic')
    assert report.as_dict()['resized'][0]['new'] == (7, 7)


def vit(size):
    return VisionTransformer(VIT, img_size=size, patch_size=8)


def test_fit__vit_from_a_square_to_a_person():
    state, model = vit(32).state_dict(), vit((64, 32))
    state['pos_embed'].normal_()
    fitted, [resized] = fit_positions(state, model)
    assert str(resized) == '1 position embedding 4x4 -> 8x4, bicubic'
    want = resize_embedding(state['pos_embed'], (4, 4), (8, 4), 1)
    assert torch.equal(fitted['pos_embed'], want)
    model.load_state_dict(fitted)


@pytest.mark.parametrize('told', [True, False])
def test_fit__vit_from_a_person_to_another(told):
    """12 x 3 patches hold 36, which is a square, too."""
    state = vit((96, 24)).state_dict()
    state['pos_embed'].normal_()
    model = vit((64, 16))
    grid = (12, 3) if told else None
    fitted, [resized] = fit_positions(state, model, grid)
    assert resized.old == ((12, 3) if told else (6, 6))
    want = resize_embedding(state['pos_embed'], resized.old, (8, 2), 1)
    assert torch.equal(fitted['pos_embed'], want)


def test_fit__vit_of_the_models_ratio_or_of_none():
    state = vit((64, 32)).state_dict()
    _, [resized] = fit_positions(state, vit((96, 48)))
    assert resized.old == (8, 4)
    with pytest.raises(
        CheckpointError, match=r'32 patches.*model.s ratio 3x5'
    ):
        fit_positions(state, vit((24, 40)))


def test_grid__from_the_export_the_config_or_nowhere():
    text = "model = dict(backbone=dict(type='V', img_size={}, patch_size=8))"
    for size, want in (('(96, 24)', (12, 3)), ('64', (8, 8))):
        assert grid_of({'meta': {'cfg': text.format(size)}}) == want
    assert grid_of({'meta': {'position_grid': [12, 3]}}) == (12, 3)
    assert grid_of({'meta': {'cfg': 'model = dict(backbone=dict())'}}) is None
    assert grid_of({}) is None
    backbone = dict(img_size=(32, 16))
    assert grid_of({'meta': {'position_grid': [3, 3]}}, backbone) == (2, 1)
