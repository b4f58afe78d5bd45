"""Lists without the lines of bad files."""

import pytest

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.clean_list import check_clean, write_clean_list
from mmssl.datasets.file_check import CheckTask, Finding, files_of
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.image_folder import ImageFolder
from mmssl.datasets.video_pairs import VideoPairDataset
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_frames


@pytest.fixture
def files(tmp_path):
    (tmp_path / 'a.txt').write_text('a0 a1 ax ay\n\nb0  b1\tbx by\r\n')
    (tmp_path / 'b.txt').write_text('c0 c1 cx cy')
    data = FlowPairDataset(['a.txt', 'b.txt'], data_root=str(tmp_path))
    return files_of(data)[0]


def test_write__leaves_the_bad_lines_out(files, tmp_path):
    record = CheckRecord(tmp_path / 'r', {}, [3], [64])
    record.add(CheckTask(0, 0, 3), [Finding(1, 'b0', 'image', 'bad', '')] * 2)
    record.close()
    write_clean_list(tmp_path / 'new' / 'clean.txt', files, record)
    clean = (tmp_path / 'new' / 'clean.txt').read_text()
    assert clean == 'a0 a1 ax ay\nc0 c1 cx cy\n'


def test_check__refuses_what_is_no_single_new_list(files, tmp_path):
    check_clean(tmp_path / 'clean.txt', [files])
    with pytest.raises(ValueError, match='is the list itself'):
        check_clean(tmp_path / 'b.txt', [files])
    with pytest.raises(
        ValueError, match='one split of FlowPairDataset or Ima'
    ):
        check_clean(tmp_path / 'clean.txt', [files, files])
    make_toy_frames(tmp_path / 'v' / 'c', n=3)
    videos = files_of(VideoPairDataset(str(tmp_path / 'v'), lazy_init=True))
    with pytest.raises(
        ValueError, match='one split of FlowPairDataset or Ima'
    ):
        check_clean(tmp_path / 'clean.txt', videos)


@pytest.mark.parametrize('labels', [None, 'folders'])
def test_write__images_of_a_folder(tmp_path, labels):
    make_toy_images(tmp_path / 'train', 4, (8, 8), classes=['cat', 'dog'])
    data = ImageFolder(str(tmp_path), 'train', labels=labels)
    (files,) = files_of(data)
    check_clean(tmp_path / 'clean.txt', [files])
    record = CheckRecord(tmp_path / 'r', {}, [4], [64])
    record.add(CheckTask(0, 0, 4), [Finding(1, 'x', 'image', 'bad', '')])
    record.close()
    write_clean_list(tmp_path / 'clean.txt', files, record)
    clean = ImageFolder(
        str(tmp_path), 'train', 'clean.txt', labels=labels and 'list'
    )
    kept = [data.get_data_info(i) for i in (0, 2, 3)]
    for number, info in enumerate(kept):
        again = clean.get_data_info(number)
        assert again['img_path'] == info['img_path']
        assert again.get('gt_label') == info.get('gt_label')
        assert (labels is None) == ('gt_label' not in again)


def test_write__a_list_keeps_labels_that_were_not_read(tmp_path):
    (tmp_path / 'l.txt').write_text('a.jpg 4\nb.jpg 5\n')
    (files,) = files_of(ImageFolder(str(tmp_path), ann_file='l.txt'))
    check_clean(tmp_path / 'clean.txt', [files])
    with pytest.raises(ValueError, match='is the list itself'):
        check_clean(tmp_path / 'l.txt', [files])
    record = CheckRecord(tmp_path / 'r', {}, [2], [64])
    record.add(CheckTask(0, 0, 2), [Finding(0, 'x', 'image', 'bad', '')])
    record.close()
    write_clean_list(tmp_path / 'clean.txt', files, record)
    assert (tmp_path / 'clean.txt').read_text() == 'b.jpg 5\n'


def test_check__white_space_in_a_name(tmp_path):
    make_toy_images(tmp_path / 'my photos', 1, (8, 8))
    (files,) = files_of(ImageFolder(str(tmp_path)))
    with pytest.raises(
        ValueError, match=r"'my photos/0000\.jpg' cannot stand"
    ):
        check_clean(tmp_path / 'clean.txt', [files])
