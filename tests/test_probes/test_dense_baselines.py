import torch

from mmssl.probes.dense_baselines import colour_maps


def test_colour__mean_spread_and_products():
    images = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    images[0, 0, :2, :2] = torch.tensor([[0, 255], [0, 255]])
    images[0, 1, 2:, 2:] = 255
    maps = colour_maps(images, (2, 2))
    assert maps.shape == (1, 27, 2, 2)
    corner, other = maps[0, :, 0, 0], maps[0, :, 1, 1]
    assert torch.allclose(
        corner[:6], torch.tensor([0.0, -1, -1, 1, 0, 0]), atol=1e-6
    )
    assert torch.allclose(
        other[:6], torch.tensor([-1.0, 1, -1, 0, 0, 0]), atol=1e-6
    )
    pairs = [(i, j) for i in range(6) for j in range(i, 6)]
    for place, (i, j) in enumerate(pairs):
        assert torch.allclose(other[6 + place], other[i] * other[j])


def test_colour__with_the_place():
    images = torch.zeros(2, 3, 6, 4, dtype=torch.uint8)
    maps = colour_maps(images, (3, 2), position=True)
    assert maps.shape == (2, 44, 3, 2)
    assert torch.allclose(maps[1, 6, :, 0], torch.tensor([-2 / 3, 0, 2 / 3]))
    assert maps[0, 7, 1].tolist() == [-0.5, 0.5]
