"""What a check reads of each kind of dataset."""

import numpy as np
import pytest
from mmengine.dataset import BaseDataset, ConcatDataset
from PIL import Image

from mmssl.datasets import file_check
from mmssl.datasets.file_check import (
    CheckTask,
    FileCheck,
    ListFiles,
    VideoFiles,
    files_of,
)
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.image_folder import ImageFolder
from mmssl.datasets.video_pairs import VideoPairDataset
from mmssl.io.flow_files import write_flo
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_flow_list, make_toy_frames


def pairs(folder, flow_format='jpg', **options):
    return FlowPairDataset(
        ['train.txt'],
        flow_format,
        str(folder),
        pipeline=[dict(type='LoadImageRGB', **options)],
    )


@pytest.fixture
def folder(tmp_path):
    make_toy_flow_list(tmp_path, n=5, size=(32, 40))
    return tmp_path


@pytest.mark.parametrize('fast', [False, True])
def test_list__bad_files_with_kind_and_line(folder, fast):
    cut = folder / 'train_001_y.jpg'
    cut.write_bytes(cut.read_bytes()[:300])
    (folder / 'train_003_0.png').unlink()
    (folder / 'train_004_1.png').write_bytes(b'')  # never read in training
    Image.new('L', (40, 31)).save(folder / 'train_002_0.png')
    (files,) = files_of(pairs(folder), fast)
    found = FileCheck([files])(CheckTask(0, 0, 5))
    assert [(f.item, f.kind) for f in found] == [
        (1, 'flow'),
        (2, 'size'),
        (3, 'image'),
    ]
    assert [f.source for f in found] == [
        f'{folder}/train.txt, line {n}' for n in (2, 3, 4)
    ]
    assert found[0].path == str(cut)
    assert 'cut short' in found[0].reason
    assert 'is 31 x 40; ' in found[1].reason
    assert 'is 32 x 40' in found[1].reason
    assert found[2].reason == 'no such file'


def test_list__second_images_where_the_pipeline_loads_them(folder):
    (folder / 'train_004_1.png').write_bytes(b'')
    (files,) = files_of(pairs(folder, load_target=True))
    (found,) = FileCheck([files])(CheckTask(0, 0, 5))
    assert found.path.endswith('train_004_1.png')
    assert [part.kind for part in files.parts(0)] == ['image', 'image', 'flow']


def test_list__one_part_of_one_item(folder):
    (folder / 'train_001_0.png').write_bytes(b'oops')
    (folder / 'train_001_x.jpg').write_bytes(b'oops')
    (files,) = files_of(pairs(folder))
    check = FileCheck([files])
    kinds = [
        [f.kind for f in check(CheckTask(0, 1, 2, part))] for part in (0, 1)
    ]
    assert kinds == [['image'], ['flow']]


def test_list__a_file_on_nearby_lines_is_read_once(tmp_path, monkeypatch):
    make_toy_flow_list(tmp_path, n=2, size=(32, 40))
    first = (tmp_path / 'train.txt').read_text().splitlines()[0]
    (tmp_path / 'train.txt').write_text(f'{first}\n' * 9)
    read = []
    real = file_check.read_rgb
    monkeypatch.setattr(
        file_check, 'read_rgb', lambda path: read.append(path) or real(path)
    )
    (files,) = files_of(pairs(tmp_path))
    assert FileCheck([files])(CheckTask(0, 0, 9)) == []
    assert len(read) == 1


def test_list__flow_that_is_not_finite(tmp_path):
    make_toy_flow_list(tmp_path, n=2, size=(32, 40), flow_format='flo')
    write_flo(np.full((32, 40, 2), np.nan), tmp_path / 'train_001.flo')
    (slow,), (fast,) = (
        files_of(pairs(tmp_path, 'flo'), fast) for fast in (False, True)
    )
    (found,) = FileCheck([slow])(CheckTask(0, 0, 2))
    assert 'not finite' in found.reason
    assert FileCheck([fast])(CheckTask(0, 0, 2)) == []


def test_videos__every_frame_or_the_first(tmp_path):
    clip = make_toy_frames(tmp_path / 'a', n=5, size=(32, 40))
    make_toy_frames(tmp_path / 'b', n=3, size=(32, 40))
    (clip / '00003.png').write_bytes(b'oops')
    data = VideoPairDataset(str(tmp_path), lazy_init=True)
    (slow,), (fast,) = files_of(data), files_of(data, fast=True)
    assert isinstance(slow, VideoFiles)
    assert len(slow) == 2
    (found,) = FileCheck([slow])(CheckTask(0, 0, 2))
    assert found.path == str(clip / '00003.png')
    assert 'of 5 frames' in found.reason
    assert FileCheck([fast])(CheckTask(0, 0, 2)) == []
    assert slow.parts(1)[0].paths == (str(tmp_path / 'b'),)


class Images(BaseDataset):
    """A dataset of another library: infos with img_path."""

    def load_data_list(self):
        return [dict(img_path=path) for path in self.ann_file.split()]


def test_others__by_img_path_inside_wrappers(tmp_path):
    Image.new('RGB', (4, 3)).save(tmp_path / 'a.png')
    data = Images(f'{tmp_path}/a.png {tmp_path}/b.png')
    both = files_of(ConcatDataset([data, data]))
    assert [type(one) for one in both] == [ListFiles, ListFiles]
    (found,) = FileCheck(both)(CheckTask(1, 0, 2))
    assert (found.item, found.path) == (1, f'{tmp_path}/b.png')


class Nothing(Images):
    def load_data_list(self):
        return [dict(text='a')]


def test_others__whose_files_are_unknown():
    with pytest.raises(TypeError, match='which files Nothing reads'):
        files_of(Nothing('a'))


@pytest.mark.parametrize('fast', [False, True])
def test_images__of_a_folder(tmp_path, fast):
    make_toy_images(tmp_path, 4, (24, 32))
    cut = tmp_path / '0002.jpg'
    cut.write_bytes(cut.read_bytes()[:300])
    (files,) = files_of(ImageFolder(str(tmp_path)), fast)
    assert (files.label, len(files)) == ('images', 4)
    (found,) = FileCheck([files])(CheckTask(0, 0, 4))
    assert found[:3] == (2, str(cut), 'image')
    assert 'cut short' in found.reason
    assert found.source == ''
