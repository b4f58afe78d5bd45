"""Whole jobs: trained, judged, refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer

from mmssl.downstream import job as job_module
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import random_like
from mmssl.downstream.identity import job_identity
from mmssl.downstream.job import main, run_job
from mmssl.downstream.job_spec import JobResult

PROGRAM = (sys.executable, '-m', 'mmssl.downstream.job')
SMALL = dict(embed_dims=12, depths=[1, 1, 1], num_heads=[1, 1, 2])


@pytest.fixture
def small(export):
    """An exported Swin of three stages."""
    return export(SwinTransformer(SMALL, out_indices=(2,)))


def refused(spec):
    with pytest.raises(HandOffError) as caught:
        run_job(spec)
    assert not list(Path(spec.work_dir).glob('*.pth')), 'it was trained'
    return caught.value


@pytest.mark.slow
def test_pretrained__is_trained_judged_and_written(job, resnet18, tmp_path):
    path = job(resnet18).write()
    assert main([str(path)]) == 0
    result = JobResult.read(tmp_path / 'job' / 'result.json')
    assert (result.task, result.backbone, result.seed) == ('toy', 'net', 0)
    assert result.metric == 'accuracy/top1'
    assert result.value == result.metrics['accuracy/top1']
    assert result.value in (0, 25, 50, 75, 100)
    total = len(ResNet(18).state_dict())
    assert result.load['matched'] == result.load['total'] == total
    assert result.load['missing'] == result.load['unexpected'] == []
    assert set(result.seconds) == {'start', 'train', 'test'}
    assert all(value > 0 for value in result.seconds.values())
    assert result.versions['torch'] == torch.__version__.split('+')[0]
    assert result.identity == job_identity(job(resnet18))
    assert 'backbone: ResNet(depth=50) -> ResNet(depth=18)' in result.notes
    left = {p.suffix for p in (tmp_path / 'job').iterdir() if p.is_file()}
    assert '.pth' not in left


def trained(monkeypatch, spec):
    """Run a job; return its result and the model at the end."""
    kept = {}
    run = job_module.train_and_test

    def keep(*args):
        found = run(*args)
        files = sorted(Path(spec.work_dir).glob('*.pth'))
        kept.update(torch.load(files[-1], weights_only=False)['state_dict'])
        return found

    monkeypatch.setattr(job_module, 'train_and_test', keep)
    return run_job(spec), kept


@pytest.mark.slow
def test_seed__decides_everything_on_a_cpu(job, small, monkeypatch, tmp_path):
    """Weights at the end are equal to the bit, whoever asks."""
    ends = []
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        spec = job(small, seed, work_dir=str(tmp_path / name))
        with monkeypatch.context() as patch:
            ends.append(trained(patch, spec)[1])
    same = [torch.equal(ends[0][k], ends[1][k]) for k in ends[0]]
    assert all(same)
    key = 'backbone.stages.2.blocks.0.attn.w_msa.qkv.weight'
    assert not torch.equal(ends[0][key], ends[2][key])


@pytest.mark.slow
def test_random__nothing_is_loaded_and_nothing_frozen(
    job, resnet18, monkeypatch
):
    """No torchvision:// of the config; the seed draws, the stem learns."""

    def no_file(*args, **kwargs):
        raise RuntimeError('a file was read')

    spec = job(config=random_like(resnet18).config)
    monkeypatch.setattr(
        'mmengine.runner.checkpoint.CheckpointLoader.load_checkpoint', no_file
    )
    result, end = trained(monkeypatch, spec)
    assert result.load['matched'] == 0
    assert 'random weights: frozen_stages 1 -> -1' in result.notes
    assert any('torchvision://resnet50' in note for note in result.notes)
    torch.manual_seed(0)  # what the job's seed draws: not the end
    start = ResNet(18)
    start.init_weights()
    stem = end['backbone.conv1.weight']
    assert not torch.equal(stem, start.conv1.weight)
    assert 0.5 < stem.std() / start.conv1.weight.std() < 2


@pytest.mark.slow
def test_metric__that_is_not_there_loses_no_numbers(job, small):
    result = run_job(job(small, metric='mIoU'))
    assert (result.metric, result.value) == ('mIoU', None)
    assert 'accuracy/top1' in result.metrics
    assert any("no metric 'mIoU'" in note for note in result.notes)


@pytest.mark.slow
def test_stopped__goes_on_from_its_last_checkpoint(job, small, monkeypatch):
    spec = job(small)
    with monkeypatch.context() as patch:
        patch.setattr('mmssl.downstream.host_run.Runner.test', stop)
        with pytest.raises(KeyboardInterrupt):
            run_job(spec)
    result = run_job(spec)
    assert any(note.startswith('went on') for note in result.notes)
    assert 'accuracy/top1' in result.metrics
    other = run_job(job(small, seed=1))
    assert not any(note.startswith('went on') for note in other.notes)


def stop(runner):
    raise KeyboardInterrupt


# ---- refused, before any training -------------------------------------------


def test_refused__no_matching_key(job, tmp_path):
    file = tmp_path / 'other.pth'
    torch.save({'net.a': torch.ones(2), 'net.b': torch.ones(3)}, file)
    error = refused(job(file))
    assert error.kind == 'keys'
    assert '0 matched (0.0 %), 265 missing, 2 unexpected' in str(error)
    assert 'another architecture' in str(error)


def test_refused__head_only(job, tmp_path):
    file = tmp_path / 'head.pth'
    torch.save(dict(state_dict={'head.fc.weight': torch.ones(2, 2)}), file)
    error = refused(job(file))
    assert error.kind == 'checkpoint'
    assert 'holds no backbone, but head alone' in str(error)


def test_refused__another_architecture(job, resnet18):
    error = refused(job(resnet18, cfg_options={'benchmark': None}))
    assert error.kind == 'architecture'
    assert 'ResNet-18 does not fill' in str(error)
    assert 'another size (depth' in str(error)


def test_refused__random_weights_of_another_network(job):
    """Else a ResNet-50 would stand beside a ResNet-18."""
    spec = job(
        config=dict(type='ResNet', depth=18), cfg_options={'benchmark': None}
    )
    assert refused(spec).kind == 'architecture'


def test_refused__classes_that_differ(job, resnet18):
    changed = {'model.head.num_classes': 5}
    error = refused(job(resnet18, cfg_options=changed))
    assert error.kind == 'classes'
    assert '2 classes (a, b), and the model is for 5 (model.head)' in str(
        error
    )


def test_refused__data_that_is_not_there(job, resnet18, tmp_path):
    changed = {'train_dataloader.dataset.data_root': str(tmp_path / 'no')}
    error = refused(job(resnet18, cfg_options=changed))
    assert error.kind == 'data'
    assert 'mmssl puppets' in str(error)


def test_refused__a_host_that_is_not_there(
    job, resnet18, task, monkeypatch, capsys
):
    """The extra is named; the file says the same."""
    text = task.read_text().replace(
        "default_scope = 'mmpretrain'", "default_scope = 'mmseg'"
    )
    task.write_text(text)
    monkeypatch.setitem(sys.modules, 'mmseg', None)
    monkeypatch.setitem(sys.modules, 'mmseg.utils', None)
    spec = job(resnet18)
    assert main([str(spec.write())]) == 1
    told = json.loads(Path(spec.work_dir, 'error.json').read_text())
    assert told['kind'] == 'host'
    assert 'pip install "mmssl[seg]"' in told['message']
    assert 'error: ' in capsys.readouterr().err


def test_refused__a_gpu_that_is_not_there(job, resnet18):
    if torch.cuda.is_available():
        pytest.skip('there is one')
    error = refused(job(resnet18, device='cuda'))
    assert error.kind == 'device'


def test_main__usage_and_broken_files(tmp_path, capsys):
    assert main([]) == 2
    (tmp_path / 'job.json').write_text('{"task": 1}')
    assert main([str(tmp_path / 'job.json')]) == 1
    told = json.loads((tmp_path / 'error.json').read_text())
    assert told['kind'] == 'config'
    assert 'missing' in told['message']
    assert 'error: JobSpec' in capsys.readouterr().err


@pytest.mark.slow
def test_process__of_a_swin_writes_its_result(job, small, tmp_path):
    spec = job(small)
    done = subprocess.run(
        [*PROGRAM, str(spec.write())],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = JobResult.read(tmp_path / 'job' / 'result.json')
    assert result.load['matched'] == result.load['total']
    assert result.load['text'] in done.stdout
