import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.probes.region_baselines import (
    box_colours,
    box_places,
    loader_box_rows,
    with_products,
)


def test_colours__equal_to_numpy():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (3, 9, 12), dtype=np.uint8)
    boxes = torch.tensor([[2.0, 1, 7, 5], [0, 0, 12, 9], [3.2, 2.9, 5.6, 7.4]])
    found = box_colours(torch.from_numpy(image), boxes).numpy()
    # The third from px 3 to 5 and 2 to 6: cut below, rounded above.
    for row, (x1, y1, x2, y2) in zip(
        found, [(2, 1, 7, 5), (0, 0, 12, 9), (3, 2, 6, 7)]
    ):
        inside = image[:, y1:y2, x1:x2].reshape(3, -1) / 127.5 - 1
        expected = np.concatenate([inside.mean(1), inside.std(1)])
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)


def test_colours__a_thin_box_and_one_outside_have_the_nearest_px():
    image = torch.zeros(3, 4, 4, dtype=torch.uint8)
    image[:, 3, 3] = 255
    boxes = torch.tensor([[3.0, 3, 3.2, 3.1], [8, 8, 9, 9]])
    expected = [[1, 1, 1, 0, 0, 0]] * 2
    assert box_colours(image, boxes).tolist() == expected
    assert box_colours(image, boxes[:0]).shape == (0, 6)


def test_places__by_hand():
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 40]])
    found = box_places(boxes, (40, 20))
    expected = [
        [-0.5, -0.75, np.log(0.5), np.log(0.25)],
        [0, 0, np.log(0.5), 0],
    ]
    torch.testing.assert_close(found, torch.tensor(expected).float())


def test_products__all_of_two():
    rows = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    found = with_products(rows)
    assert found.shape == (3, 4 + 10)
    pairs = [rows[:, i] * rows[:, j] for i in range(4) for j in range(i, 4)]
    torch.testing.assert_close(found[:, 4:], torch.stack(pairs, 1))


def test_rows__of_all_boxes_in_order():
    samples = []
    for boxes in ([[0, 0, 2, 2], [1, 1, 4, 4]], [[0, 0, 4, 2]]):
        sample = DataSample()
        sample.gt_boxes = torch.tensor(boxes).float()
        sample.set_gt_label([0] * len(boxes))
        samples.append(sample)
    images = [torch.full((3, 4, 4), v, dtype=torch.uint8) for v in (0, 255)]
    batches = [
        dict(inputs=[image], data_samples=[sample])
        for image, sample in zip(images, samples)
    ]
    place, both = loader_box_rows(batches)
    assert place.shape == (3, 4 + 10)
    assert both.shape == (3, 10 + 55)
    assert both[:, 4].tolist() == [-1, -1, 1]  # mean red
    assert torch.equal(
        place[2, :4], box_places(samples[1].gt_boxes, (4, 4))[0]
    )
    with pytest.raises(ValueError, match='needs 1 data samples with boxes'):
        loader_box_rows([dict(inputs=[images[0]])])
