import pytest
from mmengine.config import Config

from mmssl.engine.config_keys import misspelled_keys
from mmssl.engine.launch import train
from mmssl.engine.run_config import LaunchError
from mmssl.utils.host import config_root


@pytest.mark.parametrize(
    ('wrong', 'right'),
    [
        ('optim_wraper', 'optim_wrapper'),
        ('train_dataloaders', 'train_dataloader'),
        ('param_schedulers', 'param_scheduler'),
        ('custom_hook', 'custom_hooks'),
        ('loadfrom', 'load_from'),
    ],
)
def test_misspelled_keys__named(wrong, right):
    assert misspelled_keys([wrong]) == {wrong: right}


def test_misspelled_keys__none_in_any_config():
    for path in config_root().rglob('*.py'):
        if '_base_' not in str(path):
            assert misspelled_keys(Config.fromfile(path)) == {}, path


def test_misspelled_keys__own_names_are_left_alone():
    assert misspelled_keys(['norm', 'data_root', 'num_classes']) == {}


def test_train__stops_before_it_starts(tmp_path):
    cfg = Config(dict(model=dict(type='CMP'), optim_wraper=dict()))
    with pytest.raises(LaunchError, match='did you mean optim_wrapper'):
        train(cfg, work_dir=str(tmp_path))
