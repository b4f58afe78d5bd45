"""Normalisation by hand, and settings that are none."""

import pytest
import torch

from mmssl.models.data_preprocessors.normalizing import (
    NormalizingPreprocessor,
)


def test_normalized__by_hand_and_the_input_stays():
    preprocess = NormalizingPreprocessor(mean=(1, 2, 3), std=(1, 2, 4))
    images = torch.full((2, 3, 1, 2), 7, dtype=torch.uint8)
    images[1, 0, 0, 1] = 0
    result = preprocess.normalized(images)
    assert result.dtype == torch.float32
    assert result[0, :, 0, 0].tolist() == [6, 2.5, 1]
    assert result[1, 0, 0].tolist() == [6, -1]
    assert images.sum() == 7 * 11
    assert not preprocess.state_dict()  # not a part of checkpoints


@pytest.mark.parametrize('std', [(1, 1), (1, 0, 1), (1, -1, 1)])
def test_settings__three_values_and_a_positive_std(std):
    with pytest.raises(ValueError, match=r'three values each .* got \(1, 2'):
        NormalizingPreprocessor(mean=(1, 2, 3), std=std)
