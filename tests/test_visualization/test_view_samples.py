import numpy as np
import torch
from mmengine.structures import BaseDataElement

from mmssl.visualization.box_pairs import (
    box_color,
    box_pairs_panel,
    draw_boxes,
)
from mmssl.visualization.multi_crop import multi_crop_panel
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


def test_panel__many_views_or_sizes_without_boxes():
    views = [
        torch.full((3, 40, 20), 10 * n, dtype=torch.uint8) for n in (1, 2)
    ]
    views.append(torch.full((3, 20, 10), 30, dtype=torch.uint8))
    sample = BaseDataElement(metainfo=dict(ori_shape=(80, 40)))
    sample.view_geometry = torch.tensor([[0.0, 0, 40, 20, 0]] * 3)
    found = view_sample_panel(views, sample, '#5')
    expected = multi_crop_panel(
        [view.permute(1, 2, 0).numpy() for view in views],
        sample.view_geometry.numpy(),
        (80, 40),
        '#5',
    )
    np.testing.assert_array_equal(found, expected)
    # two of one size stand side by side, as before
    two = view_sample_panel(views[:2], BaseDataElement(), '#5')
    assert two.shape[1] > two.shape[0] / 2
