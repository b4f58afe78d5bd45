"""List datasets: content, order, errors, use in the host's loader."""

import operator
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmssl.datasets import Draw, DrawSampler, FlowPairDataset
from mmssl.datasets.samplers import draws
from mmssl.io.flow_files import read_flow
from mmssl.io.images import read_rgb
from mmssl.registry import DATASETS
from mmssl.testing.toys import make_toy_flow_list

PIPELINE = [
    dict(type='LoadImageRGB'),
    dict(type='LoadFlow'),
    dict(type='ResizeCropImageFlow', short_size=40, size=32),
    dict(type='FlipImageFlow', prob=0.5),
    dict(type='PackFlowInputs'),
]


def write(path, *lines):
    path.write_text('\n'.join(lines) + '\n')
    return str(path)


@pytest.fixture(scope='module')
def toys(tmp_path_factory):
    folder = tmp_path_factory.mktemp('toys')
    make_toy_flow_list(folder, n=5, size=(48, 64))
    return folder


def test_dataset__keys_of_a_sample(tmp_path):
    jpg = write(tmp_path / 'a.txt', '0.png 1.png x.jpg y.jpg', '', 'a b c d')
    data = FlowPairDataset(jpg)
    assert len(data) == 2
    assert data.get_data_info(1) == dict(
        img_path='a',
        target_img_path='b',
        flow_path=['c', 'd'],
        source=f'{jpg}, line 3',
        sample_idx=1,
    )
    flo = write(tmp_path / 'b.txt', '0.png 1.png f.flo')
    data = FlowPairDataset([flo], flow_file_type='flo', metainfo=dict(a=1))
    assert data.get_data_info(-1)['flow_path'] == ['f.flo']
    assert data.metainfo == dict(
        dataset_type='flow_pairs', task_name='flow', a=1
    )


def test_dataset__lists_in_order_below_data_root(tmp_path):
    write(tmp_path / 'a.txt', 'a b c d')
    write(tmp_path / 'b.txt', '/abs/e f g h', 'i j k l')
    data = FlowPairDataset(['b.txt', 'a.txt'], data_root=str(tmp_path))
    paths = [data.get_data_info(i)['img_path'] for i in range(3)]
    assert paths == ['/abs/e', str(tmp_path / 'i'), str(tmp_path / 'a')]


@pytest.mark.parametrize(
    ('indices', 'left'),
    [(2, [0, 1]), (-2, [3, 4]), ([4, 0, -2], [4, 0, 3]), (99, range(5))],
)
def test_dataset__subsets(tmp_path, indices, left):
    path = write(tmp_path / 'a.txt', *(f'{i} b c d' for i in range(5)))

    def names(data):
        return [
            int(data.get_data_info(i)['img_path']) for i in range(len(data))
        ]

    whole = FlowPairDataset(path, lazy_init=True)
    assert names(FlowPairDataset(path, indices=indices)) == list(left)
    subset = whole.get_subset(indices)
    assert names(subset) == list(left)
    subset.get_subset_(1)
    assert names(subset) == [left[0]]
    assert names(whole) == list(range(5))


def test_dataset__samples_are_the_files(toys):
    data = FlowPairDataset(
        'train.txt', data_root=str(toys), pipeline=PIPELINE[:2]
    )
    for sample in (data[i] for i in range(5)):
        np.testing.assert_array_equal(
            sample['img'], read_rgb(sample['img_path'])
        )
        np.testing.assert_array_equal(
            sample['flow'], read_flow(sample['flow_path'])
        )


# ---- errors ----------------------------------------------------------------


def test_error__number_of_fields_names_file_line_and_layout(tmp_path):
    path = write(tmp_path / 'bad.txt', 'a b c d', 'a b c')
    match = (
        r"bad\.txt: line 2: expected 4 .*flow_file_type='jpg': img0 img1 "
        r"flow_x\.jpg flow_y\.jpg.* got 3: 'a b c'"
    )
    with pytest.raises(ValueError, match=match):
        FlowPairDataset(path)


def test_error__flow_file_type_missing_list_and_ann_file(tmp_path):
    with pytest.raises(ValueError, match=r"\['flo', 'jpg'\], got 'png'"):
        FlowPairDataset('a.txt', flow_file_type='png')
    with pytest.raises(FileNotFoundError, match=r'nope\.txt: no such list'):
        FlowPairDataset('nope.txt', data_root=str(tmp_path))
    for bad in ('', [3], dict(a=1)):
        with pytest.raises(ValueError, match='ann_file must be a path'):
            FlowPairDataset(bad)


def test_error__no_samples(tmp_path):
    path = write(tmp_path / 'empty.txt', '')
    with pytest.raises(ValueError, match=r'no samples: .*empty\.txt hold 0'):
        FlowPairDataset(path)
    path = write(tmp_path / 'one.txt', 'a b c d')
    with pytest.raises(ValueError, match='hold 1 entries, indices=0'):
        FlowPairDataset(path, indices=0)


def test_error__missing_image_names_the_list_line(tmp_path):
    path = write(tmp_path / 'l.txt', '', 'gone.png b c d')
    data = FlowPairDataset(path, pipeline=PIPELINE, test_mode=True)
    match = r'gone\.png: no such file \(from .*l\.txt, line 2\)'
    with pytest.raises(FileNotFoundError, match=match):
        data[0]


# ---- in the host's loader ---------------------------------------------------


def flat(batch):
    """Everything of a batch, comparable."""
    samples = batch['data_samples']
    return [
        (sample.sample_idx, sample.flip, img.numpy().tobytes())
        + (sample.gt_flow.numpy().tobytes(),)
        for sample, img in zip(samples, batch['inputs']['img'])
    ]


def batches(root, count, size=4, workers=0, rank=0, world=1):
    """Batches of one rank, built as a runner builds them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, 'get_dist_info', lambda: (rank, world))
        loader = Runner.build_dataloader(
            dict(
                dataset=dict(
                    type='mmssl.FlowPairDataset',
                    ann_file='train.txt',
                    data_root=str(root),
                    pipeline=PIPELINE,
                ),
                sampler=dict(type='mmssl.DrawSampler'),
                batch_size=size,
                num_workers=workers,
            ),
            seed=3,
        )
    stream = iter(loader)
    return [flat(next(stream)) for _ in range(count)]


def test_loader__ranks_split_the_same_samples(toys):
    whole = batches(toys, 4)
    parts = [batches(toys, 4, size=2, rank=r, world=2) for r in range(2)]
    for step in range(4):
        assert sorted(whole[step]) == sorted(parts[0][step] + parts[1][step])
    assert whole[0] != whole[1]


def test_loader__workers_change_nothing(toys):
    assert batches(toys, 4) == batches(toys, 4, workers=2)


def test_loader__draws_pass_the_wrappers_of_the_host(toys):
    data = FlowPairDataset(
        'train.txt', data_root=str(toys), pipeline=[numbers]
    )
    both = ConcatDataset([data, data])
    assert both[Draw(7, 30)] == data[Draw(2, 30)] != data[2]
    assert RepeatDataset(data, 3)[Draw(12, 30)] == data[Draw(2, 30)]


class Recorder(BaseModel):
    """A model that notes what it is fed."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def forward(self, inputs, data_samples, mode='loss'):
        self.seen.append([sample.sample_idx for sample in data_samples])
        return dict(loss=self.weight * len(inputs['img']))


@pytest.mark.parametrize('by_epoch', [True, False])
def test_runner__iterations_and_epochs(toys, tmp_path, by_epoch):
    data = FlowPairDataset('train.txt', data_root=str(toys), pipeline=PIPELINE)
    model = Recorder()
    runner = Runner(
        model,
        str(tmp_path),
        train_dataloader=dict(
            dataset=data,
            batch_size=2,
            sampler=dict(
                type='mmssl.DrawSampler', infinite=not by_epoch, seed=4
            ),
            num_workers=0,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=2)
        if by_epoch
        else dict(by_epoch=False, max_iters=5),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(checkpoint=None, logger=None),
        experiment_name=f'pairs_{by_epoch}',
    )
    runner.train()
    first, second = (
        np.random.default_rng([4, epoch]).permutation(5).tolist()
        for epoch in range(2)
    )
    if by_epoch:
        steps = [first[:2], first[2:4], first[4:]]
        steps += [second[:2], second[2:4], second[4:]]
    else:  # across the border of the epochs
        whole = first + second
        steps = [whole[i : i + 2] for i in range(0, 10, 2)]
    assert model.seen == steps


def numbers(results):
    """Index and a random number of a sample."""
    return results['sample_idx'], results['rng'].random()


def test_dataset__built_from_the_registry(toys):
    data = DATASETS.build(
        dict(
            type='FlowPairDataset',
            ann_file='train.txt',
            data_root=str(toys),
            pipeline=PIPELINE,
        )
    )
    packed = data[0]
    assert packed['inputs']['img'].shape == (3, 32, 32)
    assert packed['data_samples'].gt_flow.dtype == torch.float32
    assert packed['data_samples'].source.endswith('train.txt, line 1')


# ---- size ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_dataset__half_a_million_lines(tmp_path, method):
    """The index stays small in any worker, and every entry is right."""
    count = 500_000
    path = tmp_path / 'long.txt'
    path.write_text(''.join(f'{i} b x y\n' for i in range(count)))
    data = FlowPairDataset(
        str(path), pipeline=[operator.itemgetter('img_path')]
    )
    assert len(data) == count
    assert len(pickle.dumps(data)) < count  # 16 bytes per 64 lines and crumbs
    loader = DataLoader(
        data,
        batch_size=32,
        sampler=DrawSampler(data, seed=0),
        num_workers=2,
        multiprocessing_context=method,
    )
    stream = iter(loader)
    read = [int(name) for _ in range(20) for name in next(stream)]
    expected = np.random.default_rng([0, 0]).permutation(count)[: len(read)]
    assert read == expected.tolist()
