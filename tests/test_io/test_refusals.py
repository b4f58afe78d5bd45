"""Errors raised on purpose are told from those that happen."""

from __future__ import annotations

import pytest
from torch._utils import ExceptionWrapper

from mmssl.io.refusals import refusal
from mmssl.samplers.box_options import BoxPairOptions


def caught(call, *args, **kwargs):
    with pytest.raises(Exception) as found:
        call(*args, **kwargs)
    return found.value


def passed_on(call):
    """Return an error as a DataLoader passes it on from its worker."""
    try:
        call()
    except Exception:
        wrapped = ExceptionWrapper(where='in DataLoader worker process 0')
    return caught(wrapped.reraise)


def refused():
    BoxPairOptions(num_boxes=0)


def unforeseen():
    BoxPairOptions(jitter='0')


def ours():
    raise ValueError('not from mmssl')


def test_raised_on_purpose__its_words():
    said = 'num_boxes must be at least 1, got 0'
    assert refusal(caught(refused)) == said
    assert refusal(passed_on(refused)) == said


def test_all_else__keeps_its_traceback():
    for call in (unforeseen, ours):
        assert refusal(caught(call)) is None
        assert refusal(passed_on(call)) is None
    assert refusal(ValueError('never raised')) is None


def test_lines_are_joined(tmp_path):
    from mmssl.datasets import ImageFolder

    error = caught(ImageFolder, data_root=str(tmp_path / 'none'))
    assert refusal(error) == f'no such folder of images: {tmp_path / "none"}'
    error.args = ('two\n  lines',)
    assert refusal(error) == 'two lines'
