import json
import re

import numpy as np
import pytest
import torch

from mmssl.apis import pretrain
from mmssl.apis import pretraining as api
from mmssl.pretraining import planning
from mmssl.pretraining.batch_trial import Trial
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.testing.toy_people import make_toy_people
from mmssl.testing.toys import make_toy_flow_list, textured_image
from mmssl.testing.videos import (
    moving_frames,
    write_frame_folder,
    write_video,
)

SMALL = dict(type='ResNet', depth=18, base_channels=8)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(api, 'inspect_machine', lambda: Machine(2))


@pytest.fixture
def no_trial(monkeypatch):
    monkeypatch.setattr(
        planning,
        'trial_step',
        lambda config, make_batch, batch, device: Trial(batch, 0.1),
    )


@pytest.fixture
def pairs(tmp_path):
    folder = tmp_path / 'pairs'
    for name in ('train.txt', 'val.txt'):
        make_toy_flow_list(
            folder, n=4, size=(128, 128), flow_format='flo', name=name
        )
    return folder


def test_pretrain__dry_run_writes_a_config_and_says_why(pairs, tmp_path):
    told = []
    run = pretrain(
        SMALL,
        pairs,
        tmp_path / 'work',
        iterations=6,
        dry_run=True,
        report=told.append,
    )
    text = run.config_path.read_text()
    for choice in run.choices:
        assert str(choice) in told
        assert f'# {choice}' in text
    assert run.config.model.backbone.base_channels == 8
    assert run.config.train_cfg.max_iters == 6
    assert run.checkpoint is None
    lines = text.replace(str(tmp_path), '').split('\n')
    assert max(len(line) for line in lines if line[:1] != '#') < 80


def test_pretrain__the_same_call_uses_the_edited_config(
    pairs, tmp_path, no_trial
):
    def call(**options):
        return pretrain(
            SMALL,
            pairs,
            tmp_path / 'work',
            dry_run=True,
            report=lambda text: None,
            **{'iterations': 6, **options},
        )

    path = call().config_path
    edited = path.read_text().replace('seed=0', 'seed=77')
    path.write_text(edited)
    assert call().config.randomness.seed == 77
    # another call: another config, and the edited one is kept beside it
    assert call(iterations=8).config.train_cfg.max_iters == 8
    assert path.with_suffix('.py.old').read_text() == edited


def test_pretrain__another_call_after_training_began(
    pairs, tmp_path, monkeypatch, no_trial
):
    args = (SMALL, pairs, tmp_path / 'work')
    options = dict(dry_run=True, report=lambda text: None)
    pretrain(*args, iterations=6, **options)
    monkeypatch.setattr(api, 'latest_checkpoint', lambda folder: 'x.pth')
    pretrain(*args, iterations=6, **options)
    with pytest.raises(
        PretrainError, match=r'a run with iterations=6 \(now 7\): choose an'
    ):
        pretrain(*args, iterations=7, **options)


def test_pretrain__another_method_does_not_go_on_from_it(
    photos, tmp_path, monkeypatch, no_trial
):
    args = (SMALL, photos, tmp_path / 'work')
    options = dict(dry_run=True, report=lambda text: None, iterations=2)
    pretrain(*args, method='scrl', **options)
    monkeypatch.setattr(api, 'latest_checkpoint', lambda folder: 'x.pth')
    with pytest.raises(
        PretrainError, match=r'another run \(by scrl_pretrain.py, x.pth\)'
    ):
        pretrain(*args, method='byol', **options)


def test_pretrain__mistakes(pairs, tmp_path, no_trial):
    work = tmp_path / 'work'
    with pytest.raises(PretrainError, match="method 'x'; valid: byol, cmp"):
        pretrain('resnet18', pairs, work, method='x')
    with pytest.raises(PretrainError, match='iterations must be positive'):
        pretrain('resnet18', pairs, work, iterations=0)
    with pytest.raises(PretrainError, match='batch norm needs two'):
        pretrain('resnet18', pairs, work, batch_size=1)
    rng = np.random.default_rng(0)
    noise = [
        rng.integers(0, 255, (40 + i, 50, 3), dtype=np.uint8) for i in range(4)
    ]
    write_frame_folder(tmp_path / 'photos', noise)
    with pytest.raises(
        PretrainError, match=r'single images \(in \.\).*mmssl flow'
    ):
        pretrain('resnet18', tmp_path / 'photos', work)
    file = tmp_path / 'file'
    file.write_text('')
    with pytest.raises(PretrainError, match='cannot be written'):
        pretrain(SMALL, pairs, file, dry_run=True)
    assert not work.exists()


def test_pretrain__what_is_left_out_is_named(tmp_path, monkeypatch, no_trial):
    frames = moving_frames(5, 96, 128, np.random.default_rng(0), (3, 1))
    write_video(tmp_path / 'in' / 'good.avi', frames)
    (tmp_path / 'in' / 'broken.avi').write_bytes(b'no video')
    photos = [
        textured_image(50, 60, np.random.default_rng(i)) // (1 + i)
        for i in range(3)
    ]
    write_frame_folder(tmp_path / 'in' / 'photos', photos)
    monkeypatch.setattr(api.PretrainRun, 'train', lambda run, resume: run)
    told = []
    pretrain(
        SMALL,
        tmp_path / 'in',
        tmp_path / 'work',
        iterations=4,
        report=told.append,
    )
    left_out = [line for line in told if line.startswith('left out')]
    assert any('broken.avi' in line for line in left_out)
    assert any('frames of a video: photos' in line for line in left_out)
    assert not any('good.avi' in line for line in left_out)


@pytest.mark.slow
def test_pretrain__from_videos_to_a_backbone(tmp_path):
    """Train, go on by the same call, export, and ask for flow."""
    for i in range(3):
        frames = moving_frames(6, 128, 144, np.random.default_rng(i), (3, 1))
        write_video(tmp_path / 'in' / f'{i}.avi', frames)
    call = dict(
        backbone=SMALL,
        data=tmp_path / 'in',
        work_dir=tmp_path / 'work',
        iterations=3,
        batch_size=2,
    )
    run = pretrain(**call)
    assert run.checkpoint.name == 'iter_3.pth'
    assert np.isfinite(run.metrics['flow/EPE'])
    assert run.metrics['flow/EPE_zero'] == pytest.approx(np.sqrt(10), abs=0.3)
    text = run.config_path.read_text()
    run.config_path.write_text(text.replace('max_iters=3', 'max_iters=4'))
    again = pretrain(**call)
    assert again.checkpoint.name == 'iter_4.pth'
    out = tmp_path / 'backbone.pth'
    again.export(out)
    state = torch.load(out, weights_only=True)['state_dict']
    trained = torch.load(again.checkpoint, weights_only=False)['state_dict']
    torch.testing.assert_close(
        state['conv1.weight'], trained['backbone.conv1.weight']
    )
    flow = again.propagator('cpu').predict(frames[0], [(9, 9, 3, 1)])
    assert flow.shape == (128, 144, 2)
    line = next(x for x in text.split('\n') if x.startswith('# call: '))
    assert json.loads(line[8:])['iterations'] == 3


@pytest.fixture
def photos(tmp_path):
    """Twelve images in two folders, and one file that is none."""
    for i, name in enumerate(('cats', 'dogs')):
        rng = np.random.default_rng(i)
        images = [textured_image(130, 140, rng) for _ in range(6)]
        write_frame_folder(tmp_path / 'photos' / name, images)
    (tmp_path / 'photos' / 'readme.md').write_text('no image')
    return tmp_path / 'photos'


def test_pretrain__images_by_default_names(
    photos, tmp_path, monkeypatch, no_trial
):
    monkeypatch.chdir(tmp_path)
    told = []
    run = pretrain(
        None, photos, method='byol', dry_run=True, report=told.append
    )
    assert run.work_dir == tmp_path / 'work_dirs' / 'byol_photos'
    assert run.config.model.backbone.depth == 18
    assert run.config.model.region.type == 'GlobalRegions'
    assert told[0] == 'left out   1 .md, no image: readme.md'
    assert told[-1] == f'next       mmssl train {run.config_path} --resume'
    with pytest.raises(PretrainError, match='SCRL predicts no flow'):
        run.propagator()


@pytest.mark.slow
@pytest.mark.parametrize('method', ['scrl', 'byol'])
def test_pretrain__from_images_to_a_backbone(photos, tmp_path, method):
    """Train, go on by the same call, and export student and teacher."""
    call = dict(
        backbone=SMALL,
        data=photos,
        work_dir=tmp_path / 'work',
        method=method,
        iterations=3,
        batch_size=4,
        workers=0,
    )
    run = pretrain(**call)
    assert run.checkpoint.name == 'iter_3.pth'
    assert 0 < run.metrics['loss_pair'] < 8
    text = run.config_path.read_text()
    run.config_path.write_text(text.replace('max_iters=3', 'max_iters=5'))
    before = torch.load(run.checkpoint, weights_only=False)['state_dict']
    again = pretrain(**call)
    assert again.checkpoint.name == 'iter_5.pth'
    trained = torch.load(again.checkpoint, weights_only=False)['state_dict']
    for root, part in (('', 'student'), ('teacher.', 'teacher')):
        name = f'{root}backbone.layer1.0.conv1.weight'
        assert not torch.equal(before[name], trained[name])
        report = again.export(tmp_path / f'{part}.pth', part=part)
        assert report.share == 1.0
        state = torch.load(tmp_path / f'{part}.pth', weights_only=True)
        torch.testing.assert_close(
            state['state_dict']['layer1.0.conv1.weight'], trained[name]
        )


@pytest.mark.slow
def test_pretrain__solider_goes_on_from_a_run_of_dino(tmp_path):
    """Two steps each: student and teacher are those of the first run."""
    make_toy_people(tmp_path, n=4, size=(64, 32))
    backbone = dict(
        type='SemanticSwinTransformer',
        arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1]),
        strides=(4, 2, 2, 1),
    )
    options = dict(
        iterations=2, batch_size=2, workers=0, crop='64x32', report=str
    )
    people = tmp_path / 'images'
    dino = pretrain(backbone, people, tmp_path / 'd', method='dino', **options)
    run = pretrain(
        None,
        people,
        tmp_path / 's',
        method='solider',
        init=tmp_path / 'd',
        **options,
    )
    assert run.config.model.backbone.arch.embed_dims == 8
    assert run.config.load_from == str(dino.checkpoint)
    log = next((tmp_path / 's').glob('2*/*.log')).read_text()
    assert re.search(r'student: (\d+) of \1 tensors', log)
    assert re.search(r'teacher: (\d+) of \1 tensors', log)
    assert 'loss_semantic' in log
    # the same call again has nothing left to do
    again = pretrain(
        None,
        people,
        tmp_path / 's',
        method='solider',
        init=tmp_path / 'd',
        **options,
    )
    assert again.checkpoint == run.checkpoint


def test_pretrain__options_that_are_not_given_leave_no_trace(
    photos, tmp_path, no_trial
):
    """So runs of earlier versions are known again."""
    options = dict(dry_run=True, report=str, iterations=2)
    run = pretrain(SMALL, photos, tmp_path / 'w', method='scrl', **options)
    call = run.config_path.read_text().split('# call: ')[1].split('\n')[0]
    assert not {'crop', 'init'} & set(json.loads(call))
    with pytest.raises(PretrainError, match='crop is an option of dino'):
        pretrain(
            SMALL, photos, tmp_path / 'x', method='scrl', crop='9', **options
        )
