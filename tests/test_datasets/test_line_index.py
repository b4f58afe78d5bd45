"""Lists against a plain reading of their lines."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.datasets import line_index
from mmssl.datasets.line_index import LineIndex, ListEntry


def naive(paths):
    """Entries as the format's definition reads."""
    entries = []
    for path in paths:
        text = Path(path).read_bytes().decode('utf-8-sig')
        for number, line in enumerate(text.split('\n'), 1):
            if line.split():
                entries.append(
                    ListEntry(tuple(line.split()), str(path), number)
                )
    return entries


def write(path, text):
    path.write_bytes(text.encode())
    return str(path)


def test_line_index__several_files_in_order(tmp_path):
    one = write(tmp_path / '1.txt', 'a b\nc d\n')
    two = write(tmp_path / '2.txt', '')
    three = write(tmp_path / '3.txt', 'e\tf\n')
    index = LineIndex([one, two, three], 2)
    assert [index[i] for i in range(len(index))] == [
        (('a', 'b'), one, 1),
        (('c', 'd'), one, 2),
        (('e', 'f'), three, 1),
    ]


@pytest.mark.parametrize('end', ['\n', '\r\n'])
@pytest.mark.parametrize('last', [True, False])
@pytest.mark.parametrize('head', ['', '\ufeff', '\n \n'])
def test_line_index__line_ends_and_byte_order_mark(tmp_path, end, last, head):
    text = head + end.join(['a b', '', '  c\td  ', 'é f'])
    path = write(tmp_path / 'l.txt', text + end * last)
    index = LineIndex([path], 2)
    assert [index[i] for i in range(len(index))] == naive([path])
    assert index[2].fields == ('é', 'f')


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(['a b', ' longer/name.jpg\t x ', '', '  ', 'ü\x0bw']),
        max_size=400,
    ),
    st.integers(1, 50),
    st.booleans(),
)
def test_line_index__like_the_naive_reader(
    tmp_path_factory, lines, chunk, newline
):
    """Any blocks of blank lines, any place where a chunk ends."""
    folder = tmp_path_factory.mktemp('lists')
    path = write(folder / 'l.txt', '\n'.join(lines) + '\n' * newline)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_index, '_CHUNK_BYTES', chunk)
        index = LineIndex([path, path], 2)
    assert [index[i] for i in range(len(index))] == naive([path, path])


@pytest.mark.parametrize('row', [0, 63, 64, 200, 299])
@pytest.mark.parametrize('wrong', ['a b', 'a b c d'])
def test_line_index__wrong_line_is_named(tmp_path, row, wrong):
    lines = ['x y z'] * 300
    lines[row] = wrong
    path = write(tmp_path / 'l.txt', '\n' + '\n'.join(lines))
    got = len(wrong.split())
    match = (
        rf'l\.txt: line {row + 2}: expected 3 whitespace-separated fields '
        rf"\(img0 img1 flow\), got {got}: '{wrong}'"
    )
    with pytest.raises(ValueError, match=match):
        LineIndex([path], 3, 'img0 img1 flow')


def test_line_index__number_of_the_line_counts_earlier_chunks(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(line_index, '_CHUNK_BYTES', 100)
    path = write(tmp_path / 'l.txt', 'x y\n' * 1000 + 'x\n')
    with pytest.raises(ValueError, match='line 1001: expected 2'):
        LineIndex([path], 2)


def test_line_index__missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no\.t.*no such list'):
        LineIndex([str(tmp_path / 'no.txt')], 3)


def test_line_index__not_a_text_file(tmp_path):
    path = tmp_path / 'video.mp4'
    path.write_bytes(b'\x00\x01\xff' * 40000)
    with pytest.raises(ValueError, match=r'video\.mp4: not a list of text'):
        LineIndex([str(path)], 3)


def test_line_index__empty_and_out_of_range(tmp_path):
    path = write(tmp_path / 'l.txt', '\n\n')
    assert len(LineIndex([path], 3)) == len(LineIndex([], 3)) == 0
    for i in (-1, 0):
        with pytest.raises(IndexError, match=f'entry {i} of a list of 0'):
            LineIndex([path], 3)[i]


def test_line_index__file_changed_afterwards(tmp_path):
    path = write(tmp_path / 'l.txt', 'a b\nc d\n')
    index = LineIndex([path], 2)
    write(tmp_path / 'l.txt', 'a b\n')
    with pytest.raises(ValueError, match='changed after it was indexed'):
        index[0]


def test_line_index__pickle_is_small_and_equal(tmp_path):
    path = write(tmp_path / 'l.txt', ''.join(f'a{i} b\n' for i in range(9999)))
    data = pickle.dumps(LineIndex([path], 2))
    assert len(data) < 9999  # less than a byte per line
    assert pickle.loads(data)[9998] == (('a9998', 'b'), path, 9999)
