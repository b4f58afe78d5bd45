"""``mmssl names``: what it prints and writes."""

import pickle

from mmssl.cli import main


def test_run__writes_and_tells(tmp_path, capsys):
    src, dst = tmp_path / 'a.pkl', tmp_path / 'a.txt'
    src.write_bytes(pickle.dumps(['a.jpg', 'b.jpg', 'c.jpg']))
    assert main(['names', str(src), str(dst), '--first', '2']) == 0
    assert dst.read_text() == 'a.jpg\nb.jpg\n'
    assert capsys.readouterr().out == f'wrote 2 names to {dst}\n'


def test_run__mistakes_are_one_line(tmp_path, capsys):
    src = tmp_path / 'a.pkl'
    src.write_bytes(pickle.dumps([]))
    for dst, message in (
        (src, 'DST would overwrite SRC'),
        (tmp_path / 'no' / 'a.txt', 'the folder of DST does not exist'),
        (tmp_path / 'a.txt', 'the list is empty'),
    ):
        assert main(['names', str(src), str(dst)]) == 1
        error = capsys.readouterr().err
        assert error.startswith('error: ')
        assert message in error
        assert error.count('\n') == 1
