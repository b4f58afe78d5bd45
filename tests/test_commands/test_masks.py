"""``mmssl masks``: what it prints and writes."""

import numpy as np
from PIL import Image

from mmssl.cli import main
from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.testing.toy_images import make_toy_images


def test_run__writes_and_tells(tmp_path, capsys):
    make_toy_images(tmp_path / 'img', n=2, size=(30, 40))
    (tmp_path / 'mask').mkdir()
    mask = np.zeros((30, 40), np.uint8)
    mask[5:15, 6:26] = 1
    Image.fromarray(mask).save(tmp_path / 'mask' / '0000.png')
    (tmp_path / 'names.txt').write_text('sky\nsea\n')
    out = tmp_path / 'coco.json'
    folders = [str(tmp_path / 'mask'), str(tmp_path / 'img'), str(out)]
    names = ['--classes', str(tmp_path / 'names.txt')]
    assert main(['masks', *folders, *names, '--ignore', '0']) == 0
    assert read_coco_boxes(out).classes == ('sky', 'sea')
    assert read_coco_boxes(out).boxes.tolist() == [[6, 5, 26, 15]]
    told = capsys.readouterr().out
    assert f'1 images without a mask: {tmp_path / "img" / "0001.jpg"}' in told
    assert told.endswith(f'wrote {out}\n')


def test_run__a_mistake_is_one_line(tmp_path, capsys):
    arguments = ['masks', str(tmp_path), str(tmp_path / 'no'), 'out.json']
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert 'no such folder' in error
    assert error.count('\n') == 1
