import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from mmssl.probes.keypoint_fit import bilinear_target, fit_keypoints

HW = (96, 64)


@pytest.fixture(scope='module')
def dots():
    """Maps whose channels are bilinear pictures of the keypoints' places."""
    generator = torch.Generator().manual_seed(0)

    def drawn(n):
        places = torch.rand(n, 3, 2, generator=generator) * 0.8 + 0.1
        cells = places * torch.tensor([4.0, 6.0]) - 0.5
        shares = bilinear_target(cells, (6, 4)).unflatten(2, (6, 4))
        noise = torch.randn(n, 5, 6, 4, generator=generator)
        return torch.cat([4 * shares, noise], 1), places

    return drawn(150), drawn(40)


def errors(fit, maps, places):
    found = fit.predict(maps, HW)[..., :2]
    return (found - places * torch.tensor([64.0, 96.0])).norm(dim=2)


def test_fit__finds_what_is_linear_in_the_map(dots):
    (maps, places), (val, true) = dots
    labelled = torch.ones(places.shape[:2], dtype=torch.bool)
    fit = fit_keypoints(maps, places, labelled, l2=1e-3)
    # A cell has 16 px: only with their shares a place between them is known.
    assert errors(fit, maps, places).mean() < 4
    assert errors(fit, val, true).mean() < 5
    blind = fit_keypoints(maps[:, 3:], places, labelled, l2=1e-3)
    assert errors(blind, val[:, 3:], true).mean() > 15


def loss_of(fit, maps, places, labelled, l2):
    """The cross-entropy, in plain words and one keypoint at a time."""
    n, _, h, w = maps.shape
    x = (maps.flatten(2).transpose(1, 2) - fit.mean) / fit.std
    total, count = 0.0, 0
    for i in range(n):
        for k in range(places.shape[1]):
            if not labelled[i, k]:
                continue
            logs = F.log_softmax(x[i] @ fit.score[k], 0)
            across = places[i, k, 0] * w - 0.5
            down = places[i, k, 1] * h - 0.5
            for cell in range(h * w):
                share = max(0, 1 - abs(float(across) - cell % w))
                share *= max(0, 1 - abs(float(down) - cell // w))
                total -= share * logs[cell]
            count += 1
    return total / count + 0.5 * l2 * fit.score.pow(2).sum()


def test_fit__is_at_the_minimum(dots):
    (maps, places), _ = dots
    maps, places = maps[:12], places[:12]
    labelled = torch.rand(12, 3, generator=torch.Generator().manual_seed(1))
    labelled = labelled > 0.3
    # Between the outer centres, where a target is the plain bilinear one.
    places = places * 0.7 + 0.15
    fit = fit_keypoints(maps, places, labelled, l2=0.1, max_iter=300)
    weight = fit.score.double().requires_grad_()
    wide = fit._replace(
        score=weight, mean=fit.mean.double(), std=fit.std.double()
    )
    loss = loss_of(wide, maps.double(), places.double(), labelled, 0.1)
    (slope,) = torch.autograd.grad(loss, weight)
    assert slope.abs().max() < 2e-4
    zero = wide._replace(score=torch.zeros_like(weight))
    worst = loss_of(zero, maps.double(), places.double(), labelled, 0.1)
    assert loss < worst - 0.3


def test_fit__offsets_are_those_of_ridge_regression(dots):
    (maps, places), _ = dots
    maps, places, l2 = maps[:20], places[:20], 0.05
    labelled = torch.ones(20, 3, dtype=torch.bool)
    fit = fit_keypoints(maps, places, labelled, l2=l2)
    x = (maps.flatten(2).transpose(1, 2) - fit.mean) / fit.std
    for k in range(3):
        rows, ways = [], []
        for i in range(20):
            for cell in range(24):
                far = torch.stack(
                    [
                        places[i, k, 0] * 4 - 0.5 - cell % 4,
                        places[i, k, 1] * 6 - 0.5 - cell // 4,
                    ]
                )
                if (far.abs() <= 1).all():
                    rows.append(x[i, cell])
                    ways.append(far)
        rows, ways = torch.stack(rows).double(), torch.stack(ways).double()
        weight = fit.offset[k, :, :-1].double()
        left = ways - rows @ weight.T - fit.offset[k, :, -1]
        # Where the derivatives of the mean squares and the penalty vanish.
        slope = -left.T @ rows / len(rows) + l2 * weight
        assert slope.abs().max() < 1e-4
        assert left.mean(0).abs().max() < 1e-4


def test_fit__unlabelled_and_outside_do_not_count(dots):
    (maps, places), _ = dots
    labelled = torch.ones(150, 3, dtype=torch.bool)
    labelled[100:] = False
    expected = fit_keypoints(maps, places, labelled)
    wrong = places.clone()
    wrong[100:] = 0.5
    assert torch.equal(
        fit_keypoints(maps, wrong, labelled).score, expected.score
    )
    wrong[100:] = 1.2
    outside = fit_keypoints(maps, wrong, torch.ones_like(labelled))
    assert torch.equal(outside.score, expected.score)
    assert torch.equal(outside.offset, expected.offset)


def test_fit__repeats_and_a_keypoint_that_nobody_has(dots):
    (maps, places), _ = dots
    labelled = torch.ones(150, 3, dtype=torch.bool)
    labelled[:, 1] = False
    one = fit_keypoints(maps, places, labelled)
    two = fit_keypoints(maps, places, labelled)
    assert all(torch.equal(a, b) for a, b in zip(one, two))
    assert not one.score[1].any()
    assert not one.offset[1].any()
    assert one.predict(maps[:2], HW).isfinite().all()


def test_predict__by_hand():
    """Scores say the cell at the right of the first row; offsets a quarter."""
    (maps, places) = torch.zeros(1, 1, 1, 2), torch.zeros(1, 1, 2)
    labelled = torch.ones(1, 1, dtype=torch.bool)
    fit = fit_keypoints(maps, places + 0.5, labelled)
    fit = fit._replace(
        score=torch.tensor([[1.0]]),
        offset=torch.tensor([[[0.0, 0.25], [0.0, -5.0]]]),
        mean=torch.zeros(1),
        std=torch.ones(1),
    )
    found = fit.predict(torch.tensor([[[[-30.0, 30.0]]]]), (10, 40))
    # (1 + 0.5 + 0.25) x 20 px; (0.5 - 1) x 10 px, no farther than a cell.
    assert found[0, 0].tolist() == pytest.approx([35, -5, 1])
    # Equal scores: both cells say their place, and the mean is taken.
    found = fit.predict(torch.zeros(1, 1, 1, 2), (10, 40))
    assert found[0, 0].tolist() == pytest.approx([25, -5, 0.5])


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 5), st.integers(1, 5), st.floats(-2, 6), st.floats(-2, 6)
)
def test_target__mean_place_is_the_place(h, w, x, y):
    target = bilinear_target(torch.tensor([[[x, y]]]), (h, w))[0, 0]
    assert float(target.sum()) == pytest.approx(1, abs=1e-5)
    assert (target > 0).sum() <= 4
    cell = torch.arange(h * w)
    across, down = (
        float((target * (cell % w)).sum()),
        float((target * (cell // w)).sum()),
    )
    assert across == pytest.approx(min(max(x, 0), w - 1), abs=1e-4)
    assert down == pytest.approx(min(max(y, 0), h - 1), abs=1e-4)


def test_fit__mistakes():
    maps, places = torch.zeros(2, 1, 2, 2), torch.full((2, 1, 2), 0.5)
    labelled = torch.ones(2, 1, dtype=torch.bool)
    with pytest.raises(ValueError, match='no keypoint is labelled'):
        fit_keypoints(maps, places, ~labelled)
    with pytest.raises(ValueError, match=r'got \(1, 1, 2, 2\)'):
        fit_keypoints(maps[:1], places, labelled)
    with pytest.raises(ValueError, match='l2 must be > 0'):
        fit_keypoints(maps, places, labelled, l2=0)
    with pytest.raises(ValueError, match='hold nan'):
        fit_keypoints(maps / 0, places, labelled)
