import numpy as np
import pytest

from mmssl.visualization.part_overlay import (
    BACKGROUND,
    PALETTE,
    cells_to_pixels,
    part_color,
    part_legend,
    part_names,
    part_overlay,
    part_panel,
)

# What is left of linear RGB for people without red, green or blue cones,
# Machado, Oliveira & Fernandes 2009, severity 1.
BLIND = {
    'none': np.eye(3),
    'protan': [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    'deutan': [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    'tritan': [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)


def lab(colors, matrix):
    """CIE Lab of sRGB colours as someone sees them."""
    rgb = np.asarray(colors) / 255
    linear = np.where(
        rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4
    )
    seen = np.clip(linear @ np.asarray(matrix).T, 0, 1)
    xyz = seen @ TO_XYZ.T / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [
            116 * f[:, 1] - 16,
            500 * (f[:, 0] - f[:, 1]),
            200 * (f[:, 1] - f[:, 2]),
        ],
        -1,
    )


@pytest.mark.parametrize('sight', BLIND)
@pytest.mark.parametrize(('parts', 'least'), [(3, 33), (4, 24), (7, 16)])
def test_palette__told_apart_without_some_cones(sight, parts, least):
    """CIE76 distances; 2.3 is just noticeable."""
    colors = lab([BACKGROUND, *PALETTE[:parts]], BLIND[sight])
    distance = np.linalg.norm(colors[:, None] - colors[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > least


def test_palette__begins_anew():
    assert part_color(9) == part_color(1) == PALETTE[0]
    assert part_color(0) == BACKGROUND


def test_overlay__cells_colours_and_borders():
    image = np.full((8, 4, 3), [10, 100, 40], np.uint8)
    before = image.copy()
    labels = [[0, 0], [1, 1], [2, 2], [2, 2]]
    found = part_overlay(image, labels, strength=0.5)
    np.testing.assert_array_equal(image, before)
    grey = 50
    np.testing.assert_array_equal(
        found[2, 0], np.round(0.5 * np.array(PALETTE[0]) + 0.5 * grey)
    )
    np.testing.assert_array_equal(
        found[7, 3], np.round(0.5 * np.array(PALETTE[1]) + 0.5 * grey)
    )
    np.testing.assert_allclose(
        found[0, 0], 0.65 * np.array(BACKGROUND) + 0.35 * grey, atol=1
    )
    white = (found == 255).all(-1)
    assert white.all(1).tolist() == [False, True, False, True, *[False] * 4]
    assert white.sum() == 8


def test_overlay__only_labels_decide_the_hue():
    """The same part looks the same on clothes of any colour."""
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 90
    blue = np.ascontiguousarray(red[..., ::-1])
    labels = np.array([[1]])
    np.testing.assert_array_equal(
        part_overlay(red, labels), part_overlay(blue, labels)
    )


@pytest.mark.parametrize('hw', [(8, 4), (9, 7), (3, 2)])
def test_cells__are_those_of_nearest_upsampling(hw):
    import torch
    import torch.nn.functional as F

    cells = np.arange(8).reshape(4, 2)
    planes = torch.from_numpy(cells)[None, None].float()
    expected = F.interpolate(planes, hw, mode='nearest')[0, 0].numpy()
    np.testing.assert_array_equal(cells_to_pixels(cells, hw), expected)


def test_legend__has_each_colour_once():
    legend = part_legend(3)
    for part in range(4):
        swatch = (legend == part_color(part)).all(-1)
        assert 14 * 14 <= swatch.sum() < 14 * 14 + 20  # grey in letters
    assert part_names(1) == ('background', '1')
    with pytest.raises(ValueError, match='need 4 names, got 2'):
        part_legend(3, ('a', 'b'))


def test_panel__labels_beside_the_image_unless_not_valid():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (128, 128, 3), np.uint8) for _ in range(2)]
    labels = [np.array([[0, 1], [2, 3]])] * 2
    panel = part_panel(images, labels, [True, False])
    overlay = part_overlay(images[0], labels[0])

    def places(picture):
        return [
            (y, x)
            for y in range(panel.shape[0] - 127)
            for x in range(0, panel.shape[1] - 127)
            if (panel[y, x] == picture[0, 0]).all()
            and np.array_equal(panel[y : y + 128, x : x + 128], picture)
        ]

    assert len(places(images[0])) == len(places(overlay)) == 1
    assert len(places(images[1])) == 2  # beside itself
    for mistake in (dict(labels=labels[:1]), dict(valid=[True])):
        with pytest.raises(ValueError, match='2 images, but 1'):
            part_panel(images, **dict(dict(labels=labels), **mistake))
    with pytest.raises(ValueError, match='at least one image'):
        part_panel([], [])


def test_overlay__labels_that_are_no_map():
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match=r'map \(h, w\).*shape \(2,\)'):
        part_overlay(image, [0, 1])
    with pytest.raises(ValueError, match='least -1'):
        part_overlay(image, [[-1]])
