import numpy as np
import torch

from mmssl.apis.feature_outputs import Outputs
from mmssl.apis.feature_result import (
    by_image,
    planes,
    together,
    without_lambdas,
)


def passes(lambdas=3, images=2):
    generator = torch.Generator().manual_seed(0)
    return [
        Outputs(
            torch.rand(images, 5, generator=generator),
            torch.rand(images, 5, 4, 2, generator=generator),
        )
        for _ in range(lambdas)
    ]


def test_by_image__rows_of_each_lambda():
    given = passes()
    found = by_image(given)
    for n, features in enumerate(found):
        for place, one in enumerate(given):
            np.testing.assert_array_equal(
                features.pooled[place], one.pooled[n].numpy()
            )
            np.testing.assert_array_equal(
                features.dense[place], one.dense[n].numpy()
            )
    rows = by_image([Outputs(given[0].pooled, None)])
    assert rows[1].dense is None


def test_together__axis_and_list():
    found = by_image(passes())
    several = together(found, axis=1, as_list=False)
    assert several.dense.shape == (3, 2, 5, 4, 2)
    np.testing.assert_array_equal(several.pooled[:, 1], found[1].pooled)
    one = together([without_lambdas(f) for f in found], 0, as_list=True)
    assert one.pooled.shape == (2, 5)
    np.testing.assert_array_equal(one.dense[1], found[1].dense[0])


def test_planes__channels_first():
    images = [np.full((4, 2, 3), [1, 2, n], np.uint8) for n in range(2)]
    found = planes(images)
    assert found.shape == (2, 3, 4, 2)
    assert found[:, :, 0, 0].tolist() == [[1, 2, 0], [1, 2, 1]]
