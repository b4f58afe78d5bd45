import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_scrl.py'
    spec = importlib.util.spec_from_file_location('benchmark_scrl', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_faster_half(tool):
    assert tool.faster_half([9.0, 1.0, 3.0]) == 2.0


@pytest.mark.slow
def test_main__scrl_beside_byol(tool, monkeypatch, capsys):
    arguments = [
        *('--config', 'mmssl::scrl/scrl_r18_cpu-demo.py'),
        *('--byol', 'mmssl::scrl/byol_r18_cpu-demo.py'),
        *('--batch-size', '2', '--steps', '1'),
    ]
    monkeypatch.setattr(sys, 'argv', ['benchmark_scrl.py', *arguments])
    tool.main()
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    _, _, byol = map(float, rows['BYOL'])
    _, peak, scrl = map(float, rows['SCRL'])
    # 2 views x 10 boxes of 512, 512 twice more in the projector, ...: KB.
    assert byol < scrl < 1.1 * byol
    assert 150 < peak < 400
    assert float(rows['ratio'][2]) == pytest.approx(scrl / byol, abs=1e-3)
    assert rows['torchvision'][1] == 'ms'
