from functools import partial

from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS

from mmssl.engine.collate_scope import drop_collate_scope
from mmssl.engine.run_config import load_config


def test_load_config__own_config_from_ours_collates(tmp_path):
    """As mmengine builds the function from a loader's config."""
    path = tmp_path / 'mine.py'
    path.write_text("_base_ = 'mmssl::cmp/cmp_r18_cpu-demo.py'\n")
    raw = Config.fromfile(path).train_dataloader.collate_fn
    assert '_scope_' in raw  # or this module can go
    for name in ('train', 'val', 'test'):
        options = load_config(path)[f'{name}_dataloader'].collate_fn.copy()
        collate = partial(FUNCTIONS.get(options.pop('type')), **options)
        batch = [dict(a=1), dict(a=2)]
        assert collate(batch) == pseudo_collate(batch) == dict(a=[1, 2])


def test_drop_collate_scope__leaves_everything_else():
    cfg = Config(
        dict(
            train_dataloader=dict(collate_fn='a_function', batch_size=2),
            val_dataloader=None,
            model=dict(type='A', _scope_='mmssl'),
        )
    )
    before = cfg.to_dict()
    assert drop_collate_scope(cfg) is cfg
    assert cfg.to_dict() == before
