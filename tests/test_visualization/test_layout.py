import numpy as np
import pytest
from PIL import Image

from mmssl.visualization import layout


def solid(height, width, value):
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_enlarge__repeats_pixels():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = layout.enlarge(image, 3)
    np.testing.assert_array_equal(large[::3, ::3], image)
    np.testing.assert_array_equal(large[2::3, 2::3], image)


def test_stack__positions_gap_and_white_filling():
    row = layout.stack([solid(4, 3, 10), solid(2, 5, 20)], axis=1, gap=2)
    assert row.shape == (4, 10, 3)
    assert (row[:, :3] == 10).all()
    assert (row[:, 3:5] == 255).all()
    assert (row[:2, 5:] == 20).all()
    assert (row[2:, 5:] == 255).all()
    column = layout.stack([solid(4, 3, 10), solid(2, 5, 20)], axis=0, gap=1)
    assert column.shape == (7, 5, 3)
    assert (column[:4, 3:] == 255).all()
    assert (column[5:] == 20).all()
    with pytest.raises(ValueError, match='at least one image'):
        layout.stack([], axis=0)


def test_add_caption__image_below_text_left_legend_right():
    image, legend = solid(30, 240, 77), solid(10, 40, 200)
    tile = layout.add_caption(image, 'target flow', legend)
    height = layout.caption_height(240)
    np.testing.assert_array_equal(tile[height + 1 : -1, 1:-1], image)
    frame = [tile[height], tile[-1], tile[height:, 0], tile[height:, -1]]
    assert (np.concatenate(frame) == 190).all()
    strip = tile[:height]
    assert (strip[5:15, -40:] == 200).all()
    assert strip[:, :60].min() < 100  # ink
    assert (strip[:, 120:200] == 255).all()


def test_add_caption__long_text_is_cut_before_the_legend():
    legend = solid(10, 40, 200)
    tile = layout.add_caption(solid(30, 120, 0), 'word ' * 30, legend)
    strip = tile[: layout.caption_height(120)]
    assert (strip[:, 79:81] == 255).all()
    # A legend that would leave no room is dropped.
    narrow = layout.add_caption(solid(30, 60, 0), 'x', legend)
    assert (narrow[: layout.caption_height(60), 40:] == 255).all()


def test_text_line__ink_from_the_left_cut_at_the_right():
    line = layout.text_line('word ' * 30, 120)
    assert line.shape == (layout.caption_height(120), 120, 3)
    assert line[:, :20].min() < 100
    assert (line[:, -2:] == 255).all()
    np.testing.assert_array_equal(
        line[:, :40], layout.text_line('word ' * 9, 120)[:, :40]
    )


def test_color_bar__from_low_to_high():
    colors = np.stack([np.arange(256)] * 3, axis=-1).astype(np.uint8)
    bar = layout.color_bar(colors, '', '', height=14)
    ramp = bar[7, 5:73].astype(int)[:, 0]
    assert (np.diff(ramp) > 0).all()
    assert ramp[0] < 10
    assert ramp[-1] > 240


def test_draw_text__old_pillow_has_no_size(monkeypatch):
    original = layout.ImageFont.load_default

    def old_load_default(**kwargs):
        if kwargs:
            raise TypeError('unexpected keyword')
        return original()

    monkeypatch.setattr(layout.ImageFont, 'load_default', old_load_default)
    image = Image.new('RGB', (80, 20), (255, 255, 255))
    layout.draw_text(image, (2, 10), 'abc', 70)
    assert np.asarray(image).min() < 100
