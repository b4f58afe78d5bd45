"""The bars, measured in the picture."""

import numpy as np
import pytest

from mmssl.benchmark.figure import draw_benchmark
from mmssl.benchmark.results import Row

BLUE, GREY = (31, 95, 168), (181, 181, 181)


def row(backbone, seed, value, task='a'):
    return Row(
        task,
        backbone,
        seed,
        random=backbone[:6] == 'random',
        metric='m',
        value=value,
    )


def length(image, color):
    """Pixels of the longest line of one colour."""
    return int((image == color).all(axis=-1).sum(axis=1).max())


@pytest.mark.parametrize('ratio', [1.5, 2.0, 4.0])
def test_figure__lengths_are_the_values(ratio):
    image = draw_benchmark([row('random', 0, 10), row('b', 0, 10 * ratio)])
    assert image.dtype == np.uint8
    found = length(image, BLUE) / length(image, GREY)
    assert found == pytest.approx(ratio, rel=0.04)


def test_figure__bars_begin_at_zero_and_negative_ones_go_left():
    image = draw_benchmark([row('random', 0, -10), row('b', 0, 10)])
    blue, grey = (  # columns; edges of letters have a pixel or two
        np.flatnonzero((image == color).all(axis=-1).sum(axis=0) > 10)
        for color in (BLUE, GREY)
    )
    assert abs(int(grey.max()) - int(blue.min())) <= 2
    assert len(grey) == pytest.approx(len(blue), rel=0.05)


def test_figure__one_plot_for_each_task_with_a_number():
    one = [row('random', 0, 1.0), row('b', 0, 2.0)]
    two = [*one, row('b', 0, 2.0, task='b')]
    three = [*two, row('b', 0, None, task='c')]
    small, wide, same = (draw_benchmark(rows) for rows in (one, two, three))
    assert wide.shape[1] == pytest.approx(2 * small.shape[1], abs=2)
    assert same.shape == wide.shape
    four = [*two, row('b', 0, 1.0, task='c'), row('b', 0, 1.0, task='d')]
    assert draw_benchmark(four).shape[1] == wide.shape[1]  # two lines


def test_figure__seeds_show_as_dots():
    rows = [row('b', seed, value) for seed, value in enumerate([1.0, 2.0])]
    with_dots = draw_benchmark(rows)
    alone = draw_benchmark([row('b', 0, 1.5)])
    white = [(i == 255).all(axis=-1).mean() for i in (with_dots, alone)]
    assert length(with_dots, BLUE) > 50
    assert white[0] != white[1]


def test_figure__nothing_to_draw():
    with pytest.raises(ValueError, match='no result to draw'):
        draw_benchmark([row('b', 0, None)])
