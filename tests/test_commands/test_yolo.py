"""The command line of mmssl yolo; test_datasets has what it writes."""

from mmssl.cli import run_command
from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.testing.toy_images import make_toy_images


def test_yolo__names_counts_file(tmp_path, capsys):
    make_toy_images(tmp_path / 'img', n=8, size=(20, 20))
    (tmp_path / 'txt').mkdir()
    (tmp_path / 'txt' / '0003.txt').write_text('1 0.5 0.5 0.5 0.5\n')
    (tmp_path / 'names.txt').write_text('cat\n\ndog \n')
    out = str(tmp_path / 'a.json')
    words = [str(tmp_path / 'txt'), str(tmp_path / 'img'), out]
    names = ['--classes', str(tmp_path / 'names.txt')]
    assert run_command('yolo', words + names) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('7 images without labels: ')
    assert lines[0].endswith(' ... (2 more)')
    assert lines[-1] == f'wrote {out}'
    assert read_coco_boxes(out).classes == ('cat', 'dog')
    assert run_command('yolo', [*words, '--num-classes', '4']) == 0
    assert len(read_coco_boxes(out).classes) == 4


def test_yolo__users_mistakes(tmp_path, capsys):
    words = [str(tmp_path / 'no'), str(tmp_path), str(tmp_path / 'a.json')]
    assert run_command('yolo', words) == 1
    assert capsys.readouterr().err.startswith('error: ')
