import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from PIL import Image

from mmssl.apis import MotionPropagator
from mmssl.apis.motion_propagator import choose_device
from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine.run_config import LaunchError
from mmssl.registry import DATASETS
from mmssl.testing.toys import make_toy_flow_list, textured_image

TINY = dict(
    type='CMP',
    backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(3,)),
    neck=dict(type='ConvProjection', in_channels=64, out_channels=8),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 8), channels=4),
    decoder=dict(
        type='PlainMotionDecoder', in_channels=12, channels=8, pools=(1,)
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=8,
        codec=dict(type='FlowCodec', nbins=9, fmax=10),
    ),
)


def make_config(folder='', short=64, size=64):
    return Config(
        dict(
            default_scope='mmssl',
            model=TINY,
            val_dataloader=dict(
                dataset=dict(
                    type='FlowPairDataset',
                    data_root=str(folder),
                    ann_file=['train.txt'],
                    flow_file_type='flo',
                    test_mode=True,
                    pipeline=[
                        dict(type='LoadImageRGB'),
                        dict(type='LoadFlow'),
                        dict(
                            type='ResizeCropImageFlow',
                            short_size=short,
                            size=size,
                            mode='center',
                        ),
                        dict(
                            type='SampleGuidance',
                            strategies=['grid'],
                            bg_ratio=1 / 400,
                        ),
                        dict(type='PackFlowInputs'),
                    ],
                )
            ),
        )
    )


def lively(propagator):
    """Give random weights that answer with several px, not with noise."""
    torch.manual_seed(3)
    for name, value in propagator.model.named_parameters():
        if name.endswith('weight') and value.dim() == 4:
            torch.nn.init.kaiming_normal_(value)
    for value in propagator.model.motion_encoder.parameters():
        if value.dim() == 4:
            value.data *= 10  # or one arrow drowns
    torch.nn.init.normal_(propagator.model.head.conv.weight, std=0.3)
    return propagator


@pytest.fixture
def propagator():
    return lively(MotionPropagator(make_config(), None, 'cpu'))


def picture(height=70, width=110, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_predict__equals_the_validation_of_the_config(tmp_path):
    """Same file, same guidance: what the validation loop computes."""
    make_toy_flow_list(tmp_path, n=2, size=(64, 64), flow_format='flo')
    config = make_config(tmp_path)
    propagator = lively(MotionPropagator(config, None, 'cpu'))
    dataset = DATASETS.build(config.val_dataloader.dataset)
    for i in range(2):
        sample = dataset[i]
        with torch.no_grad():
            expected = propagator.model.val_step(pseudo_collate([sample]))[0]
        points = sample['inputs']['guidance_points'].numpy()
        vectors = sample['inputs']['guidance_vectors'].numpy()
        arrows = np.concatenate([points[:, ::-1], vectors], axis=1)
        flow = propagator.predict(tmp_path / f'train_{i:03d}_0.png', arrows)
        assert len(points) == 16
        assert np.abs(flow).max() > 0.5
        np.testing.assert_allclose(
            flow.transpose(2, 0, 1), expected.pred_flow.numpy(), atol=1e-5
        )


def test_predict__guidance_decides(propagator):
    image = picture()
    without = propagator.predict(image, [])
    right = propagator.predict(image, [(55, 35, 9, 0)])
    np.testing.assert_array_equal(without, propagator.predict(image))
    assert np.abs(right - without).max() > 0.1
    np.testing.assert_array_equal(
        right, propagator(image, [(55, 35, 9, 0)])
    )  # nothing random


def test_predict__resized_by_hand(propagator):
    """A doubled image with doubled arrows: the same flow, in its px."""
    small = textured_image(64, 96, np.random.default_rng(0))
    assert propagator.short_size == 64
    flow = propagator.predict(small, [(40, 20, 5, -2)])
    large = small.repeat(2, axis=0).repeat(2, axis=1)
    got = propagator.predict(large, [(81, 41, 10, -4)])
    assert got.shape == (128, 192, 2)
    size = propagator.size_of((128, 192))
    seen = size.image(large)
    expected = size.flow(
        propagator.predict(seen, [(40, 20, 5, -2)], resize=False)
    )
    np.testing.assert_allclose(got, expected, atol=1e-5)
    # the pictures are nearly the same, and so is the flow
    assert np.abs(got[::2, ::2] / 2 - flow).mean() < 0.1 * np.abs(flow).mean()


def test_predict__any_size_and_kind(propagator, tmp_path):
    image = picture(37, 91)
    path = tmp_path / 'image.png'
    Image.fromarray(image).save(path)
    arrows = [(90, 36, 3, 3)]
    expected = propagator.predict(image, arrows)
    assert expected.shape == (37, 91, 2)
    assert expected.dtype == np.float32
    planes = torch.from_numpy(image).permute(2, 0, 1)
    for given in (path, Image.fromarray(image), planes):
        np.testing.assert_array_equal(
            propagator.predict(given, arrows), expected
        )


def test_predict__batch_of_sizes_in_order(propagator):
    images = [picture(64, 80, 1), picture(50, 50, 2), picture(64, 80, 3)]
    arrows = [[(1, 1, 4, 0)], [], [(79, 63, 0, -4), (5, 5, 1, 1)]]
    flows = propagator.predict(images, arrows)
    assert isinstance(flows, list)
    for image, of_image, flow in zip(images, arrows, flows):
        alone = propagator.predict(image, of_image)
        np.testing.assert_allclose(flow, alone, atol=1e-5)
    stacked = np.stack([images[0], images[2]])
    again = propagator.predict(stacked, [arrows[0], arrows[2]])
    np.testing.assert_allclose(again[1], flows[2], atol=1e-5)
    assert len(propagator.predict(stacked)) == 2
    assert propagator.predict([], []) == []


def test_predict__a_batch_larger_than_goes_at_once(propagator):
    images = [picture(64, 64, seed) for seed in range(5)]
    together = propagator.predict(images)
    propagator.batch_size = 2
    calls = []
    propagator.model.register_forward_pre_hook(
        lambda _, args, kwargs: calls.append(len(kwargs['inputs']['img'])),
        with_kwargs=True,
    )
    for one, two in zip(together, propagator.predict(images)):
        np.testing.assert_allclose(one, two, atol=1e-5)
    assert calls == [2, 2, 1]


def test_predict__mistakes(propagator):
    image = picture()
    with pytest.raises(ValueError, match='2 images, but 1 lists of arrows'):
        propagator.predict([image, image], [[(1, 1, 1, 1)]])
    with pytest.raises(ValueError, match='outside the image of 110 x 70'):
        propagator.predict(image, [(110, 0, 1, 1)])
    with pytest.raises(ValueError, match='image 1 of the batch: arrow 0 at'):
        propagator.predict([image, image], [[], [(0, 70, 1, 1)]])
    with pytest.raises(FileNotFoundError, match='no image'):
        propagator.predict('none.jpg')
    with pytest.warns(UserWarning, match='motion up to 10 px'):
        propagator.predict(image, [(0, 0, 12, 0)])


def test_sizes__by_argument():
    image_hw = (100, 300)
    options = {
        'config': (64, 192),
        None: (100, 300),
        32: (32, 96),
    }
    for short, resized in options.items():
        made = MotionPropagator(make_config(), None, 'cpu', short_size=short)
        assert made.size_of(image_hw).resized_hw == resized
    made = MotionPropagator(make_config(), None, 'cpu', long_size=96)
    assert made.size_of(image_hw).resized_hw == (32, 96)
    assert made.crop_size == 64
    with pytest.raises(ValueError, match="'config', None or a length"):
        MotionPropagator(make_config(), None, short_size='full')
    with pytest.raises(ValueError, match='batch_size must be >= 1'):
        MotionPropagator(make_config(), None, batch_size=0)


def test_checkpoint__report_and_refusal(propagator, tmp_path):
    state = propagator.model.state_dict()
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=state), path)
    loaded = MotionPropagator(make_config(), path, 'cpu')
    assert loaded.report.share == 1.0
    arrows = [(5, 5, 3, 0)]
    np.testing.assert_array_equal(
        loaded.predict(picture(), arrows),
        propagator.predict(picture(), arrows),
    )
    # the backbone alone would answer with noise
    del state['head.conv.weight']
    torch.save(dict(state_dict=state), path)
    with pytest.raises(CheckpointMismatch, match=r'missing: head\.conv\.wei'):
        MotionPropagator(make_config(), path)
    with pytest.raises(FileNotFoundError):
        MotionPropagator(make_config(), tmp_path / 'none.pth')
    assert propagator.report is None


class Hostile:
    """Makes a file when it is unpickled by a careless reader."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), 'w')


def test_checkpoint__that_would_execute_is_refused(tmp_path):
    trace, path = tmp_path / 'trace', tmp_path / 'hostile.pth'
    torch.save(dict(state_dict={}, extra=Hostile(trace)), path)
    with pytest.raises(CheckpointError):
        MotionPropagator(make_config(), path, 'cpu')
    assert not trace.exists()


def test_config__path_scheme_and_mistake(tmp_path):
    path = tmp_path / 'config.py'
    make_config().dump(str(path))
    made = MotionPropagator(path, None, 'cpu')
    assert made.max_motion == 10
    with pytest.raises(LaunchError, match='no config'):
        MotionPropagator('none.py', None)
    with pytest.raises(LaunchError, match=r'no config .*close names'):
        MotionPropagator('mmssl::cmp/cmp_r18_cpu-dem.py', None)


def test_construction__leaves_no_scope_behind():
    MotionPropagator(make_config(), None, 'cpu')
    assert DefaultScope.get_current_instance() is None


def test_propagator__pickles_and_serves_threads(propagator):
    image, arrows = picture(), [(5, 5, 3, 0)]
    expected = propagator.predict(image, arrows)
    again = pickle.loads(pickle.dumps(propagator))  # of our own making
    np.testing.assert_array_equal(again.predict(image, arrows), expected)
    assert again.config.pretty_text == propagator.config.pretty_text
    images = [picture(seed=seed) for seed in range(6)]
    alone = [propagator.predict(one, arrows) for one in images]
    with ThreadPoolExecutor(3) as pool:
        found = list(
            pool.map(lambda one: propagator.predict(one, arrows), images)
        )
    np.testing.assert_array_equal(alone, found)


def test_choose_device__names():
    here = 'cuda' if torch.cuda.is_available() else 'cpu'
    assert choose_device('auto') == here
    assert choose_device('cpu') == 'cpu'
    with pytest.raises(ValueError, match="'auto', 'cpu', 'cuda'"):
        choose_device('gpu')
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match='torch sees no GPU'):
            choose_device('cuda:1')


@pytest.mark.slow
def test_apis__import_is_light():
    code = (
        'import sys, mmssl.apis; '
        'print([m for m in ("mmpretrain", "torchvision") '
        'if m in sys.modules]); from mmssl.apis import MotionPropagator; '
        'import mmssl.apis.motion_propagator; '
        'from mmssl.apis import MotionPropagator; '
        'print(callable(MotionPropagator))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert done.stdout.split() == ['[]', 'True'], done.stderr


def test_apis__unknown_name():
    import mmssl.apis

    with pytest.raises(AttributeError, match="has no 'Motion'"):
        mmssl.apis.Motion  # noqa: B018
    assert 'MotionPropagator' in dir(mmssl.apis)
