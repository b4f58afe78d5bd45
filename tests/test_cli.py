"""The ``mmssl`` command: what it lists, finds and refuses."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mmssl.cli import COMMANDS, build_parser, load, main, run_command
from mmssl.version import __version__

ROOT = Path(__file__).resolve().parents[1]
COMMON = {
    *('__init__', 'common', 'local_processes'),
    *('benchmark_arguments', 'parsing_arguments', 'people_arguments'),
    'speed_arguments',
}


def test_commands__are_the_modules_of_the_package():
    files = {p.stem for p in (ROOT / 'mmssl' / 'commands').glob('*.py')}
    assert {module for module, _ in COMMANDS.values()} == files - COMMON


@pytest.mark.parametrize('name', COMMANDS)
def test_help__of_each_command(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*name.split(), '--help'])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f'usage: mmssl {name} ')
    assert load(name).__doc__.splitlines()[0] in shown
    assert f'  mmssl {name} ' in shown  # an example
    assert '{prog}' not in shown


@pytest.mark.parametrize('arguments', [[], ['-h'], ['--help'], ['help']])
def test_overview__lists_all_commands(arguments, capsys):
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, (_, line) in COMMANDS.items():
        assert f'  {name:{max(map(len, COMMANDS))}}  {line}' in lines


def test_version(capsys):
    assert main(['--version']) == 0
    assert capsys.readouterr().out == f'mmssl {__version__}\n'


def test_unknown__lists_what_there_is(capsys):
    assert main(['trian', 'config.py']) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: mmssl has no command 'trian'")
    assert 'did you mean train?' in error
    assert ', '.join(sorted(COMMANDS)) in error
    assert main(['no-such']) == 1
    assert 'did you mean' not in capsys.readouterr().err


def test_help__imports_neither_torch_nor_opencv():
    """It comes at once: the slow imports wait until a command runs."""
    code = """
import sys
from mmssl.cli import COMMANDS, build_parser, load, main
main(['--help'])
for name in COMMANDS:
    build_parser(load(name)).format_help()
slow = {'torch', 'cv2', 'mmcv', 'mmpretrain', 'scipy', 'matplotlib'}
print('slow:', sorted(slow & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith('slow: []\n')


def test_run_command__status_and_arguments_arrive(monkeypatch):
    seen = []
    module = load('shots')
    monkeypatch.setattr(module, 'run', lambda args: seen.append(args) or 7)
    assert run_command('shots', ['in', 'out', '--quality', '50']) == 7
    assert (seen[0].input, seen[0].out, seen[0].quality) == ('in', 'out', 50)
    monkeypatch.setattr(sys, 'argv', ['mmssl', 'shots', 'a', 'b'])
    assert main() == 7
    assert seen[1].input == 'a'


def test_examples__of_a_tool_name_the_tool(monkeypatch):
    script = str(ROOT / 'tools' / 'train.py')
    monkeypatch.setattr(sys, 'argv', [script])
    parser = build_parser(load('train'))
    assert isinstance(parser, argparse.ArgumentParser)
    assert '  python tools/train.py CONFIG --resume' in parser.format_help()


@pytest.mark.parametrize(
    ('command', 'change', 'said'),
    [
        ('train', 'model.head.codec.nbin=3', 'FlowCodec in the config: '),
        ('train', 'model.backbone.type=ResNot', 'ResNot is not in the '),
        (
            'browse',
            'train_dataloader.dataset.type=Data',
            'Data is not in the ',
        ),
        ('browse', 'train_dataloader.dataset.sead=1', "argument 'sead'"),
    ],
)
def test_mistake_of_a_config__is_one_line(
    command, change, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    config = 'mmssl::cmp/cmp_r18_cpu-demo.py'
    assert main([command, config, '--cfg-options', change]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith('error: ')
    assert said in last


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ('.data_root=none', 'ImageFolder in the config: no such folder of'),
        ('.pipeline.2.min_size=200', 'min_size=200 does not fit into views'),
    ],
)
def test_refused_while_training__is_one_line(
    change, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Image.new('RGB', (64, 48)).save(tmp_path / 'a.png')
    options = [
        'train_dataloader.dataset.data_root=.',
        'train_dataloader.dataset' + change,
        'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
    ]
    config = 'mmssl::scrl/scrl_r18_cpu-demo.py'
    assert main(['train', config, '--cfg-options', *options]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith(f'error: {said}')
