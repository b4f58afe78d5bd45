"""Presets, and sizes that are refused."""

import json

import pytest

from mmssl.worlds.layout import PARTS
from mmssl.worlds.world_settings import PRESETS, settings_of


@pytest.mark.parametrize('preset', PRESETS)
def test_presets__say_how_much_of_each_part(preset):
    settings = settings_of(preset)
    assert set(settings.counts) == set(PARTS)
    for counts in settings.counts.values():
        assert all(number > 0 for number in counts.values())
        # there is something to train with and something to judge by
        assert len(counts) >= 2
    assert settings.counts['market1501']['images'] >= 2  # one is the query
    assert settings.counts['market1501']['cameras'] >= 2
    assert json.loads(json.dumps(settings.to_json())) == settings.to_json()


def test_presets__grow():
    for part in PARTS:
        sizes = [
            sum(PRESETS[name]['counts'][part].values())
            for name in ('tiny', 'small', 'full')
        ]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[2]


def test_settings_of__takes_other_sizes():
    settings = settings_of('tiny', 3, (128, 96), 80)
    assert settings.seed == 3
    assert settings.flow_hw == settings.frame_hw == (128, 96)
    assert settings.person_px == 80


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('huge',), "unknown preset 'huge'; valid: full, small, tiny"),
        (('tiny', -1), 'seed must be >= 0, got -1'),
        (('tiny', 0, (63, 200)), 'at least 64 px .* got 63 x 200'),
        (('tiny', 0, None, 47), 'at least 48 px high, got 47'),
    ],
)
def test_settings_of__refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        settings_of(*arguments)
