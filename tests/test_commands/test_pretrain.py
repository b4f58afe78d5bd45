from types import SimpleNamespace

import pytest
from mmengine.config import Config

from mmssl.apis import pretraining as api
from mmssl.cli import main
from mmssl.commands import pretrain as command
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.recipes import find_recipe
from mmssl.testing.toys import make_toy_flow_list


@pytest.fixture
def pairs(tmp_path):
    make_toy_flow_list(tmp_path / 'pairs', n=2, flow_format='flo')
    return str(tmp_path / 'pairs')


def test_pretrain__options_reach_the_config(pairs, tmp_path, capsys):
    words = ['pretrain', 'resnet18', pairs, str(tmp_path / 'work')]
    words += ['--iterations', '5', '--batch-size', '2', '--lr', '0.01']
    words += ['--workers', '0', '--precision', 'bf16', '--dry-run']
    assert main(words) == 0
    told = capsys.readouterr().out
    assert 'batch      2: as asked' in told
    assert 'next       mmssl train' in told
    [path] = (tmp_path / 'work' / 'config').glob('*.py')
    assert str(path) in told
    config = Config.fromfile(path)
    assert config.train_dataloader.num_workers == 0
    assert config.optim_wrapper.optimizer.lr == 0.01
    assert config.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert config.train_cfg.max_iters == 5


@pytest.fixture
def asked(monkeypatch):
    """What the command asks the library for."""
    calls = []

    def note(backbone, data, work_dir, **options):
        calls.append((backbone, data, work_dir, options['method']))
        return SimpleNamespace(checkpoint='x.pth')

    monkeypatch.setattr(api, 'pretrain', note)
    return calls


def test_pretrain__one_to_three_words(asked, tmp_path):
    folder = str(tmp_path)
    for words, expected in (
        ([folder], (None, folder, None)),
        ([folder, 'work'], (None, folder, 'work')),
        (['vgg16', folder], ('vgg16', folder, None)),
        (['vgg16', folder, 'work'], ('vgg16', folder, 'work')),
        # neither exists: what is missing is told of the data
        (['vgg16', 'gone'], ('vgg16', 'gone', None)),
    ):
        assert main(['pretrain', *words, '--method', 'byol']) == 0
        assert asked.pop() == (*expected, 'byol')
    with pytest.raises(SystemExit):
        main(['pretrain', 'a', 'b', 'c', 'd'])
    with pytest.raises(SystemExit):
        main(['pretrain'])


def test_methods__are_those_of_the_library(asked):
    for method in command.METHODS:
        assert find_recipe(method).name == method
    with pytest.raises(PretrainError, match=', '.join(command.METHODS)):
        find_recipe('other')
    with pytest.raises(SystemExit):
        main(['pretrain', 'x', '--method', 'other'])


def test_pretrain__tells_the_next_command(asked, tmp_path, capsys):
    assert main(['pretrain', str(tmp_path), '--method', 'scrl']) == 0
    told = capsys.readouterr().out
    assert 'mmssl export x.pth backbone.pth' in told


def test_pretrain__mistakes_are_one_line(tmp_path, capsys):
    words = ['pretrain', 'resnet18', str(tmp_path), str(tmp_path / 'work')]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert 'holds no videos' in error
    with pytest.raises(SystemExit):
        main([*words, '--iterations', '3', '--epochs', '2'])
