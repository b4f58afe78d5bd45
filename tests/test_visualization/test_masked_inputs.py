import numpy as np
import pytest
import torch

from mmssl.models.utils.part_masking import without_part
from mmssl.visualization.masked_inputs import (
    MEAN,
    masked_input,
    masked_panel,
)


def test_masked_input__is_what_the_student_sees():
    """Zero after the normalisation, by the method's own function."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (16, 12, 3), np.uint8)
    labels = rng.integers(0, 4, (4, 2))
    mean = torch.tensor(MEAN).view(3, 1, 1)
    normalised = torch.from_numpy(image).permute(2, 0, 1).float() - mean
    for part in (1, 2, 3):
        seen = without_part(
            normalised[None],
            torch.from_numpy(labels)[None],
            torch.tensor([part]),
        )[0]
        expected = (seen + mean).permute(1, 2, 0).round().numpy()
        found = masked_input(image, labels, part)
        np.testing.assert_array_equal(found, expected)


def test_masked_input__leaves_the_image_alone():
    image = np.full((4, 4, 3), 9, np.uint8)
    found = masked_input(image, [[1, 2]], 2, fill=(1.4, 2.6, 3))
    assert (image == 9).all()
    assert found[0].tolist() == [[9, 9, 9]] * 2 + [[1, 3, 3]] * 2


def test_panel__copies_of_valid_images_only():
    image = np.full((128, 128, 3), 77, np.uint8)
    labels = [np.array([[1]])] * 2
    panel = masked_panel([image] * 2, labels, [1, 1], [True, False])
    fill = np.round(MEAN).astype(np.uint8)
    assert (panel == fill).all(-1).sum() == 128 * 128
    assert (panel == 77).all(-1).sum() == 2 * 128 * 128
    with pytest.raises(ValueError, match='2 images, but 1 parts'):
        masked_panel([image] * 2, labels, [1])
