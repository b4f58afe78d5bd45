import torch

from mmssl.pretraining.noise import crop_noise, flow_noise, view_noise


def test_flow_noise__what_a_loader_gives():
    batch = flow_noise(3, 32)
    inputs = batch['inputs']
    assert [tuple(i.shape) for i in inputs['img']] == [(3, 32, 32)] * 3
    assert inputs['img'][0].dtype == torch.uint8
    points = torch.stack(inputs['guidance_points'])
    assert points.min() >= 0
    assert points.max() < 32
    again = flow_noise(3, 32)
    one, two = (b['data_samples'][2].gt_flow for b in (again, batch))
    assert torch.equal(one, two)


def test_view_noise__views_and_boxes_inside_them():
    batch = view_noise(3, 32, boxes=5)
    one, two = batch['inputs']
    assert one.shape == two.shape == (3, 3, 32, 32)
    assert one.dtype == torch.uint8
    assert not torch.equal(one, two)
    for sample in batch['data_samples']:
        assert sample.boxes.shape == (5, 2, 4)
        assert sample.box_views.tolist() == [[0, 1]] * 5
        x1, y1, x2, y2 = sample.boxes.unbind(2)
        assert (x1 >= 0).all()
        assert (x1 < x2).all()
        assert (y1 < y2).all()
        assert (y2 <= 32).all()
    again = view_noise(3, 32, boxes=5)
    assert torch.equal(again['inputs'][1], two)


def test_view_noise__without_boxes():
    samples = view_noise(2, 16)['data_samples']
    assert len(samples) == 2
    assert all('boxes' not in sample for sample in samples)


def test_crop_noise__views_of_their_sizes():
    sizes = [(32, 16), (32, 16), (16, 8)]
    batch = crop_noise(3, sizes)
    views = batch['inputs']
    assert [tuple(view.shape) for view in views] == [(3, 3, *s) for s in sizes]
    assert views[0].dtype == torch.uint8
    assert not torch.equal(views[0], views[1])
    assert len(batch['data_samples']) == 3
    assert torch.equal(crop_noise(3, sizes)['inputs'][2], views[2])
