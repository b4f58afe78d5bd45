"""The error of a job."""

from __future__ import annotations

import pytest

from mmssl.downstream.errors import HandOffError


def test_error__kinds_are_those_of_the_table():
    error = HandOffError('host', 'no mmdet')
    assert (error.kind, str(error)) == ('host', 'no mmdet')
    with pytest.raises(ValueError, match='architecture, checkpoint, classes'):
        HandOffError('hosts', 'no mmdet')
