"""The examples of docs/python.md run, in their order, as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmssl.apis import MotionPropagator
from mmssl.testing.toys import textured_image
from mmssl.testing.videos import moving_frames, write_frame_folder, write_video

PAGE = Path(__file__).resolve().parents[2] / 'docs' / 'python.md'
# What the others return; nobody makes one.
RETURNED = ('FeatureTable', 'ImageFeatures', 'PretrainRun', 'Segmentation')
BLOCKS = re.findall(r'^```python\n(.*?)^```', PAGE.read_text(), re.S | re.M)


@pytest.mark.slow
def test_python_page__examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    picture = textured_image(256, 340, np.random.default_rng(0))
    Image.fromarray(picture).save('image.jpg')
    for i in range(2):
        frames = moving_frames(4, 128, 144, np.random.default_rng(i), (3, 1))
        write_video(tmp_path / 'videos' / f'{i}.mp4', frames)
    photos = [
        textured_image(120, 150, np.random.default_rng(7 + i))
        for i in range(6)
    ]
    write_frame_folder(tmp_path / 'photos' / 'more', photos)
    config = 'mmssl::cmp/cmp_r18_cpu-demo-arrows.py'
    model = MotionPropagator(config, None, 'cpu').model
    Path('work_dirs/arrows').mkdir(parents=True)
    torch.save(
        dict(state_dict=model.state_dict()), 'work_dirs/arrows/iter_900.pth'
    )
    assert len(BLOCKS) == 8
    names = {}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), 'exec'), names)
    assert names['flow'].shape == (256, 340, 2)
    assert names['video'].shape == (10, 256, 340, 3)
    assert Path('rabbit.gif').stat().st_size > 0
    assert Image.open('mask.png').size == (340, 256)
    assert names['run'].checkpoint.name == 'iter_4.pth'
    assert Path('backbone.pth').is_file()
    assert names['scrl'].checkpoint.name == 'iter_2.pth'
    student, teacher = (
        torch.load(name, weights_only=True)['state_dict']['conv1.weight']
        for name in ('student.pth', 'teacher.pth')
    )
    assert not torch.equal(student, teacher)
    assert len(names['table']) == 6
    told = capsys.readouterr().out
    assert '(256, 340, 2)' in told


def test_python_page__names_what_there_is():
    import mmssl.apis

    text = PAGE.read_text()
    for name in mmssl.apis.__all__:
        if name not in RETURNED:
            assert re.search(rf'import (\w+, )*{name}\b', text), name
    for link in re.findall(r'\]\(((?:images/)?[\w.]+)\)', text):
        assert (PAGE.parent / link).is_file() or link == 'multi_gpu.md'
