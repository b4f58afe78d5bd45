import json

import numpy as np
import pytest

from mmssl.apis import FeatureTable, iterate_features, read_features
from mmssl.apis.feature_shards import Shard, shard_path, write_shard
from mmssl.apis.feature_table import read_manifest


def make_folder(folder, rows, complete=True):
    (folder / 'shards').mkdir()
    first = 0
    for number, count in enumerate(rows):
        names = tuple(f'{first + n}.jpg' for n in range(count))
        pooled = np.array([[first + n, 0] for n in range(count)], np.float32)
        shard = Shard(first, count, names, {}, pooled.reshape(-1, 2), None)
        write_shard(shard, shard_path(folder, number, 'npz'))
        first += count
    settings = dict(format='npz', semantic_weights=None)
    manifest = dict(
        version=1,
        complete=complete,
        num_shards=len(rows),
        settings=settings,
    )
    (folder / 'manifest.json').write_text(json.dumps(manifest))


def test_read__rows_in_order_and_empty_shards(tmp_path):
    make_folder(tmp_path, [2, 0, 3])
    table = read_features(tmp_path)
    assert table.names == tuple(f'{n}.jpg' for n in range(5))
    assert table.pooled[:, 0].tolist() == [0, 1, 2, 3, 4]
    sizes = [len(part) for part in iterate_features(tmp_path)]
    assert sizes == [2, 0, 3]


def test_read__only_what_is_there(tmp_path):
    make_folder(tmp_path, [2, 2], complete=False)
    shard_path(tmp_path, 0, 'npz').unlink()
    assert read_features(tmp_path, partial=True).names == ('2.jpg', '3.jpg')
    shard_path(tmp_path, 1, 'npz').unlink()
    with pytest.raises(ValueError, match='no finished shard'):
        read_features(tmp_path, partial=True)


def test_read__a_finished_folder_that_lost_a_shard(tmp_path):
    make_folder(tmp_path, [2, 2])
    shard_path(tmp_path, 1, 'npz').unlink()
    with pytest.raises(FileNotFoundError, match=r'00001\.npz'):
        read_features(tmp_path)


@pytest.mark.parametrize(
    ('text', 'match'),
    [
        ('{', 'is damaged'),
        ('{}', 'is damaged'),
        ('{"version": 9}', 'has version 9, this mmssl reads 1'),
    ],
)
def test_manifest__damaged_or_of_another_version(tmp_path, text, match):
    (tmp_path / 'manifest.json').write_text(text)
    with pytest.raises(ValueError, match=match):
        read_manifest(tmp_path)


def test_table__at_a_lambda():
    table = FeatureTable(
        ('a',), np.arange(4.0).reshape(1, 2, 2), None, (0.0, 0.2)
    )
    assert table.at(0.2).pooled.tolist() == [[2, 3]]
    with pytest.raises(ValueError, match=r"lambda '-'|lambda -"):
        FeatureTable(('a',), np.zeros((1, 2))).at(0.2)
