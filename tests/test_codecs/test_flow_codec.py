"""The codec against loops written from the definition of the bins."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.codecs.flow_codec import (
    FlowCodec,
    bin_centres,
    bin_edges,
    flow_to_bins,
    logits_to_flow,
)
from mmssl.registry import TASK_UTILS

BINS = st.integers(1, 80).map(lambda m: 2 * m + 1)
FMAX = st.floats(0.5, 500)
SPACING = st.sampled_from(['linear', 'quadratic'])


def published_bin(t, nbins=99, fmax=50):
    """The published rule: clamp the flow, then floor."""
    step = 2 * fmax / nbins
    t = min(max(t, -fmax + 1e-3), fmax - 1e-3)
    return math.floor((t + fmax) / step)


def edges_by_loop(nbins, fmax, spacing):
    edges = []
    for k in range(nbins + 1):
        x = -1 + 2 * k / nbins
        if spacing == 'quadratic':
            x = math.copysign(x * x, x)
        edges.append(fmax * x)
    return edges


def test_flow_to_bins__published_rule():
    rng = np.random.default_rng(0)
    t = np.concatenate(
        [rng.uniform(-60, 60, 500), [0, 50, -50, 49.9995, -49.9995, 1e9]]
    )
    bins = flow_to_bins(torch.from_numpy(t), 99, 50)
    assert bins.tolist() == [published_bin(x) for x in t]
    assert bins.dtype == torch.int64


def test_flow_to_bins__zero_bin_of_published_width():
    t = torch.tensor([-0.506, -0.504, 0.0, 0.504, 0.506])
    assert flow_to_bins(t, 99, 50).tolist() == [48, 49, 49, 49, 50]


@pytest.mark.parametrize('spacing', ['linear', 'quadratic'])
@pytest.mark.parametrize('nbins', [1, 3, 9])
def test_edges_and_bins__loop(spacing, nbins):
    edges = edges_by_loop(nbins, 20.0, spacing)
    assert bin_edges(nbins, 20.0, spacing).tolist() == pytest.approx(edges)
    t = np.random.default_rng(1).uniform(-19.9, 19.9, 300)
    bins = flow_to_bins(torch.from_numpy(t), nbins, 20.0, spacing).tolist()
    for value, k in zip(t, bins):
        assert edges[k] <= value < edges[k + 1]


def test_bin_centres__published_formula():
    step = 100 / 99
    expected = [k * step - 50 + step / 2 for k in range(99)]
    centres = bin_centres(99, 50)
    assert centres.tolist() == pytest.approx(expected)
    assert centres[49] == 0
    assert centres[98].item() == pytest.approx(49.494949)


def test_bin_centres__quadratic_is_finer_near_zero():
    edges = bin_edges(99, 50, 'quadratic')
    width = edges[1:] - edges[:-1]
    assert (width[49:].diff() > 0).all()
    torch.testing.assert_close(width, width.flip(0))
    # The closed forms that the docstring gives.
    assert width[49].item() == pytest.approx(2 * 50 / 99**2)
    assert width[98].item() == pytest.approx(4 * 50 / 99, rel=0.02)


@settings(max_examples=60, deadline=None)
@given(BINS, FMAX, SPACING, st.lists(st.floats(-1.5, 1.5), max_size=20))
def test_round_trip__half_a_bin(nbins, fmax, spacing, values):
    codec = FlowCodec(nbins, fmax, spacing)
    flow = torch.tensor(values, dtype=torch.float64) * fmax
    bins = codec.encode(flow)
    edges = bin_edges(nbins, fmax, spacing)
    half = (edges[bins + 1] - edges[bins]) / 2
    back = bin_centres(nbins, fmax, spacing)[bins]
    error = (back - flow.clamp(-fmax, fmax)).abs()
    assert (error <= half * (1 + 1e-9) + 1e-9 * fmax).all()
    torch.testing.assert_close(codec.lookup(bins), back.float())


@settings(max_examples=30, deadline=None)
@given(BINS, FMAX, SPACING)
def test_encode_of_centres__is_the_identity(nbins, fmax, spacing):
    codec = FlowCodec(nbins, fmax, spacing)
    k = torch.arange(nbins)
    assert torch.equal(codec.encode(codec.lookup(k)), k)
    # What lies outside goes into the outermost bins.
    far = torch.tensor([-1e6, 1e6])
    assert codec.encode(far).tolist() == [0, nbins - 1]


def test_logits_to_flow__loop():
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(2, 10, 2, 3)) * 4
    flow = logits_to_flow(torch.from_numpy(logits), 5, 10.0)
    assert flow.shape == (2, 2, 2, 3)
    for n, axis, i, j in np.ndindex(2, 2, 2, 3):
        e = [math.exp(logits[n, axis * 5 + k, i, j]) for k in range(5)]
        centres = [-8, -4, 0, 4, 8]
        value = sum(a * c for a, c in zip(e, centres)) / sum(e)
        assert flow[n, axis, i, j].item() == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize('spacing', ['linear', 'quadratic'])
def test_decode__certain_logits_give_the_centre(spacing):
    codec = FlowCodec(9, 20, spacing)
    flow = torch.tensor([[3.0, -19.0], [0.0, 8.0]]).view(2, 2, 1, 1)
    one_hot = torch.nn.functional.one_hot(codec.encode(flow), 9)
    logits = one_hot.movedim(-1, 2).flatten(1, 2) * 200.0
    expected = codec.lookup(codec.encode(flow))
    torch.testing.assert_close(codec.decode(logits), expected)


def test_decode__half_precision_is_computed_in_float32():
    logits = torch.randn(1, 198, 2, 2).bfloat16()
    flow = FlowCodec().decode(logits)
    assert flow.dtype == torch.float32
    torch.testing.assert_close(flow, FlowCodec().decode(logits.float()))


def test_codec__no_pixels():
    codec = FlowCodec()
    assert codec.encode(torch.zeros(0, 2, 4, 4)).shape == (0, 2, 4, 4)
    assert codec.decode(torch.zeros(0, 198, 4, 4)).shape == (0, 2, 4, 4)


def test_codec__built_by_its_scoped_type():
    cfg = dict(type='mmssl.FlowCodec', nbins=9, fmax=5, spacing='quadratic')
    codec = TASK_UTILS.build(cfg)
    assert (codec.nbins, codec.fmax, codec.zero_bin) == (9, 5.0, 4)
    assert repr(codec) == "FlowCodec(nbins=9, fmax=5.0, spacing='quadratic')"


@pytest.mark.parametrize('nbins', [0, 2, 98, -3])
def test_codec__zero_flow_needs_a_bin(nbins):
    with pytest.raises(ValueError, match=f'zero flow.*got {nbins}'):
        FlowCodec(nbins)


@pytest.mark.parametrize('nbins', [99.0, True, '99'])
def test_codec__nbins_is_an_int(nbins):
    with pytest.raises(TypeError, match='must be an int'):
        FlowCodec(nbins)


@pytest.mark.parametrize('fmax', [0, -1, math.inf, math.nan])
def test_codec__fmax_is_positive(fmax):
    with pytest.raises(ValueError, match='fmax'):
        FlowCodec(99, fmax)


def test_codec__valid_spacings_are_listed():
    with pytest.raises(ValueError, match='valid: linear, quadratic'):
        FlowCodec(spacing='cubic')


def test_decode__wrong_channels():
    with pytest.raises(ValueError, match=r'198.*\(1, 99, 2, 2\)'):
        FlowCodec().decode(torch.zeros(1, 99, 2, 2))
