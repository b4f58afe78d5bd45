"""Equal hashes for equal results."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from mmssl.downstream.identity import backbone_identity, job_identity
from mmssl.downstream.job_spec import BackboneSpec


def test_identity__names_and_folders_count_for_nothing(job, tmp_path):
    one = job_identity(job())
    other = job(
        task='b', metric='c', work_dir=str(tmp_path / 'd'), device='auto'
    )
    assert job_identity(other) == one
    assert len(one) == 64


@pytest.mark.parametrize(
    'changes',
    [
        dict(seed=1),
        dict(cfg_options={'optim_wrapper.optimizer.lr': 0.02}),
        dict(cfg_options={'benchmark.slots.last': 'model.x'}),
        dict(config=dict(type='ResNet', depth=18)),
    ],
)
def test_identity__what_counts(job, changes):
    config = changes.pop('config', None)
    assert job_identity(job(config=config, **changes)) != job_identity(job())


def test_identity__the_text_of_the_config(job, task):
    before = job_identity(job())
    task.write_text(task.read_text().replace('max_epochs=2', 'max_epochs=3'))
    assert job_identity(job()) != before


def test_identity__another_world_and_another_list(job, task, tmp_path):
    found = [job_identity(job())]
    (tmp_path / 'world.json').write_text('{"seed": 0}')
    found.append(job_identity(job()))
    (tmp_path / 'world.json').write_text('{"seed": 1}')
    found.append(job_identity(job()))
    options = {'train_dataloader.dataset.ann_file': 'list.txt'}
    found.append(job_identity(job(cfg_options=options)))
    (tmp_path / 'train' / 'list.txt').write_text('a/0.png 0\n')
    found.append(job_identity(job(cfg_options=options)))
    assert len(set(found)) == len(found)


def test_identity__the_world_of_a_probe(job, tmp_path):
    """Its loaders have other names than those of a training."""
    task = tmp_path / 'probe_task.py'
    root = tmp_path / 'lip'
    root.mkdir()
    task.write_text(
        "probe = dict(type='A', "
        f"loader=dict(dataset=dict(data_root='{root}')))"
    )
    (tmp_path / 'world.json').write_text('{"seed": 0}')
    spec = replace(job(), config=str(task))
    before = job_identity(spec)
    (tmp_path / 'world.json').write_text('{"seed": 1}')
    assert job_identity(spec) != before


def write(path, value, **meta):
    state = dict(a=torch.tensor([value, 1.0]), b=torch.tensor(3))
    torch.save(dict(state_dict=state, meta=meta), path)
    return BackboneSpec('x', str(path))


def test_backbone__its_tensors_count_not_its_file(tmp_path):
    one = backbone_identity(write(tmp_path / 'a.pth', 1.0, mmssl_version='1'))
    same = backbone_identity(write(tmp_path / 'b.pth', 1.0, mmssl_version='2'))
    other = backbone_identity(write(tmp_path / 'c.pth', 1.5))
    strides = backbone_identity(write(tmp_path / 'd.pth', 1.0, strides=[4, 2]))
    assert one == same
    assert len({one, other, strides}) == 3


def test_backbone__tuples_are_lists_in_a_file(job):
    spec = BackboneSpec('a', None, dict(type='Swin', depths=(1, 2)))
    again = BackboneSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert backbone_identity(again) == backbone_identity(spec)
