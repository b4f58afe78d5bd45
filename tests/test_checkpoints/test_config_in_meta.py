import pytest
from mmengine.config import Config

from mmssl.checkpoints.config_in_meta import config_in_meta


def test_text__as_mmengine_writes_it():
    model = dict(
        type='SCRL',
        backbone=dict(type='ResNet', depth=18, dilations=(1, 1, 2, 4)),
        rate=-1e-3,
        parts=[dict(type='A', on=True, none=None), {'a.b': 'c'}],
    )
    text = Config(dict(epochs=3, model=model)).pretty_text
    found = config_in_meta({'meta': {'cfg': text}})
    assert found == model
    assert config_in_meta({'meta': {'cfg': text}}, 'epochs') == 3


@pytest.mark.parametrize(
    'text',
    [
        'model = dict(a=open("x"))',
        'model = dict(a=__import__("os"))',
        'model = dict(**dict(a=1))',
        'model = dict([(1, 2)])',
        'model = {**{}}',
        'model = other',
        'model = [x for x in (1,)]',
        'model = dict(',
        'model = ' + '(' * 5000,
        'other = dict(a=1)',
        '',
    ],
)
def test_text__anything_but_data_is_nothing(text):
    assert config_in_meta({'meta': {'cfg': text}}) is None


@pytest.mark.parametrize(
    'checkpoint', [{}, {'meta': None}, {'meta': {}}, {'meta': {'cfg': 3}}]
)
def test_checkpoint__without_a_config(checkpoint):
    assert config_in_meta(checkpoint) is None
