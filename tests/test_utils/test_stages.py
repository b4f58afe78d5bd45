"""Stages are told to a listener, and to nobody otherwise."""

import threading

import pytest

from mmssl.utils.stages import listen, stage


class Notes:
    def __init__(self):
        self.lines = []

    def enter(self, name):
        self.lines.append(f'+{name}')

    def leave(self, name):
        self.lines.append(f'-{name}')


def test_listen__hears_nested_stages_and_errors_leave_them():
    notes = Notes()
    with listen(notes), stage('a'):
        with pytest.raises(KeyError), stage('b'):
            raise KeyError
    with stage('c'):
        pass
    assert notes.lines == ['+a', '+b', '-b', '-a']


def test_listen__begins_and_ends_within_a_stage():
    """A stage that was entered unheard is not told to end."""
    notes = Notes()
    outer = stage('a')
    outer.__enter__()
    with listen(notes):
        outer.__exit__(None, None, None)
        inner = stage('b')
        inner.__enter__()
    inner.__exit__(None, None, None)
    assert notes.lines == ['+b', '-b']


def test_listen__is_of_one_thread():
    notes = Notes()

    def work():
        with stage('elsewhere'):
            pass

    with listen(notes):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert notes.lines == []
