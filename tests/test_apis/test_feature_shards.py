import numpy as np
import pytest

from mmssl.apis.feature_shards import (
    Shard,
    check_format,
    read_header,
    read_shard,
    shard_path,
    write_shard,
)

# A name that is no valid Unicode, as os.fsdecode gives it.
NAMES = ('a/ä.jpg', 'b \udcff.png')


def make_shard(dense=True):
    rng = np.random.default_rng(0)
    return Shard(
        first=8,
        images=3,
        names=NAMES,
        unreadable={'c.jpg': 'broken "quote"'},
        pooled=rng.normal(size=(2, 5)).astype(np.float32),
        dense=rng.normal(size=(2, 5, 4, 2)).astype(np.float16)
        if dense
        else None,
    )


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
@pytest.mark.parametrize('dense', [True, False])
def test_shard__there_and_back(tmp_path, kind, dense):
    if kind == 'safetensors':
        pytest.importorskip('safetensors')
    (tmp_path / 'shards').mkdir()
    path = shard_path(tmp_path, 3, check_format(kind))
    shard = make_shard(dense)
    write_shard(shard, path)
    assert [p.name for p in path.parent.iterdir()] == [f'00003.{kind}']
    found = read_shard(path)
    assert found.header() == shard.header()
    np.testing.assert_array_equal(found.pooled, shard.pooled)
    if dense:
        assert found.dense.dtype == np.float16
        np.testing.assert_array_equal(found.dense, shard.dense)
    assert read_shard(path, dense=False).dense is None
    assert read_header(path).header() == shard.header()


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
def test_shard__damaged_and_missing(tmp_path, kind):
    if kind == 'safetensors':
        pytest.importorskip('safetensors')
    path = tmp_path / f'a.{kind}'
    with pytest.raises(FileNotFoundError, match='no shard'):
        read_header(path)
    write_shard(make_shard(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match='could not be read as a shard'):
        read_header(path)


def test_shard__an_error_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'a.npz'
    write_shard(make_shard(), path)
    before = path.read_bytes()

    def full(stream, **arrays):
        stream.write(b'some')
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(np, 'savez', full)
    with pytest.raises(OSError, match=r'No space left .* free space there'):
        write_shard(make_shard(dense=False), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ['a.npz']


def test_format__unknown_or_missing(monkeypatch):
    with pytest.raises(ValueError, match=r"\['npz', 'safetensors'\]"):
        check_format('h5')

    def missing(module, purpose):
        raise ImportError(f'{purpose} needs {module}')

    monkeypatch.setattr('mmssl.apis.feature_shards.require', missing)
    assert check_format('npz') == 'npz'
    with pytest.raises(ImportError, match='needs safetensors'):
        check_format('safetensors')
