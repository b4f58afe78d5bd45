import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.datasets.transforms.pack_masks import PackMasks, mask_of_view
from mmssl.datasets.transforms.view_crop import RandomResizedCropView
from mmssl.datasets.transforms.view_flip import FlipView
from mmssl.datasets.transforms.view_pad import PadView
from mmssl.datasets.transforms.view_resize import ResizeView
from mmssl.io.errors import DataFileError

MASK = np.arange(12, dtype=np.int16).reshape(3, 4)


def sample(mask=MASK):
    image = np.repeat(mask[..., None], 3, 2).astype(np.uint8)
    return dict(img=image, ori_shape=mask.shape, gt_mask=mask, mask_path='m')


def packed(results, *steps):
    for step in (*steps, PackMasks()):
        results = step.transform(results)
    return results['inputs'][0], results['data_samples'].gt_mask


def test_pack__the_mask_keeps_its_size():
    view, mask = packed(sample(), ResizeView((6, 2)))
    assert view.shape == (3, 6, 2)
    assert mask.tolist() == MASK.tolist()


def test_pack__what_the_view_shows():
    _, mask = packed(sample(), FlipView(prob=1.0))
    assert mask.tolist() == MASK[:, ::-1].tolist()
    crop = RandomResizedCropView(
        size=(3, 2), scale=(0.5, 0.5), ratio=(0.6, 0.7)
    )
    for seed in range(5):
        results = dict(sample(), rng=np.random.default_rng(seed))
        view, mask = packed(results, crop)
        # The image is its own mask: what is shown is the same place.
        assert abs(view[0].float().mean() - mask.float().mean()) < 1.5
    _, mask = packed(sample(), PadView((5, 4)))
    assert mask.shape == (5, 4)
    assert (mask == -100).sum() == 8
    assert mask[mask >= 0].tolist() == MASK.flatten().tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-3, 5), st.floats(-3, 5), st.floats(0.1, 7), st.floats(0.1, 7),
    st.booleans(),
)  # fmt: skip
def test_mask_of_view__against_a_loop(y, x, h, w, flipped):
    found = mask_of_view(MASK, np.array([y, x, h, w, flipped], np.float64))
    rows, columns = max(1, round(h)), max(1, round(w))
    assert found.shape == (rows, columns)
    for i in range(rows):
        for j in range(columns):
            across = columns - 1 - j if flipped else j
            row = np.floor(y + (i + 0.5) * h / rows + 1e-9)
            column = np.floor(x + (across + 0.5) * w / columns + 1e-9)
            inside = 0 <= row < 3 and 0 <= column < 4
            expected = MASK[int(row), int(column)] if inside else -100
            assert found[i, j] == expected


def test_pack__mistakes():
    with pytest.raises(
        DataFileError, match=r'm: is 3 x 4 .*, its image 5 x 4'
    ):
        packed(dict(sample(), ori_shape=(5, 4)))
    with pytest.raises(ValueError, match='one view with its mask'):
        packed(dict(img=MASK, ori_shape=(3, 4)))
