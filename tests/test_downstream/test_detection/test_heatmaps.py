"""Keypoints to cells and back."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip('mmdet')
from mmssl.downstream.detection.heatmaps import (
    heatmaps_to_keypoints,
    keypoints_to_cells,
)

pytestmark = pytest.mark.downstream
BOXES = torch.tensor([[2.0, 3.0, 12.0, 23.0], [0.0, 0.0, 7.5, 4.25]])


def cells_by_loops(keypoints, boxes, size):
    """Each point by hand: which cell, or None."""
    table = []
    for points, (x1, y1, x2, y2) in zip(keypoints.tolist(), boxes.tolist()):
        row = []
        for x, y, visible in points:
            if visible == 0 or not (x1 <= x <= x2 and y1 <= y <= y2):
                row.append(None)
                continue
            column = min(int((x - x1) / (x2 - x1) * size), size - 1)
            line = min(int((y - y1) / (y2 - y1) * size), size - 1)
            row.append(line * size + column)
        table.append(row)
    return table


def test_cells__equal_loops():
    points = torch.rand(2, 80, 2, dtype=torch.float64) * 26 - 2
    seen = torch.randint(0, 3, (2, 80, 1)).double()
    keypoints = torch.cat([points, seen], 2)
    boxes = BOXES.double()
    index, valid = keypoints_to_cells(keypoints, boxes, 7)
    expected = cells_by_loops(keypoints, boxes, 7)
    got = [
        [i if v else None for i, v in zip(*rows)]
        for rows in zip(index.tolist(), valid.tolist())
    ]
    assert got == expected
    flat = [cell for row in expected for cell in row]
    assert None in flat
    assert len(set(flat)) > 5
    assert not index[~valid].any()


def test_cells__borders_belong_to_the_box():
    corners = torch.tensor(
        [[[2.0, 3, 1], [12, 3, 1], [2, 23, 1], [12, 23, 1]]]
    )
    index, valid = keypoints_to_cells(corners, BOXES[:1], 56)
    assert valid.all()
    assert index.tolist() == [[0, 55, 55 * 56, 56 * 56 - 1]]


def test_cells__just_inside_the_border_stays_in_the_map():
    box = torch.tensor([[0.0, 0.0, 0.1, 0.1]])
    near = torch.nextafter(torch.tensor(0.1), torch.tensor(0.0))
    point = torch.stack([near, near, torch.tensor(1.0)])[None, None]
    index, valid = keypoints_to_cells(point, box, 56)
    assert valid.all()
    assert index.item() == 56 * 56 - 1


@pytest.mark.parametrize(
    'box', [(5.0, 0.0, 5.0, 9.0), (0.0, 5.0, 9.0, 5.0), (6.0, 6.0, 4.0, 4.0)]
)
def test_cells__a_box_without_area_holds_nothing(box):
    points = torch.tensor([[[5.0, 5.0, 2.0]]])
    index, valid = keypoints_to_cells(points, torch.tensor([box]), 8)
    assert not valid.any()
    assert index.tolist() == [[0]]


def test_cells__of_nobody():
    index, valid = keypoints_to_cells(torch.zeros(0, 17, 3), BOXES[:0], 56)
    assert index.shape == valid.shape == (0, 17)


@pytest.mark.parametrize(
    ('keypoints', 'boxes', 'match'),
    [((2, 17, 2), (2, 4), r'\(N, K, 3\)'), ((2, 17, 3), (3, 4), r'\(2, 4\)')],
)
def test_cells__shapes_are_checked(keypoints, boxes, match):
    with pytest.raises(ValueError, match=match):
        keypoints_to_cells(torch.zeros(keypoints), torch.zeros(boxes), 8)


def test_cells__mirrored_points_are_in_mirrored_columns():
    points = torch.rand(1, 50, 3, dtype=torch.float64) * 20
    points[..., 2] = 1
    box = torch.tensor([[1.0, 2.0, 18.0, 17.0]], dtype=torch.float64)
    mirrored, other = points.clone(), box.clone()
    mirrored[..., 0] = 20 - points[..., 0]
    other[:, 0], other[:, 2] = 20 - box[:, 2], 20 - box[:, 0]
    index, valid = keypoints_to_cells(points, box, 9)
    index_m, valid_m = keypoints_to_cells(mirrored, other, 9)
    assert valid.equal(valid_m)
    assert valid.any()
    rows, columns = index // 9, index % 9
    assert (index_m == rows * 9 + 8 - columns)[valid].all()


def cubic(t, a=-0.75):
    """Weight of a pixel at distance t."""
    t = abs(t)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    if t < 2:
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
    return 0.0


def enlarged_by_loops(small, height, width):
    """Bicubic, borders repeated, middles of pixels at i + 0.5."""
    high, wide = len(small), len(small[0])
    large = [[0.0] * width for _ in range(height)]
    for i in range(height):
        y = (i + 0.5) * high / height - 0.5
        for j in range(width):
            x = (j + 0.5) * wide / width - 0.5
            for m in range(math.floor(y) - 1, math.floor(y) + 3):
                for n in range(math.floor(x) - 1, math.floor(x) + 3):
                    pixel = small[min(max(m, 0), high - 1)][
                        min(max(n, 0), wide - 1)
                    ]
                    large[i][j] += cubic(y - m) * cubic(x - n) * pixel
    return large


def places_by_loops(maps, box):
    x1, y1, x2, y2 = box
    width, height = max(x2 - x1, 1), max(y2 - y1, 1)
    cells = len(maps[0])  # no map is made smaller
    wide, high = max(math.ceil(width), cells), max(math.ceil(height), cells)
    found = []
    for small in maps:
        large = enlarged_by_loops(small, high, wide)
        best, row, column = max(
            (large[i][j], i, j) for i in range(high) for j in range(wide)
        )
        total = sum(math.exp(v - best) for line in small for v in line)
        x = (column + 0.5) * width / wide + x1
        y = (row + 0.5) * height / high + y1
        found.append([x, y, 1 / total])
    return found


def test_places__equal_loops():
    maps = torch.randn(2, 3, 6, 6) * 3
    boxes = torch.tensor([[2.5, 3.0, 12.2, 20.7], [1.0, 1.0, 1.3, 9.0]])
    # The first is larger than the map, the second one pixel wide.
    found = heatmaps_to_keypoints(maps, boxes)
    for own, small, box in zip(found, maps.tolist(), boxes.tolist()):
        expected = torch.tensor(places_by_loops(small, box))
        torch.testing.assert_close(own, expected, rtol=1e-4, atol=1e-4)


def test_places__of_nobody():
    found = heatmaps_to_keypoints(torch.zeros(0, 17, 56, 56), BOXES[:0])
    assert found.shape == (0, 17, 3)


def test_places__half_precision_and_huge_logits():
    maps = torch.zeros(1, 1, 8, 8, dtype=torch.float16)
    maps[0, 0, 4, 4] = 60000
    found = heatmaps_to_keypoints(maps, torch.tensor([[0.0, 0, 8, 8]]).half())
    assert found.dtype == torch.float32
    assert found[0, 0].tolist() == [4.5, 4.5, 1.0]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    st.lists(st.floats(-50, 50), min_size=2, max_size=2),
    st.lists(st.floats(1, 60), min_size=2, max_size=2),
)
def test_round_trip__within_a_cell_and_a_pixel(share, corner, sides):
    """What is encoded is decoded at most a cell plus a pixel away."""
    corner, sides = torch.tensor(corner), torch.tensor(sides)
    box = torch.cat([corner, corner + sides])[None]
    point = (corner + torch.tensor(share) * sides)[None, None]
    point = torch.minimum(point, box[:, None, 2:])
    keypoints = torch.cat([point, torch.ones(1, 1, 1)], 2)
    index, valid = keypoints_to_cells(keypoints, box, 14)
    assert valid.all()
    maps = torch.zeros(1, 14 * 14).scatter(1, index, 20.0)
    found = heatmaps_to_keypoints(maps.view(1, 1, 14, 14), box)[0, 0, :2]
    away = (found - point[0, 0]).abs()
    assert (away <= sides / 14 + 1).all()


def test_round_trip__mirrored_maps_are_mirrored_places():
    maps = torch.randn(2, 4, 14, 14)
    boxes = torch.tensor([[3.0, 5.0, 40.0, 90.0], [10.0, 0.0, 21.5, 30.25]])
    mirrored = boxes.clone()
    mirrored[:, 0], mirrored[:, 2] = 100 - boxes[:, 2], 100 - boxes[:, 0]
    found = heatmaps_to_keypoints(maps, boxes)
    other = heatmaps_to_keypoints(maps.flip(-1), mirrored)
    other[..., 0] = 100 - other[..., 0]
    torch.testing.assert_close(other, found, rtol=1e-4, atol=1e-3)
