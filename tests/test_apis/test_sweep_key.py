import pytest

from mmssl.apis.sweep_key import SweepError, check_key, expand_range

CFG = dict(
    model=dict(backbone=dict(type='A', depth=18), necks=[dict(a=1), 5]),
    lr=0.1,
)


@pytest.mark.parametrize(
    ('text', 'values'),
    [
        ('0:1:0.2', ['0', '0.2', '0.4', '0.6', '0.8', '1']),
        ('1:8:3', ['1', '4', '7']),
        ('-1:1:1', ['-1', '0', '1']),
        ('0.05:0.06:0.02', ['0.05']),
        ('2:2:1', ['2']),
        ('0.3', ['0.3']),
        ('a:b:c', ['a:b:c']),
        ('[1,2]', ['[1,2]']),
    ],
)
def test_range__last_is_included(text, values):
    assert expand_range(text) == values


@pytest.mark.parametrize('text', ['0:1:0', '1:0:0.1'])
def test_range__refused(text):
    with pytest.raises(SweepError, match=f"'{text}' is no range"):
        expand_range(text)


@pytest.mark.parametrize(
    'key', ['lr', 'model.backbone.depth', 'model.necks.0.a', 'model.necks.1']
)
def test_key__there(key):
    assert check_key(CFG, key) is None


def test_key__an_argument_at_its_default_is_noted():
    note = check_key(CFG, 'model.backbone.dept')
    assert 'model.backbone.dept at its default' in note
    assert 'did you mean depth?' in note


@pytest.mark.parametrize(
    ('key', 'message'),
    [
        ('model.bakbone.depth', r'no model\.bakbone; did you mean backbone'),
        ('model.necks.2.a', r'no model\.necks\.2'),
        ('lr.value', r"lr is 0\.1.*has no 'value'"),
    ],
)
def test_key__a_part_above_that_is_not_there(key, message):
    with pytest.raises(SweepError, match=message):
        check_key(CFG, key)
