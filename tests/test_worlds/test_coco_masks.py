"""Run lengths against a decoder written from the format."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.worlds.coco_masks import coco_mask, mask_box, rle_text, run_lengths

MASKS = hnp.arrays(
    bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)
)


def decoded(segmentation):
    """Decode COCO's text, number by number and pixel by pixel."""
    numbers, value, shift = [], 0, 0
    for character in segmentation['counts']:
        group = ord(character) - 48
        value |= (group & 31) << shift
        shift += 5
        if not group & 32:
            if group & 16:
                value -= 1 << shift
            if len(numbers) > 2:
                value += numbers[-2]
            numbers.append(value)
            value, shift = 0, 0
    flat = []
    for i, number in enumerate(numbers):
        flat += [i % 2 == 1] * number
    height, width = segmentation['size']
    return np.array(flat, bool).reshape(width, height).T


@settings(max_examples=60, deadline=None)
@given(MASKS)
def test_coco_mask__decodes_to_the_mask(mask):
    np.testing.assert_array_equal(decoded(coco_mask(mask)), mask)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_rle_text__holds_long_runs(lengths):
    text = dict(counts=rle_text(np.array(lengths)), size=[1, sum(lengths)])
    runs = run_lengths(decoded(text)) if sum(lengths) else np.array([0])
    # runs of no pixels join their neighbours
    assert runs.sum() == sum(lengths)
    assert runs[1::2].sum() == sum(lengths[1::2])


def test_coco_mask__as_pycocotools():
    pycoco = pytest.importorskip('pycocotools.mask')
    rng = np.random.default_rng(0)
    for share in (0, 0.02, 0.5, 0.98, 1):
        mask = rng.random((37, 53)) < share
        expected = pycoco.encode(np.asfortranarray(mask, np.uint8))
        found = coco_mask(mask)
        assert found['counts'] == expected['counts'].decode()
        assert found['size'] == list(expected['size'])


@settings(max_examples=60, deadline=None)
@given(MASKS)
def test_mask_box__is_tight(mask):
    if not mask.any():
        with pytest.raises(ValueError, match='empty mask'):
            mask_box(mask)
        return
    x, y, width, height = mask_box(mask)
    rows, columns = np.nonzero(mask)
    assert (x, y) == (columns.min(), rows.min())
    assert (x + width - 1, y + height - 1) == (columns.max(), rows.max())
