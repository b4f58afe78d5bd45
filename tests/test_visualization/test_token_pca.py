import numpy as np
import pytest

from mmssl.visualization.token_pca import token_colors, token_pca_panel


def maps_of(seed=0, images=3, lambdas=2, channels=6, hw=(5, 4)):
    """Features with three strong directions, one of which grows downwards."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(channels, 3)))[0].T
    down = np.broadcast_to(np.linspace(-1, 1, hw[0])[:, None], hw)
    found = []
    for _ in range(images):
        parts = np.stack(
            [9 * down, *rng.normal(size=(2, *hw)) * [[[3]], [[1]]]]
        )
        one = np.tensordot(axes.T, parts, 1)
        found.append(np.stack([one + 100 * n for n in range(lambdas)]))
    return found


def plain_pca(maps):
    """PCA of all tokens by a singular value decomposition."""
    tokens = np.stack(maps)  # N L C h w
    n, count, channels = tokens.shape[:3]
    rows = tokens.transpose(1, 0, 3, 4, 2).reshape(count, -1, channels)
    rows = rows - rows.mean(1, keepdims=True)
    flat = rows.reshape(-1, channels)
    values = flat @ np.linalg.svd(flat, full_matrices=False)[2][:3].T
    hw = tokens.shape[3:]
    return values.reshape(count, n, *hw, 3), (flat**2).sum()


@pytest.mark.parametrize('channels', [6, 400])
def test_colors__are_the_principal_components(channels):
    maps = maps_of(channels=channels)
    found = token_colors(maps)
    values, total = plain_pca(maps)
    low, high = np.percentile(values.reshape(-1, 3), (2, 98), axis=0)
    for n, colors in enumerate(found.colors):
        share = np.clip((values[:, n] - low) / (high - low), 0, 1) * 255
        for k in range(3):  # up to the sign
            one = np.abs(colors[..., k] - share[..., k]).max()
            other = np.abs(colors[..., k] - (255 - share[..., k])).max()
            assert min(one, other) <= 1.5
    explained = (values**2).sum((0, 1, 2, 3)) / total
    np.testing.assert_allclose(found.explained.mean(0), explained, rtol=1e-6)


def test_colors__a_component_that_grows_downwards_is_bright_there():
    for seed in range(5):
        found = token_colors(maps_of(seed))
        for colors in found.colors:
            assert (np.diff(colors[..., 0].astype(int), axis=1) >= 0).all()


def test_colors__neither_signs_nor_the_order_of_channels_matter():
    maps = maps_of()
    rng = np.random.default_rng(3)
    order = rng.permutation(6)
    turned = [one[:, order] * -1 for one in maps]
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    rotated = [np.einsum('dc,lchw->ldhw', turn, one) for one in maps]
    expected = token_colors(maps).colors
    for other in (turned, rotated):
        for one, two in zip(token_colors(other).colors, expected):
            assert np.abs(one.astype(int) - two).max() <= 1


def test_colors__the_same_feature_has_one_colour_everywhere():
    """In all images and, less the mean of its lambda, at all lambdas."""
    maps = maps_of(images=2)
    found = token_colors([*maps, maps[0]])
    np.testing.assert_array_equal(found.colors[0], found.colors[2])
    for colors in found.colors:  # the lambdas differ by a constant
        assert np.abs(colors[0].astype(int) - colors[1]).max() <= 1


def test_colors__lambda_with_less_variance_is_paler():
    maps = [np.stack([one[0], 0.1 * one[0]]) for one in maps_of()]
    found = token_colors(maps)
    spread = np.stack(found.colors).astype(float).std((0, 2, 3))
    assert (spread[1] < 0.3 * spread[0]).all()
    np.testing.assert_allclose(*found.explained, rtol=1e-6)


def test_colors__few_tokens_and_equal_ones():
    same = token_colors([np.ones((1, 4, 2, 2))])
    assert (same.colors[0] == same.colors[0][0, 0, 0]).all()
    assert np.isfinite(same.explained).all()
    two = token_colors([np.arange(8.0).reshape(1, 4, 2, 1)])
    assert two.colors[0].shape == (1, 2, 1, 3)
    assert two.colors[0][0, 0, 0, 0] < two.colors[0][0, 1, 0, 0]


@pytest.mark.parametrize(
    ('maps', 'match'),
    [
        ([], 'one or more images'),
        ([np.ones((4, 2, 2))], r'\(L, C, h, w\)'),
        ([np.ones((1, 4, 1, 1))], 'one token alone'),
        ([np.ones((1, 4, 2, 2)), np.ones((1, 5, 2, 2))], 'same lambdas'),
        ([np.full((1, 4, 2, 2), np.nan)], 'nan or inf'),
    ],
)
def test_colors__mistakes(maps, match):
    with pytest.raises(ValueError, match=match):
        token_colors(maps)


def test_panel__a_row_for_each_image():
    maps = maps_of(images=2)
    images = [np.full((130, 128, 3), 40 + n, np.uint8) for n in range(2)]
    panel = token_pca_panel(images, maps, [0, 1], columns=1)
    for n in range(2):
        places = np.nonzero((panel == 40 + n).all(-1))
        assert (130 * n <= places[0]).all()
        assert ((places[1] > 0) & (places[1] <= 128)).sum() >= 130 * 128
    colors = token_colors(maps).colors[1][1, 4, 3]
    found = (panel == colors).all(-1)
    assert found[-27:-1, -33:-1].all()  # the last cell of the last map
    with pytest.raises(ValueError, match='2 lambdas, but 3'):
        token_pca_panel(images, maps, [0, 0.5, 1])
    with pytest.raises(ValueError, match='2 images, but 1 maps'):
        token_pca_panel(images, maps[:1], [0, 1])
