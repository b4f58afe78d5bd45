import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmssl.apis import (
    FeatureExtractor,
    iterate_features,
    read_features,
    write_features,
)
from mmssl.apis.feature_shards import shard_path
from mmssl.flow.output_lock import OutputLock
from mmssl.testing.toy_people import make_toy_people

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
)


@pytest.fixture
def photos(tmp_path):
    make_toy_people(tmp_path / 'data', n=11)
    images = tmp_path / 'data' / 'images'
    (images / 'more').mkdir()
    for n in (9, 10):
        os.rename(images / f'{n:04d}.jpg', images / 'more' / f'{n}.jpg')
    (images / '0003b.jpg').write_bytes(b'not an image')
    return images


@pytest.fixture
def extractor():
    config = Config(dict(model=dict(type='DINO', backbone=SWIN)))
    made = FeatureExtractor(config, None, 'cpu', size=(64, 32), batch_size=3)
    for name, value in made.backbone.named_parameters():
        if 'semantic_embed' in name:
            value.data.normal_()
    return made


def write(extractor, photos, out, **options):
    options = dict(dict(shard_size=4, workers=0, kind='npz'), **options)
    return write_features(extractor, photos, out, **options)


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
def test_files__hold_what_the_extractor_makes(
    extractor, photos, tmp_path, kind
):
    if kind == 'safetensors':
        pytest.importorskip('safetensors')
    out = tmp_path / 'out'
    report = write(
        extractor,
        photos,
        out,
        kind=kind,
        dense=True,
        dtype='float32',
        semantic_weights=[0, 1],
    )
    assert (report.images, report.computed, report.shards) == (12, 12, 3)
    assert report.unreadable == {'0003b.jpg': 'not a readable image'}
    assert '0003b.jpg: not a readable image' in report.text()
    table = read_features(out)
    assert len(table) == len(table.names) == 11
    assert table.names[:5] == tuple(f'{n:04d}.jpg' for n in (0, 1, 2, 3, 4))
    assert table.names[-2:] == ('more/10.jpg', 'more/9.jpg')
    assert table.unreadable == report.unreadable
    paths = [photos / name for name in table.names]
    expected = extractor(paths, semantic_weights=[0, 1])
    np.testing.assert_allclose(
        table.pooled, expected.pooled.swapaxes(0, 1), atol=1e-5
    )
    np.testing.assert_allclose(
        table.dense, expected.dense.swapaxes(0, 1), atol=1e-4
    )
    at = table.at(1.0)
    np.testing.assert_array_equal(at.dense, table.dense[:, 1])
    with pytest.raises(ValueError, match=r'at lambda \[0\.0, 1\.0\], not'):
        table.at(0.5)
    parts = [*iterate_features(out, dense=False)]
    assert [len(part) for part in parts] == [4, 3, 4]
    np.testing.assert_array_equal(
        np.concatenate([part.pooled for part in parts]), table.pooled
    )
    assert parts[0].dense is None
    manifest = json.loads((out / 'manifest.json').read_text())
    assert [s['rows'] for s in manifest['shards']] == [
        len(part) for part in parts
    ]
    assert (manifest['images'], manifest['rows']) == (12, 11)


def test_files__half_precision_of_maps_and_one_lambda(
    extractor, photos, tmp_path
):
    write(extractor, photos, tmp_path / 'a', dense=True, semantic_weights=[1])
    table = read_features(tmp_path / 'a')
    assert table.semantic_weights is None
    assert table.dense.dtype == np.float16
    expected = extractor(photos / table.names[0], 1)
    np.testing.assert_allclose(table.dense[0], expected.dense, atol=5e-3)
    np.testing.assert_allclose(table.pooled[0], expected.pooled, atol=1e-5)
    assert read_features(tmp_path / 'a', dense=False).dense is None


def test_resume__missing_and_damaged_shards_only(extractor, photos, tmp_path):
    out = tmp_path / 'out'
    write(extractor, photos, out)
    expected = read_features(out)
    paths = [shard_path(out, n, 'npz') for n in range(3)]
    kept = paths[0].stat().st_mtime_ns
    paths[1].unlink()
    paths[2].write_bytes(paths[2].read_bytes()[:100])
    manifest = json.loads((out / 'manifest.json').read_text())
    begun = {k: manifest[k] for k in ('version', 'num_shards', 'settings')}
    begun['complete'] = False
    (out / 'manifest.json').write_text(json.dumps(begun))
    with pytest.raises(ValueError, match='not finished: run the same'):
        read_features(out)
    paths[2].rename(out / 'aside')
    partial = read_features(out, partial=True)
    assert partial.names == expected.names[: len(partial)]
    (out / 'aside').rename(paths[2])
    seen = []
    extractor.backbone.register_forward_pre_hook(
        lambda _, args: seen.append(len(args[0]))
    )
    # without the size: that of the earlier run
    report = write(extractor, photos, out, shard_size=None)
    # one to know the shapes, and all but the unreadable one
    assert sum(seen) == 1 + 7
    assert report.computed == 8
    assert report.damaged == ('00002.npz',)
    assert 'damaged, made again: 00002.npz' in report.text()
    again = read_features(out)
    assert again.names == expected.names
    np.testing.assert_array_equal(again.pooled, expected.pooled)
    assert paths[0].stat().st_mtime_ns == kept
    assert write(extractor, photos, out).computed == 0


def test_resume__not_with_other_images_weights_or_settings(
    extractor, photos, tmp_path
):
    out = tmp_path / 'out'
    write(extractor, photos, out)
    with pytest.raises(ValueError, match="dense: None there, 'float16' now"):
        write(extractor, photos, out, dense=True)
    with pytest.raises(ValueError, match=r'semantic_weights: None there, \['):
        write(extractor, photos, out, semantic_weights=[0.5])
    with pytest.raises(ValueError, match='shard_size: 4 there, 5 now'):
        write(extractor, photos, out, shard_size=5)
    (photos / '0000.jpg').rename(photos / '00000.jpg')
    with pytest.raises(ValueError, match='names: '):
        write(extractor, photos, out)
    (photos / '00000.jpg').rename(photos / '0000.jpg')
    extractor.backbone.norm3.bias.data += 1
    with pytest.raises(ValueError, match='weights: '):
        write(extractor, photos, out)
    (out / 'manifest.json').unlink()
    with pytest.raises(ValueError, match=r'holds shards, but no manifest'):
        write(extractor, photos, out)


def test_lists__names_and_workers(extractor, photos, tmp_path):
    names = tmp_path / 'names.txt'
    names.write_text('more/9.jpg\n0002.jpg\nmissing.jpg\n')
    out = tmp_path / 'out'
    report = write(extractor, photos, out, lists=[names], workers=1)
    assert read_features(out).names == ('more/9.jpg', '0002.jpg')
    assert 'no image' in report.unreadable['missing.jpg']
    names.write_text('more/9.jpg\n0002.jpg\nmissinG.jpg\n')
    with pytest.raises(ValueError, match='names: '):
        write(extractor, photos, out, lists=[names])


def test_write__mistakes(extractor, photos, tmp_path):
    out = tmp_path / 'out'
    for wrong, match in (
        (dict(kind='h5'), 'format must be one of'),
        (dict(dtype='int8'), 'dtype must be one of'),
        (dict(shard_size=0), 'shard_size must be >= 1'),
        (dict(workers=-1), 'workers must be >= 0'),
        (dict(semantic_weights=[2]), r'in \[0, 1\]'),
    ):
        with pytest.raises(ValueError, match=match):
            write(extractor, photos, out, **wrong)
    assert not out.exists()
    with pytest.raises(FileNotFoundError, match='no such folder'):
        write(extractor, tmp_path / 'none', out)
    with OutputLock(str(out), 0, ('shards',)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr('mmssl.apis.feature_files._PATIENCE', 0.1)
            with pytest.raises(OSError, match='another extraction'):
                write(extractor, photos, out)
    with pytest.raises(FileNotFoundError, match='holds no features'):
        read_features(tmp_path / 'none')


SCRIPT = """
import sys
from mmengine.config import Config
from mmssl.apis import FeatureExtractor, write_features
import mmssl.apis.feature_files as files
import torch

torch.manual_seed(0)
config = Config(dict(model=dict(type='DINO', backbone={swin!r})))
extractor = FeatureExtractor(config, None, 'cpu', size=(64, 32), batch_size=2)
real = files.write_shard
def slowly(shard, path):
    real(shard, path)
    print('wrote', path.name, flush=True)
    import time
    time.sleep(float(sys.argv[3]))
files.write_shard = slowly
write_features(extractor, sys.argv[1], sys.argv[2], shard_size=2, workers=1)
"""


def start(photos, out, seconds):
    code = SCRIPT.format(swin=SWIN)
    return subprocess.Popen(
        [sys.executable, '-c', code, str(photos), str(out), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_kill__finished_shards_stay_and_the_rest_follows(photos, tmp_path):
    out, whole = tmp_path / 'out', tmp_path / 'whole'
    process = start(photos, out, 30)
    assert process.stdout.readline() == 'wrote 00000.npz\n'
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.2)
    first = shard_path(out, 0, 'npz')
    kept = first.read_bytes(), first.stat().st_mtime_ns
    again = start(photos, out, 0)
    told, _ = again.communicate()
    assert again.returncode == 0
    assert told.split('\n')[0] == 'wrote 00001.npz'
    assert (first.read_bytes(), first.stat().st_mtime_ns) == kept
    torch.manual_seed(0)
    config = Config(dict(model=dict(type='DINO', backbone=SWIN)))
    same = FeatureExtractor(config, None, 'cpu', size=(64, 32), batch_size=2)
    write(same, photos, whole, shard_size=2)
    one, other = read_features(out), read_features(whole)
    assert one.names == other.names
    np.testing.assert_array_equal(one.pooled, other.pooled)
