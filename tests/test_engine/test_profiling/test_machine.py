"""What a report says of machine and versions."""

import datetime

import torch

from mmssl.engine.profiling.machine import (
    available_cores,
    machine,
    now,
    versions,
)


def test_machine__as_torch_sees_it():
    found = machine()
    assert found['threads'] == torch.get_num_threads()
    assert found['cores'] == available_cores()
    assert (found['gpu'] is None) is not torch.cuda.is_available()
    assert found['processor']
    assert versions()['torch'] == torch.__version__


def test_now__is_now_in_utc():
    moment = datetime.datetime.fromisoformat(now())
    age = datetime.datetime.now(datetime.timezone.utc) - moment
    assert datetime.timedelta(0) <= age < datetime.timedelta(seconds=10)
