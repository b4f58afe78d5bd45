import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from mmssl.flow.estimators import build_estimator
from mmssl.flow.raft import _padding


@pytest.fixture(scope='module')
def network():
    torch.manual_seed(0)
    return raft_small(weights=None).eval()


@pytest.fixture(scope='module')
def weights(network, tmp_path_factory):
    path = tmp_path_factory.mktemp('raft') / 'raft_small.pth'
    torch.save(network.state_dict(), path)
    return path


def frames(height, width):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ('size', 'total'),
    [(1, 128), (100, 128), (127, 128), (128, 128), (129, 136), (437, 440)],
)
def test_padding__to_a_multiple_of_8_that_is_at_least_128(size, total):
    before, after = _padding(size)
    assert before + size + after == total
    assert 0 <= after - before <= 1


def test_raft__equals_the_network_where_nothing_is_padded(network, weights):
    first, second = frames(128, 136)
    estimator = build_estimator('raft_small', weights=weights, iterations=2)
    flow = estimator(first, second)
    images = [
        torch.tensor(f).permute(2, 0, 1)[None].float() / 255 * 2 - 1
        for f in (first, second)
    ]
    with torch.no_grad():
        expected = network(*images, num_flow_updates=2)[-1][0]
    np.testing.assert_allclose(flow, expected.permute(1, 2, 0), atol=1e-4)
    assert flow.dtype == np.float32


def test_raft__small_frames_are_padded_and_cropped_back(network, weights):
    first, second = frames(50, 131)
    estimator = build_estimator('raft_small', weights=weights, iterations=1)
    flow = estimator(first, second)
    assert flow.shape == (50, 131, 2)
    # 39 rows of each edge repeated above and below, 2 + 3 columns.
    padded = [
        np.pad(f, ((39, 39), (2, 3), (0, 0)), mode='edge')
        for f in (first, second)
    ]
    whole = estimator(*padded)
    np.testing.assert_allclose(flow, whole[39:89, 2:133], atol=1e-4)


def test_raft__bgr_frames(weights):
    first, second = frames(128, 128)
    estimator = build_estimator('raft_small', weights=weights, iterations=1)
    prepared = [
        estimator.prepare(np.ascontiguousarray(f[..., ::-1]), bgr=True)
        for f in (first, second)
    ]
    np.testing.assert_array_equal(
        estimator.between(*prepared), estimator(first, second)
    )


def test_raft__without_weights_or_file(tmp_path):
    with pytest.raises(ValueError, match='raft_large needs a weights file'):
        build_estimator('raft_large')
    with pytest.raises(FileNotFoundError, match=r'none\.pth'):
        build_estimator('raft_small', weights=tmp_path / 'none.pth')


def test_raft__weights_of_another_network(tmp_path, network, weights):
    path = tmp_path / 'other.pth'
    torch.save({'weight': torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r'other\.pth: not weights of this'):
        build_estimator('raft_small', weights=path)
    state = dict(network.state_dict())
    key = next(iter(state))
    state[key] = state[key][:1]
    torch.save(state, path)
    with pytest.raises(ValueError, match='1 entries differ'):
        build_estimator('raft_small', weights=path)
    torch.save([1], path)
    with pytest.raises(ValueError, match='holds no state dict'):
        build_estimator('raft_small', weights=path)


class Evil:
    """Unpickling this runs code."""

    def __reduce__(self):
        return (eval, ('1/0',))


def test_raft__a_file_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / 'evil.pth'
    torch.save({'a': Evil()}, path)
    with pytest.raises(ValueError, match=r'evil\.pth: .*loaded safely'):
        build_estimator('raft_small', weights=path)
