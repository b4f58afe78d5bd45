import pytest
from mmengine.config import Config

from mmssl.cli import main
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
    [path] = (tmp_path / 'work' / 'config').glob('*.py')
    assert str(path) in told
    config = Config.fromfile(path)
    assert config.train_dataloader.num_workers == 0
    assert config.optim_wrapper.optimizer.lr == 0.01
    assert config.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert config.train_cfg.max_iters == 5


def test_pretrain__mistakes_are_one_line(tmp_path, capsys):
    words = ['pretrain', 'resnet18', str(tmp_path), str(tmp_path / 'work')]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert 'holds no videos' in error
    with pytest.raises(SystemExit):
        main([*words, '--iterations', '3', '--epochs', '2'])
