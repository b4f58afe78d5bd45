"""Loading, and errors that name files and list lines."""

import numpy as np
import pytest
from PIL import Image

from mmssl.datasets.transforms import LoadFlow, LoadImageRGB
from mmssl.io.flow_files import write_flo, write_flow_jpg_pair
from mmssl.testing.toy_images import photo_like, write_photo

SOURCE = 'lists/train.txt, line 7'


@pytest.fixture
def data(tmp_path):
    """A 6 x 8 pair, flow as .flo and as jpgs."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 6, 8, 3), np.uint8)
    for name, img in zip('01', images):
        Image.fromarray(img).save(tmp_path / f'{name}.png')
    flow = np.zeros((6, 8, 2), np.float32) + [10, -20]
    write_flo(flow, tmp_path / 'f.flo')
    write_flow_jpg_pair(flow, tmp_path / 'x.jpg', tmp_path / 'y.jpg', 100)
    results = dict(
        img_path=str(tmp_path / '0.png'),
        target_img_path=str(tmp_path / '1.png'),
        flow_path=[str(tmp_path / 'f.flo')],
        source=SOURCE,
    )
    return results, images, flow


def test_load_image__adds_the_first_only(data):
    results, images, _ = data
    out = LoadImageRGB().transform(results)
    np.testing.assert_array_equal(out['img'], images[0])
    assert out['ori_shape'] == out['img_shape'] == (6, 8)
    assert 'target_img' not in out


def test_load_image__target_on_demand(data):
    results, images, _ = data
    out = LoadImageRGB(load_target=True).transform(results)
    np.testing.assert_array_equal(out['target_img'], images[1])


def test_load_flow__both_formats(data, tmp_path):
    results, _, flow = data
    out = LoadFlow().transform(dict(results))
    np.testing.assert_array_equal(out['flow'], flow)
    results['flow_path'] = [str(tmp_path / n) for n in ('x.jpg', 'y.jpg')]
    out = LoadFlow().transform(results)
    expected = flow * 0 + [153 / 255 * 100 - 50, 76 / 255 * 100 - 50]
    np.testing.assert_allclose(out['flow'], expected, atol=0.4)


@pytest.mark.parametrize(
    ('key', 'load'),
    [
        ('img_path', LoadImageRGB()),
        ('target_img_path', LoadImageRGB(load_target=True)),
        ('flow_path', LoadFlow()),
    ],
)
def test_load__missing_file_names_file_and_line(data, tmp_path, key, load):
    results = data[0]
    gone = str(tmp_path / 'gone.png')
    results[key] = [gone] if key == 'flow_path' else gone
    match = rf'gone\.png: no such file \(from {SOURCE}\)'
    with pytest.raises(FileNotFoundError, match=match):
        load.transform(results)


def test_load__missing_second_flow_image_is_the_one_named(data, tmp_path):
    results = data[0]
    results['flow_path'] = [str(tmp_path / n) for n in ('x.jpg', 'z.jpg')]
    with pytest.raises(FileNotFoundError, match=r'[^+]*z\.jpg: no such file'):
        LoadFlow().transform(results)


def test_load__damaged_file_names_file_and_line(data, tmp_path):
    results = data[0]
    (tmp_path / 'f.flo').write_bytes(b'PIEH')
    with pytest.raises(ValueError, match=rf'f\.flo: .* \(from {SOURCE}\)'):
        LoadFlow().transform(results)
    (tmp_path / '0.png').write_bytes(b'oops')
    with pytest.raises(ValueError, match=r'0\.png: not a readable image'):
        LoadImageRGB().transform(results)


@pytest.mark.parametrize('order', [1, -1])
def test_load__different_sizes_name_all_files(data, tmp_path, order):
    results = data[0]
    write_flo(np.zeros((8, 6, 2), np.float32), tmp_path / 'f.flo')
    first, second = [LoadImageRGB(), LoadFlow()][::order]
    results = first.transform(results)
    match = (
        r'differ in size.*img .*0\.png is 6 x 8; flow .*f\.flo is 8 x 6 '
        rf'\(from {SOURCE}\)'
    )
    with pytest.raises(ValueError, match=match):
        second.transform(results)


def test_load__target_of_another_size(data, tmp_path):
    results = data[0]
    Image.new('RGB', (8, 5)).save(tmp_path / '1.png')
    with pytest.raises(ValueError, match=r'target_img .*1\.png is 5 x 8'):
        LoadImageRGB(load_target=True).transform(results)


def test_load__works_without_a_source(data):
    results = data[0]
    del results['source']
    results['img_path'] = 'nowhere.png'
    with pytest.raises(
        FileNotFoundError, match=r'nowhere\.png: no such file$'
    ):
        LoadImageRGB().transform(results)


def test_load_image__reduced_jpgs_are_the_original_of_what_follows(tmp_path):
    photo = photo_like((64, 96), np.random.default_rng(0))
    path = str(write_photo(tmp_path / 'a.jpg', photo))
    out = LoadImageRGB(reduce_to=30).transform(dict(img_path=path))
    assert out['img'].shape == (32, 48, 3)
    assert out['ori_shape'] == out['img_shape'] == (32, 48)
    for bad in (0, -3):
        with pytest.raises(
            ValueError, match=f'at least 1, or None; got {bad}'
        ):
            LoadImageRGB(reduce_to=bad)
