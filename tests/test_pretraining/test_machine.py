import os

import pytest
import torch

from mmssl.pretraining.machine import (
    Machine,
    cpu_quota,
    inspect_machine,
    usable_cpus,
)


def version_2(folder, text):
    (folder / 'cpu.max').write_text(text)
    return folder


def test_cpu_quota__of_both_versions(tmp_path):
    assert cpu_quota(tmp_path) is None
    assert cpu_quota(version_2(tmp_path, '250000 100000\n')) == 2.5
    assert cpu_quota(version_2(tmp_path, 'max 100000\n')) is None
    old = tmp_path / 'old'
    (old / 'cpu').mkdir(parents=True)
    (old / 'cpu' / 'cpu.cfs_period_us').write_text('50000\n')
    (old / 'cpu' / 'cpu.cfs_quota_us').write_text('200000\n')
    assert cpu_quota(old) == 4
    (old / 'cpu' / 'cpu.cfs_quota_us').write_text('-1\n')
    assert cpu_quota(old) is None
    assert cpu_quota(version_2(tmp_path, 'nonsense')) is None


def test_usable_cpus__the_smaller_of_affinity_and_quota(tmp_path, monkeypatch):
    monkeypatch.setattr(
        os, 'sched_getaffinity', lambda _: set(range(6)), raising=False
    )
    assert usable_cpus(tmp_path) == 6
    assert usable_cpus(version_2(tmp_path, '250000 100000')) == 2
    assert usable_cpus(version_2(tmp_path, '50000 100000')) == 1
    assert usable_cpus(version_2(tmp_path, '900000 100000')) == 6


@pytest.mark.skipif(torch.cuda.is_available(), reason='no GPU wanted')
def test_inspect_machine__without_a_gpu():
    machine = inspect_machine()
    assert machine == Machine(usable_cpus())
    assert str(machine).endswith('no GPU')


def test_machine__in_words():
    assert str(Machine(1)) == '1 CPU core, no GPU'
    text = str(Machine(8, 2, 'A100', 40 * 2**30, True))
    assert text == '8 CPU cores, 2 x A100 (40 GiB free)'
