from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining.batch_trial import OutOfMemory, Trial
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Request
from mmssl.pretraining.settings import (
    choose_batch,
    choose_iterations,
    choose_lr,
    choose_precision,
    choose_workers,
)

GPU_BASE = 'mmssl::cmp/cmp_r50_1xb32-20k_videos.py'


def test_choose_workers__by_machine():
    def number(machine, kind):
        return int(choose_workers(None, machine, kind).value)

    assert number(Machine(2), 'pairs') == 1
    assert number(Machine(12), 'videos') == 6
    assert number(Machine(12), 'images') == 3
    assert number(Machine(2), 'images') == 1
    assert number(Machine(64, 8), 'videos') == 7
    assert number(Machine(64, 1), 'pairs') == 16
    assert number(Machine(1, 1), 'pairs') == 1


def test_choose_precision__by_machine_and_request():
    def chosen(asked, machine):
        choice, changes = choose_precision(asked, machine)
        kind = changes.get('optim_wrapper', {}).get('type')
        return choice.value, kind

    gpu = Machine(8, 1, 'old', 2**33)
    assert chosen(None, Machine(8)) == ('fp32', 'OptimWrapper')
    assert chosen(None, gpu) == ('fp16', 'AmpOptimWrapper')
    new = Machine(8, 1, 'new', 2**33, bf16=True)
    assert chosen(None, new) == ('bf16', 'mmssl.Bf16OptimWrapper')
    assert chosen('fp32', new) == ('fp32', 'OptimWrapper')
    assert chosen('bf16', Machine(8)) == ('bf16', 'mmssl.Bf16OptimWrapper')


def test_choose_batch__why():
    def measure(batch):
        if batch > 20:
            raise OutOfMemory
        return Trial(batch, 0.25)

    machine = Machine(4)
    trial, choice = choose_batch(None, 16, machine, measure)
    assert (trial.batch, choice.why[:12]) == (16, "the recipe's")
    trial, choice = choose_batch(None, 64, machine, measure)
    assert (trial.batch, choice.why[:16]) == (16, 'the largest that')
    trial, choice = choose_batch(6, 64, machine, measure)
    assert (trial.batch, choice.why) == (6, 'as asked; a step takes 0.25 s')
    with pytest.raises(PretrainError, match='batch of 48 does not fit'):
        choose_batch(48, 16, machine, measure)


def test_choose_lr__by_the_rule():
    config = Config(
        dict(
            optim_wrapper=dict(optimizer=dict(lr=0.03)),
            auto_scale_lr=dict(base_batch_size=24),
        )
    )
    assert choose_lr(None, config, 8).value == '0.01'
    config.auto_scale_lr.rule = 'sqrt'
    assert choose_lr(None, config, 6).value == '0.015'
    assert choose_lr(0.7, config, 8).value == '0.7'


def test_choose_iterations__same_samples():
    data = DataFolder('pairs', Path('/x'), (), 1000, 0, 'flo')
    base = load_config(GPU_BASE)

    def number(**options):
        request = Request('resnet18', Path('/w'), **options)
        choice = choose_iterations(request, data, base, Trial(64, 3.6))
        return int(choice.value), choice.why

    assert number() == (
        10000,
        "the recipe's 640,000 samples; about 10.0 h of steps",
    )
    assert number(epochs=2.5)[0] == 40
    assert number(iterations=7)[0] == 7


def test_choose_iterations__same_passes_of_recipes_by_epochs():
    data = DataFolder('images', Path('/x'), (), num_train=1000)
    base = load_config('mmssl::scrl/scrl_r50_1xb128-100ep_images.py')

    def number(**options):
        request = Request(None, Path('/w'), **options)
        choice = choose_iterations(request, data, base, Trial(64, 3.6))
        return int(choice.value), choice.why

    assert number() == (
        1563,  # 100000 / 64, rounded up
        "the recipe's 100 times 1000 images; about 1.6 h of steps",
    )
    assert number(epochs=0.5) == (
        8,
        '0.5 times 1000 images; about 0 min of steps',
    )
