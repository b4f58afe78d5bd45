import numpy as np
import pytest
from mmengine.registry import init_default_scope

from mmssl.engine.run_config import load_config
from mmssl.pretraining import cmp_data
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.data_folder import PretrainError, inspect_folder
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Request
from mmssl.registry import DATASETS
from mmssl.testing.toys import make_toy_flow_list
from mmssl.testing.videos import moving_frames, write_video

CPU = 'mmssl::cmp/cmp_r18_cpu-demo.py'
GPU = 'mmssl::cmp/cmp_r50_1xb32-20k_online.py'


@pytest.fixture
def videos(tmp_path):
    for i in range(3):
        rng = np.random.default_rng(i)
        write_video(
            tmp_path / 'in' / f'{i}.avi', moving_frames(5, 96, 128, rng)
        )
    return tmp_path / 'in'


def request_of(folder, **options):
    return Request(backbone='resnet18', work_dir=folder / 'work', **options)


def config_of(base, data, request):
    statements, changes = cmp_data.data_statements(
        data, request, load_config(base)
    )
    return parse(render(base, statements, changes))


@pytest.mark.parametrize(
    ('flow', 'cpus', 'online'),
    [
        ('auto', 8, True),
        ('auto', 7, False),
        ('online', 1, True),
        ('extract', 64, False),
    ],
)
def test_flow_comes_online__by_cores_and_request(tmp_path, flow, cpus, online):
    request = request_of(tmp_path, flow=flow)
    assert cmp_data.flow_comes_online(request, Machine(cpus)) == online


def test_flow_comes_online__unknown(tmp_path):
    request = request_of(tmp_path, flow='raft')
    with pytest.raises(PretrainError, match='auto, extract, online, got'):
        cmp_data.flow_comes_online(request, Machine(1))


def test_prepare__extracts_once(videos, tmp_path):
    data, request = inspect_folder(videos), request_of(tmp_path)
    base = load_config(CPU)
    args = data, request, Machine(2), base
    told = cmp_data.prepare(*args, False)
    assert (told.kind, told.flow_type, told.num_val) == ('pairs', 'flo', 1)
    assert not told.root.exists()
    ready = cmp_data.prepare(*args, True)
    assert (ready.root, ready.num_train, ready.num_val) == (told.root, 8, 4)
    stamps = {p: p.stat().st_mtime_ns for p in ready.root.rglob('*.flo')}
    assert len(stamps) == 12
    assert cmp_data.prepare(*args, True).num_train == 8
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    # the config reads what was written
    config = config_of(CPU, ready, request)
    init_default_scope('mmssl')
    for name, number in (('train', 8), ('val', 4), ('test', 4)):
        dataset = DATASETS.build(config[f'{name}_dataloader'].dataset)
        assert len(dataset) == number
        dataset[0]


def test_prepare__videos_that_do_not_move(tmp_path):
    still = [np.full((64, 64, 3), 99, np.uint8)] * 4
    write_video(tmp_path / 'in' / 'a.avi', still)
    data, request = inspect_folder(tmp_path / 'in'), request_of(tmp_path)
    with pytest.raises(PretrainError, match=r'no flow of .*not one pair'):
        cmp_data.prepare(data, request, Machine(2), load_config(CPU), True)


@pytest.mark.parametrize('base', [CPU, GPU])
def test_data_statements__videos_online(videos, tmp_path, base):
    data = inspect_folder(videos)
    request = request_of(tmp_path, flow='online')
    ready = cmp_data.prepare(data, request, Machine(2), load_config(CPU), True)
    assert ready == data
    config = config_of(base, ready, request)
    train = config.train_dataloader.dataset
    val = config.val_dataloader.dataset
    assert sorted([*train.videos, *val.videos]) == list(data.items)
    assert len(val.videos) == 1
    assert config.test_dataloader.dataset.videos == val.videos
    init_default_scope('mmssl')
    size = cmp_data.step_of(config.train_dataloader).size
    for loader in (config.train_dataloader, config.val_dataloader):
        for step in loader.dataset.pipeline:
            assert step.type not in ('LoadImageRGB', 'LoadFlow')
        dataset = DATASETS.build(loader.dataset)
        assert dataset[0]['inputs']['img'].shape[0] == 3
    dataset = DATASETS.build(train)
    assert dataset[0]['inputs']['img'].shape == (3, size, size)


def test_data_statements__nothing_to_hold_out(tmp_path):
    make_toy_flow_list(tmp_path, n=2, flow_format='flo')
    data, request = inspect_folder(tmp_path), request_of(tmp_path)
    config = config_of(CPU, data, request)
    for name in ('val_dataloader', 'val_evaluator', 'val_cfg'):
        assert config[name] is None
    assert config.train_dataloader.dataset.data_root == str(tmp_path)


def test_data_choice__in_words(videos, tmp_path):
    data, request = inspect_folder(videos), request_of(tmp_path)
    machine = Machine(2)
    told = cmp_data.prepare(data, request, machine, load_config(CPU), False)
    choice = cmp_data.data_choice(told, request, machine)
    assert '2 cores are too few' in choice.why
    choice = cmp_data.data_choice(data, request, Machine(9))
    assert (choice.value, choice.why[:7]) == ('3 videos', '9 cores')
