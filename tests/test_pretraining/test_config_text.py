import pytest

from mmssl.pretraining.config_text import as_python, merged, parse, render


def test_as_python__reads_back():
    value = dict(
        type='A',
        numbers=[1, 2.5, -3e-05],
        pair=(1, 2),
        none=None,
        text="it's",
        long=[dict(name='x' * 30, value=i) for i in range(4)],
        empty={},
    )
    text = as_python(value)
    assert eval(text) == value
    assert max(len(line) for line in text.split('\n')) <= 79


@pytest.mark.parametrize('used', range(60, 80))
def test_as_python__breaks_where_the_line_is_full(used):
    text = as_python(dict(a=1, b=2), used)
    one_line = 'dict(a=1, b=2)'
    fits = used + len(one_line) <= 79
    assert (text == one_line) == fits
    assert eval(text) == dict(a=1, b=2)


def test_render__a_config_that_inherits():
    text = render(
        'mmssl::cmp/cmp_r18_cpu-demo.py',
        ["_base_.train_dataloader.dataset.data_root = 'elsewhere'"],
        dict(train_cfg=dict(max_iters=7), work_dir='w'),
        ['A line.', ''],
    )
    assert text.startswith('# A line.\n#\n_base_ = ')
    config = parse(text)
    assert config.train_cfg.max_iters == 7
    assert config.train_cfg.val_interval == 150
    assert config.train_dataloader.dataset.data_root == 'elsewhere'
    assert '_scope_' not in config.train_dataloader.collate_fn


def test_merged__changes_neither():
    first, second = dict(a=dict(x=1)), dict(a=dict(y=dict(z=2)), b=[1])
    assert merged(first, second) == dict(a=dict(x=1, y=dict(z=2)), b=[1])
    assert first == dict(a=dict(x=1))
    assert merged(dict(a=1), dict(a=dict(b=2))) == dict(a=dict(b=2))
