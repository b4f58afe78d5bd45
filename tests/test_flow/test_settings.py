import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.flow.estimators import DISFlow
from mmssl.flow.settings import ExtractionSettings


@pytest.mark.parametrize(
    ('values', 'problem'),
    [
        ({'format': 'png'}, r"'png'; valid: \['flo', 'jpg'\]"),
        ({'stride': 0}, 'stride must be at least 1, got 0'),
        ({'step': -1}, 'step must be at least 1, got -1'),
        ({'max_pairs': 0}, 'max_pairs must be at least 1, got 0'),
        ({'short_size': 0}, 'short_size must be at least 1, got 0'),
        ({'quality': 0}, r'quality must be in 1\.\.100, got 0'),
        ({'min_motion': -1}, 'min_motion must not be negative, got -1'),
        ({'scene_cut': 0}, 'scene_cut must be positive.*got 0'),
        ({'min_consistency': 1.5}, r'share in \(0, 1\], got 1.5'),
        ({'min_consistency': 0}, r'share in \(0, 1\], got 0'),
    ],
)
def test_settings__out_of_range(values, problem):
    with pytest.raises(ValueError, match=problem):
        ExtractionSettings(**values)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(1, 8),
    st.integers(1, 8),
    st.one_of(st.none(), st.integers(1, 20)),
)
def test_pair_starts__all_pairs_exist_and_are_spread(n, stride, step, most):
    made = ExtractionSettings(stride=stride, step=step, max_pairs=most)
    starts = list(made.pair_starts(n))
    every = [t for t in range(n) if t + stride < n and t % step == 0]
    assert starts == sorted(set(starts))
    assert set(starts) <= set(every)
    assert len(starts) == min(len(every), most or len(every))
    if most and len(every) > most:
        gaps = [b - a for a, b in zip(starts, starts[1:])]
        ideal = step * len(every) / most
        assert all(abs(gap - ideal) < step + 1e-9 for gap in gaps)


def test_fingerprint__is_json_and_tells_output_apart():
    base = ExtractionSettings().fingerprint()
    assert json.loads(json.dumps(base)) == base
    for change in (
        {'stride': 2},
        {'method': 'farneback'},
        {'method_options': {'preset': 'fast'}},
        {'quality': 90},
        {'scene_cut': None},
        {'format': 'flo'},
    ):
        assert ExtractionSettings(**change).fingerprint() != base
    for same in (
        {'auto_rotate': True},
        {'allow_variable_rate': True},
        {'method_options': {'device': 'cuda:1'}},
    ):
        assert ExtractionSettings(**same).fingerprint() == base


def test_fingerprint__knows_weights_by_content(tmp_path):
    for name, content in (('a', b'1'), ('b', b'1'), ('c', b'2')):
        (tmp_path / name).write_bytes(content)
    a, b, c = (
        ExtractionSettings(
            method='raft_small', method_options={'weights': tmp_path / name}
        ).fingerprint()
        for name in 'abc'
    )
    assert a == b != c


def test_build_estimator__from_the_settings():
    made = ExtractionSettings(method_options={'preset': 'fast'})
    assert isinstance(made.build_estimator(), DISFlow)
    with pytest.raises(ValueError, match='unknown flow method'):
        ExtractionSettings(method='x').build_estimator()
