import importlib.util
import re
from pathlib import Path

import pytest
import torch

from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toy_people import make_toy_people

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_views.py'
    spec = importlib.util.spec_from_file_location('benchmark_views', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pipelines__make_the_same_kind_of_views(tool, tmp_path):
    """Two views each, with the same mean brightness, roughly."""
    make_toy_images(tmp_path, 2, (150, 180))
    files = sorted(map(str, tmp_path.glob('*.jpg')))
    ours, watch = tool.our_pipeline(tmp_path, 2)
    made = [ours]
    made += [tool.torchvision_pipeline(files, kind)[0] for kind in (0, 1)]
    means = torch.zeros(3)
    for number, run in enumerate(made):
        for i in range(8):
            views = run(i % 2)
            assert len(views) == 2
            for view in views:
                assert view.shape == (3, 224, 224)
                assert view.dtype == torch.uint8
                assert view.is_contiguous()
                means[number] += view.float().mean() / 16
    assert means.max() - means.min() < 30
    assert set(watch.seconds) == {
        *(
            'LoadImageRGB',
            'RandomResizedCropView',
            'FlipView',
            'ColorJitterView',
        ),
        *('GrayscaleView', 'ResizeBlurView', 'SolarizeView', 'SampleBoxPairs'),
        'PackViews',
    }


def test_pipelines__of_people_make_ten_views(tool, tmp_path):
    make_toy_people(tmp_path, 2, (80, 40))
    folder = tmp_path / 'images'
    files = sorted(map(str, folder.glob('*.jpg')))
    ours, watch = tool.our_pipeline(folder, 2, tool.PERSON)
    sizes = [(3, 256, 128)] * 2 + [(3, 128, 64)] * 8
    assert [view.shape for view in ours(1)] == sizes
    theirs = tool.torchvision_pipeline(files, False, tool.PERSON, True)
    made = theirs[0](1)
    assert [view.shape for view in made] == sizes
    assert made[0].dtype == torch.float32
    assert -3 < made[0].min() < 0 < made[0].max() < 3
    assert set(watch.seconds) == set(theirs[1].seconds)
    assert 'PillowBlurView' in watch.seconds


def test_main__prints_the_table(tool, tmp_path, capsys):
    make_toy_images(tmp_path, 3, (60, 80))
    arguments = ['--files', '2', '--rounds', '1', '--size', '100', '120']
    tool.main([*arguments, '--images', str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert any('2 photos, mean [100. 120.] px' in line for line in lines)
    rows = {line[:24].strip(): line[24:].split() for line in lines}
    assert rows['CPU ms per image'] == [
        *('mmssl', 'torchvision/Pillow', 'torchvision/tensor')
    ]
    assert rows['SampleBoxPairs'][1:] == ['-', '-']
    parts = ('Load', 'Rand', 'Flip', 'Color', 'Gray', 'Resize', 'Solar')
    names = [name for name in rows if name.startswith((*parts, 'Pack', 'the'))]
    for column in range(3):
        values = [float(rows[name][column]) for name in names]
        if column == 0:
            values.append(float(rows['SampleBoxPairs'][0]))
        whole = float(rows['all: mean'][column])
        assert sum(values) == pytest.approx(whole, abs=0.02)
        rate = float(rows['images/s/core, fastest'][column])
        fastest = float(rows['all: fastest round'][column])
        assert rate == pytest.approx(1e3 / fastest, abs=1)
    assert re.search(r'1 rounds, one thread', '\n'.join(lines))
