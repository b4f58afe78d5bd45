import io

import pytest

from mmssl.flow.progress import ProgressBar, duration


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock():
    return Clock()


def test_line__rate_counts_items_and_time_left_counts_cost(clock):
    bar = ProgressBar(100, 1000.0, 'pairs', None, clock)
    bar.add(50, 250.0)
    clock.now += 20
    line = bar.line('3/4 videos')
    assert 'pairs 50/100 ' in line
    assert ' 2.5/s' in line
    assert '0:00:20 gone, 0:01:00 left' in line  # a quarter took 20 s
    assert line.endswith(', 3/4 videos')
    assert f'[{"#" * 6}{"." * 18}]' in line


def test_line__before_the_first_and_without_any_cost(clock):
    assert '? left' in ProgressBar(5, 5.0, clock=clock).line()
    assert '[' + '#' * 24 + ']' in ProgressBar(0, 0.0, clock=clock).line()


def test_terminal__one_line_redrawn_twice_a_second(clock):
    stream = Terminal()
    bar = ProgressBar(10, 10.0, 'pairs', stream, clock)
    for _ in range(10):
        clock.now += 0.125
        bar.add(1, 1.0)
    assert stream.getvalue().count('\r') == 2
    assert '\n' not in stream.getvalue()
    bar.close('done')
    assert stream.getvalue().endswith('done\n')
    assert 'pairs 10/10' in stream.getvalue()


def test_log_file__a_line_every_15_seconds(clock):
    stream = io.StringIO()
    bar = ProgressBar(100, 100.0, 'pairs', stream, clock)
    for _ in range(100):
        clock.now += 0.5
        bar.add(1, 1.0)
    bar.close()
    assert len(stream.getvalue().splitlines()) == 3 + 1
    assert '\r' not in stream.getvalue()


def test_bar__silent_without_a_stream_or_items(clock):
    stream = io.StringIO()
    ProgressBar(0, 0.0, 'pairs', stream, clock).close()
    assert stream.getvalue() == ''
    ProgressBar(3, 3.0, 'pairs', None, clock).close()


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [(0, '0:00:00'), (59.9, '0:00:59'), (360000, '100:00:00')],
)
def test_duration__cases(seconds, text):
    assert duration(seconds) == text
