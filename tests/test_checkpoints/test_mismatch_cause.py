"""The guess names the prefix, the part, the size or the architecture."""

from __future__ import annotations

import pytest

from mmssl.checkpoints.mismatch_cause import likely_cause

NAMES = ['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.bn1.weight']
OTHER = ['features.0.weight', 'features.3.weight']


@pytest.mark.parametrize('prefix', ['backbone.', 'teacher.backbone.', 'x.'])
def test_likely_cause__prefix_of_the_file(prefix):
    names = [prefix + name for name in NAMES] + ['neck.weight']
    said = likely_cause(names, NAMES)
    assert f'carry the prefix {prefix!r}' in said


def test_likely_cause__the_file_is_one_part_of_the_model():
    model = ['backbone.' + name for name in NAMES] + OTHER
    said = likely_cause(NAMES, model)
    assert "only what the model calls 'backbone.'" in said


def test_likely_cause__size_and_architecture():
    assert 'another size' in likely_cause(['a'], ['a'], NAMES)
    # a ResNet-18 for a ResNet-50: some fits, some is wider, much is absent
    assert 'another size' in likely_cause(NAMES, NAMES + OTHER, ['a', 'b'])
    # two networks that both start with conv1
    assert 'another architecture' in likely_cause(OTHER, NAMES, ['conv1'])
    assert 'another architecture' in likely_cause(OTHER, NAMES)
    assert 'another architecture' in likely_cause([], [])
