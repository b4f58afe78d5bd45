import numpy as np
import pytest
import torch

from mmssl.probes.colour_histograms import colour_histograms


def test_histograms__equal_to_numpy():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 3, 7, 5), dtype=np.uint8)
    found = colour_histograms(torch.from_numpy(images), 3, 4)
    # Rows of 7 in three stripes: 0-2, 3-4, 5-6.
    for image, row in zip(images, found.numpy()):
        expected = [
            np.histogram(part[rows], 4, (0, 256))[0] / part[rows].size
            for rows in (slice(0, 3), slice(3, 5), slice(5, 7))
            for part in image
        ]
        wanted = np.sqrt(np.concatenate(expected) / 9)
        np.testing.assert_allclose(row, wanted, rtol=1e-6)
    assert found.norm(dim=1).tolist() == pytest.approx([1, 1])


def test_histograms__tell_what_is_above_from_what_is_below():
    images = torch.zeros(2, 3, 8, 4, dtype=torch.uint8)
    images[0, :, :4], images[1, :, 4:] = 255, 255
    one, two = colour_histograms(images, 2)
    assert float(one @ two) == pytest.approx(0)
    one, two = colour_histograms(images, 1)
    assert float(one @ two) == pytest.approx(1)


def test_histograms__mistakes():
    image = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match='uint8 RGB, got'):
        colour_histograms(image.float())
    with pytest.raises(ValueError, match=r'stripes must be in 1 \.\. 4'):
        colour_histograms(image, 5)
    with pytest.raises(ValueError, match='got 2 and 0'):
        colour_histograms(image, 2, 0)
