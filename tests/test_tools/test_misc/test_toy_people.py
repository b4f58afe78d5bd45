import runpy
from pathlib import Path

import cv2

TOOL = Path(__file__).parents[3] / 'tools' / 'misc' / 'toy_people.py'


def test_main__writes_pictures_and_masks(tmp_path, capsys):
    main = runpy.run_path(str(TOOL))['main']
    main([str(tmp_path / 'p'), '--number', '4', '--height', '50'])
    assert 'wrote 4 pictures' in capsys.readouterr().out
    sizes = [
        cv2.imread(str(tmp_path / 'p' / folder / f'{i:04d}.{kind}')).shape[:2]
        for folder, kind in (('images', 'jpg'), ('masks', 'png'))
        for i in range(4)
    ]
    tall = [(50, 24), (55, 23), (60, 30), (50, 24)]
    assert sizes == tall + tall
