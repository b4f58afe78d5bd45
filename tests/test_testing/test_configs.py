import pytest
from mmengine.config import Config

from mmssl.testing.configs import changed_keys, shrink_config


@pytest.mark.parametrize(
    ('before', 'after', 'expected'),
    [
        ({'a': 1}, {'a': 1}, set()),
        ({'a': 1}, {'a': 2}, {'a'}),
        ({'a': 1}, {'a': 1, 'b': None}, {'b'}),
        ({'a': {'x': 1}}, {'a': {}}, {'a.x'}),
        ({'a': (1, 2)}, {'a': [1, 2]}, set()),
        ({'a': [1, 2]}, {'a': [1, 3]}, {'a'}),
        ({'a': {'type': 'X', 'x': 1}}, {'a': None}, {'a'}),
        # Another type is another component: one key.
        ({'a': {'type': 'X', 'x': 1}}, {'a': {'type': 'Y', 'x': 1}}, {'a'}),
        (
            {'a': [{'type': 'X', 'x': 1}, {'type': 'Y'}]},
            {'a': [{'type': 'X', 'x': 2}, {'type': 'Y'}]},
            {'a.X.x'},
        ),
        # Two of one type: by place.
        (
            {'a': [{'type': 'X', 'x': 1}, {'type': 'X', 'x': 2}]},
            {'a': [{'type': 'X', 'x': 1}, {'type': 'X', 'x': 3}]},
            {'a.1.x'},
        ),
        # A transform more.
        (
            {'a': [{'type': 'X'}]},
            {'a': [{'type': 'X'}, {'type': 'Y'}]},
            {'a.Y'},
        ),
        ({'a': []}, {'a': [{'type': 'X'}]}, {'a'}),
        # Lists in a list, such as pipelines of views: by place.
        (
            {'a': [[{'type': 'X', 'x': 1}], [{'type': 'X', 'x': 1}]]},
            {'a': [[{'type': 'X', 'x': 2}], [{'type': 'Y'}]]},
            {'a.0.X.x', 'a.1.X', 'a.1.Y'},
        ),
        ({'a': [[1, 2]]}, {'a': [[1, 2], [3]]}, {'a.1'}),
    ],
)
def test_changed_keys__cases(before, after, expected):
    assert changed_keys(before, after) == expected
    assert changed_keys(after, before) == expected
    assert changed_keys(Config(before), Config(after)) == expected


def _config():
    def loader(mode):
        crop = dict(
            type='ResizeCropImageFlow', short_size=416, size=384, mode=mode
        )
        dataset = dict(
            data_root='far', ann_file=['a', 'b'], flow_file_type='jpg'
        )
        return dict(
            batch_size=9,
            num_workers=4,
            persistent_workers=True,
            sampler=dict(type='S'),
            dataset=dict(pipeline=[crop], **dataset),
        )

    train = loader('random')
    train['sampler'].update(total_iter=70000, batch_size=9)
    return Config(
        dict(
            model=dict(type='M'),
            param_scheduler=[dict(begin=0), dict(begin=40)],
            train_dataloader=train,
            val_dataloader=loader('center'),
            test_dataloader=loader('center'),
            train_cfg=dict(max_iters=70000, val_interval=10000),
            default_hooks=dict(
                logger=dict(interval=50), checkpoint=dict(interval=10000)
            ),
            env_cfg=dict(dist_cfg=dict(backend='nccl')),
        )
    )


def test_shrink_config__changes_size_and_data_alone(tmp_path):
    cfg = _config()
    small = shrink_config(cfg, tmp_path / 'd', tmp_path / 'w', 3, 64, 'flo')
    loaders = {
        f'{name}_dataloader.{key}'
        for name in ('train', 'val', 'test')
        for key in (
            'num_workers',
            'persistent_workers',
            'dataset.data_root',
            'dataset.ann_file',
            'dataset.flow_file_type',
            'dataset.pipeline.ResizeCropImageFlow.short_size',
            'dataset.pipeline.ResizeCropImageFlow.size',
        )
    }
    assert changed_keys(cfg, small) == loaders | {
        'work_dir',
        'param_scheduler',
        'train_dataloader.batch_size',
        'train_dataloader.sampler.total_iter',
        'train_dataloader.sampler.batch_size',
        'train_cfg.max_iters',
        'train_cfg.val_interval',
        'default_hooks.logger.interval',
        'default_hooks.checkpoint.interval',
        'env_cfg.dist_cfg.backend',
    }
    assert small.train_dataloader.dataset.ann_file == ['train.txt']
    assert small.test_dataloader.dataset.ann_file == ['val.txt']
    assert small.train_dataloader.sampler.total_iter == 3
    assert small.param_scheduler == [dict(begin=0)]
    assert cfg.train_cfg.max_iters == 70000
