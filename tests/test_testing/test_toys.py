import cv2
import numpy as np
import pytest

from mmssl.flow.estimators import build_estimator
from mmssl.io.flow_files import read_flo, read_flow
from mmssl.testing import toys


def _rng(seed=0):
    return np.random.default_rng(seed)


def test_smooth_flow__centre_moves_at_speed_and_border_rests():
    flow = toys.smooth_flow(60, 90, _rng(), speed=3.0)
    length = np.hypot(flow[..., 0], flow[..., 1])
    border = np.r_[flow[0], flow[-1], flow[:, 0], flow[:, -1]]
    assert flow.dtype == np.float32
    assert np.abs(border).max() == 0
    # v + spin x arm: at most 0.02 rad/frame at a third of 60 px.
    assert 2.6 <= length.max() <= 3.0 + 0.02 * 20
    assert length[25:35, 40:50].min() > 2.5


def test_moving_pair__frame0_is_frame1_looked_up_along_the_flow():
    frame0, frame1, flow = toys.moving_pair(40, 50, _rng(3))
    for row, col in [(20, 25), (18, 30), (2, 3)]:
        x = col + float(flow[row, col, 0])
        y = row + float(flow[row, col, 1])
        left, top = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - left, y - top
        patch = frame1[top : top + 2, left : left + 2].astype(float)
        expected = (
            patch[0, 0] * (1 - fx) * (1 - fy)
            + patch[0, 1] * fx * (1 - fy)
            + patch[1, 0] * (1 - fx) * fy
            + patch[1, 1] * fx * fy
        )
        # OpenCV interpolates with weights of 1/32.
        np.testing.assert_allclose(frame0[row, col], expected, atol=4)


def test_moving_pair__an_estimator_recovers_the_flow():
    frame0, frame1, flow = toys.moving_pair(96, 128, _rng(1))
    found = build_estimator('dis')(frame0, frame1)
    error = np.linalg.norm(found - flow, axis=-1).mean()
    zero = np.linalg.norm(flow, axis=-1).mean()
    assert error < 0.35 * zero


@pytest.mark.parametrize('flow_format', ['jpg', 'flo'])
def test_make_toy_flow_list__files_fit_the_list(tmp_path, flow_format):
    listing = toys.make_toy_flow_list(
        tmp_path, n=2, size=(40, 56), flow_format=flow_format, seed=5
    )
    lines = listing.read_text().splitlines()
    rng = _rng(5)
    assert len(lines) == 2
    for line in lines:
        frame0, frame1, flow = toys.moving_pair(40, 56, rng)
        first, second, *flows = line.split()
        assert len(flows) == {'jpg': 2, 'flo': 1}[flow_format]
        for name, frame in [(first, frame0), (second, frame1)]:
            stored = cv2.imread(str(tmp_path / name))[..., ::-1]
            np.testing.assert_array_equal(stored, frame)
        stored = read_flow([str(tmp_path / name) for name in flows])
        # A step of the jpg code is 100 / 255 px; compression adds to it.
        tolerance = 1.0 if flow_format == 'jpg' else 0
        np.testing.assert_allclose(stored, flow, atol=tolerance)


def test_make_toy_flow_list__equal_arguments_give_equal_files(tmp_path):
    for name in ('a', 'b'):
        toys.make_toy_flow_list(tmp_path / name, n=1, flow_format='flo')
    files = sorted(p.name for p in (tmp_path / 'a').iterdir())
    assert files
    for name in files:
        a = (tmp_path / 'a' / name).read_bytes()
        assert a == (tmp_path / 'b' / name).read_bytes()


def test_make_toy_flow_list__second_list_in_the_same_folder(tmp_path):
    toys.make_toy_flow_list(tmp_path, n=1, flow_format='flo')
    before = read_flo(str(tmp_path / 'train_000.flo'))
    toys.make_toy_flow_list(
        tmp_path, n=1, flow_format='flo', name='val.txt', seed=1
    )
    np.testing.assert_array_equal(
        before, read_flo(str(tmp_path / 'train_000.flo'))
    )


def test_make_toy_flow_list__unknown_format(tmp_path):
    with pytest.raises(ValueError, match=r"\['flo', 'jpg'\], got 'png'"):
        toys.make_toy_flow_list(tmp_path, flow_format='png')


@pytest.mark.parametrize('speed', [2, -3])
def test_make_toy_frames__content_drifts_at_speed(tmp_path, speed):
    folder = toys.make_toy_frames(tmp_path / 'v', n=3, speed=speed)
    frames = [cv2.imread(str(p)) for p in sorted(folder.iterdir())]
    assert len(frames) == 3
    for now, then in zip(frames, frames[1:]):
        assert now.shape == (64, 96, 3)
        if speed > 0:
            np.testing.assert_array_equal(now[:, :-speed], then[:, speed:])
        else:
            np.testing.assert_array_equal(now[:, -speed:], then[:, :speed])
