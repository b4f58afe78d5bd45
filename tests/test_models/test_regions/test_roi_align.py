"""RoIAlign against a loop, mmcv against torchvision, and its edges."""

import importlib.util
import math

import pytest
import torch
import torchvision

from mmssl.models.regions.roi_align import roi_align

needs_mmcv = pytest.mark.skipif(
    importlib.util.find_spec('mmcv._ext') is None, reason='mmcv-lite'
)
BOXES = torch.tensor(
    [
        [0, 3.0, 5.0, 61.0, 50.0],
        [1, 0.0, 0.0, 96.0, 64.0],
        [1, 20.5, 30.25, 40.0, 33.0],  # lower than a cell
        [0, 64.0, 32.0, 96.0, 64.0],
        [0, 90.0, 60.0, 96.0, 64.0],  # at the border
    ]
)


def feature_map(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, 4, 6, generator=generator, dtype=dtype)


def sample(plane, y, x):
    """Bilinear value at (y, x) in cells; zero more than a cell outside."""
    height, width = plane.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = (min(max(v, 0.0), n - 1) for v, n in ((y, height), (x, width)))
    top, left = int(y), int(x)
    low, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    above = plane[top, left] * (1 - dx) + plane[top, right] * dx
    below = plane[low, left] * (1 - dx) + plane[low, right] * dx
    return float(above * (1 - dy) + below * dy)


def naive(maps, boxes, stride, size, ratio, aligned):
    """Straight from the definition: mean of regular samples of each cell."""
    out = torch.zeros(len(boxes), maps.shape[1], size, size)
    shift = 0.5 if aligned else 0.0
    for m, (image, *corners) in enumerate(boxes.tolist()):
        x1, y1, x2, y2 = (v / stride - shift for v in corners)
        width, height = x2 - x1, y2 - y1
        if not aligned:
            width, height = max(width, 1.0), max(height, 1.0)
        rows = ratio if ratio > 0 else math.ceil(height / size)
        cols = ratio if ratio > 0 else math.ceil(width / size)
        for c, plane in enumerate(maps[int(image)]):
            for i in range(size):
                for j in range(size):
                    values = [
                        sample(
                            plane,
                            y1 + (i + (a + 0.5) / rows) * height / size,
                            x1 + (j + (b + 0.5) / cols) * width / size,
                        )
                        for a in range(rows)
                        for b in range(cols)
                    ]
                    out[m, c, i, j] = sum(values) / len(values)
    return out


@pytest.mark.parametrize(
    'backend', ['torchvision', pytest.param('mmcv', marks=needs_mmcv)]
)
@pytest.mark.parametrize('aligned', [False, True])
@pytest.mark.parametrize(('size', 'ratio'), [(1, -1), (1, 2), (3, -1)])
def test_roi_align__equals_the_definition(backend, aligned, size, ratio):
    maps = feature_map(torch.float32)
    found = roi_align(maps, BOXES, 16, size, ratio, aligned, backend)
    expected = naive(maps, BOXES, 16, size, ratio, aligned)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@needs_mmcv
@pytest.mark.parametrize('aligned', [False, True])
@pytest.mark.parametrize(('size', 'ratio'), [(1, -1), (1, 2), (7, -1)])
def test_roi_align__backends_agree_in_values_and_gradients(
    aligned, size, ratio
):
    found = []
    for backend in ('mmcv', 'torchvision'):
        maps = feature_map(torch.float32).requires_grad_()
        pooled = roi_align(maps, BOXES, 16, size, ratio, aligned, backend)
        (
            pooled * torch.linspace(-1, 1, pooled.numel()).view_as(pooled)
        ).sum().backward()
        found.append((pooled.detach(), maps.grad))
    torch.testing.assert_close(*(f[0] for f in found), rtol=0, atol=0)
    torch.testing.assert_close(*(f[1] for f in found), rtol=1e-6, atol=1e-7)


def test_roi_align__auto_is_torchvision():
    maps = feature_map()
    expected = torchvision.ops.roi_align(maps, BOXES.double(), 2, 1 / 16)
    assert torch.equal(roi_align(maps, BOXES, 16, 2), expected)


def test_roi_align__gradcheck():
    maps = feature_map().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: roi_align(x, BOXES, 16, 2), (maps,)
    )


@pytest.mark.parametrize('backend', ['auto', 'mmcv'])
def test_roi_align__no_boxes_stay_connected(backend):
    """The same on a GPU and without compiled mmcv: nothing is launched."""
    maps = feature_map(torch.float32).requires_grad_()
    empty = BOXES[:0]
    pooled = roi_align(maps, empty, 16, 3, backend=backend)
    assert pooled.shape == (0, 3, 3, 3)
    pooled.sum().backward()
    assert torch.equal(maps.grad, torch.zeros_like(maps))


def test_roi_align__no_images_and_no_boxes():
    maps = torch.zeros(0, 3, 4, 6)
    assert roi_align(maps, BOXES[:0], 16).shape == (0, 3, 1, 1)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_roi_align__half_maps_are_pooled_in_float32(dtype):
    maps = feature_map(torch.float32).to(dtype)
    with torch.autocast('cpu', torch.bfloat16):
        found = roi_align(maps, BOXES, 16)
    assert found.dtype == torch.float32
    assert torch.equal(found, roi_align(maps.float(), BOXES, 16))


@pytest.mark.parametrize('shape', [(3, 4), (5,), (1, 3, 5)])
def test_roi_align__other_boxes_are_refused(shape):
    with pytest.raises(ValueError, match=r'boxes must be \(M, 5\).*got \('):
        roi_align(feature_map(), torch.zeros(shape), 16)


def test_roi_align__unknown_backend():
    with pytest.raises(ValueError, match='auto, mmcv, torchvision'):
        roi_align(feature_map(), BOXES, 16, backend='cv2')
