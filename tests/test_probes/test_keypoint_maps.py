import torch
from torch import nn
from torch.utils.data import DataLoader

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.dense_baselines import colour_maps
from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.keypoint_maps import people_maps
from mmssl.probes.loaders import build_probe_loader
from mmssl.testing.toy_keypoints import make_toy_keypoints


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.AvgPool2d(8)
        self.data_preprocessor = ViewsDataPreprocessor()


def test_maps__in_the_order_of_the_people(tmp_path):
    make_toy_keypoints(tmp_path, n=3)
    loader = build_probe_loader(
        dict(
            batch_size=3,
            dataset=dict(
                type='mmssl.PersonKeypoints',
                ann_file='train.json',
                img_root='train',
                data_root=str(tmp_path),
                test_mode=True,
                pipeline=[
                    dict(type='LoadImageRGB'),
                    dict(type='CropPerson', size=(32, 16)),
                    dict(type='PackKeypoints'),
                ],
            ),
        ),
        'test',
    )
    assert isinstance(loader, DataLoader)
    model = Model()
    found = people_maps(DenseExtractor(model), loader)
    assert found.hw == (32, 16)
    samples = list(loader.dataset)
    views = torch.stack([s['inputs'][0] for s in samples])
    ready = model.data_preprocessor(dict(inputs=[views]))['inputs'][0]
    torch.testing.assert_close(
        found.maps['network'], nn.functional.avg_pool2d(ready, 8)
    )
    for kind, place in (('colour', False), ('colour_and_place', True)):
        expected = colour_maps(views, (4, 2), place)
        torch.testing.assert_close(found.maps[kind], expected)
    points = torch.stack([s['data_samples'].keypoints for s in samples])
    assert torch.equal(found.people.keypoints, points)
    bare = people_maps(DenseExtractor(model), loader, baselines=False)
    assert list(bare.maps) == ['network']
