import pytest

from mmssl.apis.sweep_key import SweepError
from mmssl.apis.sweep_plan import filled_in, make_plan


def test_plan__a_config_is_trained():
    plan = make_plan('a.b', ['1', '2'], config='c.py')
    assert [' '.join(step) for step in plan.steps] == [
        'train {config} --work-dir {run}/train --resume '
        '--cfg-options {key}={value}'
    ]
    assert plan.runs() == [('1', None), ('2', None)]
    assert plan.name('1', None) == 'b=1'


def test_plan__a_checkpoint_is_tested_with_seeds():
    plan = make_plan(
        'a.b', ['0:1:0.5'], config='c.py', checkpoint='x.pth', seeds=[3, 4]
    )
    assert [' '.join(step) for step in plan.steps] == [
        'test {config} {checkpoint} --work-dir {run}/test '
        '--out {run}/test.json '
        '--cfg-options {key}={value} randomness.seed={seed}'
    ]
    assert plan.runs() == [(v, s) for v in ('0', '0.5', '1') for s in (3, 4)]
    assert plan.name('0.5', 4) == 'b=0.5-seed=4'


def test_plan__outputs_are_named_where_the_user_has_not():
    plan = make_plan(
        'n',
        ['1'],
        [
            'mmssl train c.py --resume=a.pth --work-dir=w',
            "probe knn {checkpoint} --data 'my photos/{value}'",
            'probe roi x.pth --data d --out {run}/boxes.json',
            'probe linear x.pth',
            'test c.py x.pth',
        ],
    )
    assert [' '.join(step) for step in plan.steps] == [
        'train c.py --resume=a.pth --work-dir=w',
        'probe knn {checkpoint} --out {run}/probe.json '
        '--data my photos/{value}',
        'probe roi x.pth --data d --out {run}/boxes.json',
        'probe linear x.pth --out {run}/probe3.json',
        'test c.py x.pth --work-dir {run}/test --out {run}/test.json',
    ]
    assert plan.steps[1][-1] == 'my photos/{value}'  # one word


def test_name__no_characters_of_paths():
    plan = make_plan('a', ["['x/y', 2]"], config='c.py')
    assert plan.name(plan.values[0], None) == 'a=_x_y_2_'


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(values=['1', '1.0'], config='c.py'), r"values.*'1\.0'.*twice"),
        (dict(values=['a', 'a'], config='c.py'), r"values.*'a'.*twice"),
        (dict(values=['a b', 'a/b'], config='c.py'), 'names of runs'),
        (dict(values=[], config='c.py'), 'no values'),
        (dict(values=['1']), 'nothing to run'),
        (dict(values=['1'], steps=['test {value} {x}']), r'place \{x\}.*run'),
        (dict(values=['1'], steps=['test c.py x.pth']), r'no --run has a \{v'),
        (dict(values=['1'], steps=['test "{value}']), 'No closing quotation'),
        (dict(values=['1'], steps=['mmssl']), '--run is empty'),
        (dict(values=['1'], steps=['test {config} {value}']), 'give a CONFIG'),
        (dict(values=['1'], steps=['a {value} {seed}']), 'give --seeds'),
        (dict(values=['1'], steps=['a {value}'], seeds=[0]), r'no.*\{seed\}'),
        (dict(values=['a'], steps=['b {value+1}']), "value 'a' is none"),
        (dict(values=['1'], steps=['b {value} {run+1}']), r'\{run\} is none'),
        (dict(values=['1'], config='c.pth'), "'c.pth' is no config"),
    ],
)
def test_plan__refused(options, message):
    with pytest.raises(SweepError, match=message):
        make_plan('k', **options)


def test_filled_in__unknown_places_stay():
    words = ['{a}', '{a}/x={b}', '{c}', '{}']
    got = filled_in(words, dict(a='1 2', b='{a}'))
    assert got == ['1 2', '1 2/x={a}', '{c}', '{}']


def test_filled_in__one_more():
    got = filled_in(['n={value}', 'c={value+1}', '{value-10}'], {'value': '3'})
    assert got == ['n=3', 'c=4', '-7']
