import io

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmssl.apis import FeatureExtractor
from mmssl.apis.feature_job import FeatureJob
from mmssl.apis.user_images import as_rgb
from mmssl.datasets.fitted_images import FittedImages
from mmssl.datasets.image_sources import SearchedImages

NET = dict(type='ResNet', depth=18, base_channels=8)


def make_extractor(net=NET, **options):
    config = Config(dict(model=dict(type='SCRL', backbone=net)))
    options = dict(dict(size=32, batch_size=2), **options)
    return FeatureExtractor(config, None, 'cpu', **options)


def folder(path, n=5):
    rng = np.random.default_rng(0)
    for i in range(n):
        pixels = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path / f'{i}.png')
    return SearchedImages(str(path))


def test_run__shards_in_batches_and_progress(tmp_path):
    extractor = make_extractor()
    images = FittedImages(folder(tmp_path), tmp_path, as_rgb, extractor.fit)
    job = FeatureJob(extractor, dense=True)
    seen, stream = [], io.StringIO()
    extractor.backbone.register_forward_pre_hook(
        lambda _, args: seen.append(len(args[0]))
    )
    made = dict(job.run(images, [0, 1], 3, 0, stream))
    assert seen == [2, 1, 2]  # no batch is of two shards
    assert [made[n].first for n in made] == [0, 3]
    assert made[1].names == ('3.png', '4.png')
    expected = extractor([tmp_path / '3.png', tmp_path / '4.png'])
    np.testing.assert_allclose(made[1].pooled, expected.pooled, atol=1e-5)
    np.testing.assert_allclose(made[1].dense, expected.dense, atol=2e-3)
    assert 'images 5/5 [########' in stream.getvalue()
    assert '/s, ' in stream.getvalue()


def test_run__a_shard_with_nothing_readable(tmp_path):
    source = folder(tmp_path)
    for i in (2, 3):
        (tmp_path / f'{i}.png').write_bytes(b'no')
    extractor = make_extractor()
    images = FittedImages(source, tmp_path, as_rgb, extractor.fit)
    ((_, shard),) = FeatureJob(extractor, dense=True).run(images, [1], 2)
    assert shard.names == ()
    assert sorted(shard.unreadable) == ['2.png', '3.png']
    assert shard.pooled.shape == (0, 64)
    assert shard.dense.shape == (0, 64, 1, 1)
    assert [*FeatureJob(extractor).run(images, [], 2)] == []


def test_shard_size__by_the_bytes_of_an_image():
    pooled = FeatureJob(make_extractor())
    assert pooled.shard_size() == 4096
    dense = FeatureJob(make_extractor(size=320), dense=True, dtype='float32')
    row = 64 * 4 + 64 * 10 * 10 * 4
    assert dense.shard_size() == 64_000_000 // row


def test_job__mistakes():
    with pytest.raises(ValueError, match=r'one size.*size=None'):
        FeatureJob(make_extractor(size=None))
    with pytest.raises(ValueError, match=r"\['float16', 'float32'\]"):
        FeatureJob(make_extractor(), dtype='float64')
    with pytest.raises(ValueError, match='takes no semantic_weight'):
        FeatureJob(make_extractor(), semantic_weights=[0.5])
    vectors = dict(
        type='SemanticResNet', depth=18, base_channels=8, semantic_weight=-1
    )
    assert FeatureJob(make_extractor(vectors)).weights is None
