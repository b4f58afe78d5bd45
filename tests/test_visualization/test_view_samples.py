import numpy as np
import torch
from mmengine.structures import BaseDataElement

from mmssl.visualization.box_pairs import (
    box_color,
    box_pairs_panel,
    draw_boxes,
)
from mmssl.visualization.view_samples import (
    region_sample_panel,
    view_sample_panel,
)


def test_panel__is_that_of_the_arrays():
    rng = np.random.default_rng(0)
    views = [rng.integers(0, 256, (40, 50, 3), np.uint8) for _ in range(2)]
    boxes = np.array([[[1, 2, 30, 30], [5, 6, 20, 35]]], np.float32)
    geometry = np.array([[0, 0, 80, 100, 0], [5, 6, 70, 60, 1.0]])
    tensors = [torch.from_numpy(v.transpose(2, 0, 1).copy()) for v in views]
    sample = BaseDataElement(
        boxes=torch.from_numpy(boxes),
        box_views=torch.tensor([[0, 1]]),
        view_geometry=torch.from_numpy(geometry),
    )
    np.testing.assert_array_equal(
        view_sample_panel(tensors, sample, '#3'),
        box_pairs_panel(views, boxes, [[0, 1]], geometry, '#3'),
    )
    np.testing.assert_array_equal(
        view_sample_panel(tensors, BaseDataElement()),
        box_pairs_panel(views),
    )
    sample.gt_label = torch.tensor([7])
    np.testing.assert_array_equal(
        view_sample_panel(tensors, sample, '#3'),
        box_pairs_panel(views, boxes, [[0, 1]], geometry, '#3 label 7'),
    )


def test_region_panel__labels_choose_the_colours():
    image = torch.full((3, 330, 340), 128, dtype=torch.uint8)
    sample = BaseDataElement(
        gt_boxes=torch.tensor([[10.0, 20, 90, 95], [100, 110, 300, 310]]),
        gt_label=torch.tensor([5, 2]),
    )
    panel = region_sample_panel(image, sample, '#1')
    drawn = draw_boxes(image.permute(1, 2, 0).numpy(), sample.gt_boxes, [5, 2])
    np.testing.assert_array_equal(panel[-331:-1, 1:-1], drawn)
    assert (drawn[20:95] == box_color(5)).all(-1).any()
    assert not (drawn == box_color(0)).all(-1).any()
