"""Lists without the lines of bad files."""

import pytest

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.clean_list import check_clean, write_clean_list
from mmssl.datasets.file_check import CheckTask, Finding, files_of
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.video_pairs import VideoPairDataset
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
    with pytest.raises(ValueError, match='one split of FlowPairDataset'):
        check_clean(tmp_path / 'clean.txt', [files, files])
    make_toy_frames(tmp_path / 'v' / 'c', n=3)
    videos = files_of(VideoPairDataset(str(tmp_path / 'v'), lazy_init=True))
    with pytest.raises(ValueError, match='one split of FlowPairDataset'):
        check_clean(tmp_path / 'clean.txt', videos)
