from types import SimpleNamespace

import pytest
from mmengine.logging import MessageHub

from mmssl.engine.hooks import MaxAndLastHook


@pytest.fixture
def runner():
    return SimpleNamespace(message_hub=MessageHub.get_instance('max-and-last'))


def evaluate(runner, hook, value):
    """As mmengine does: RuntimeInfoHook stores, then hooks are called."""
    runner.message_hub.update_scalar('val/accuracy/top1', value)
    hook.after_val_epoch(runner, {'accuracy/top1': value})


def test_max_and_last__over_the_run(runner):
    hook = MaxAndLastHook(metrics=('accuracy/top1',))
    found = []
    for value in (10.0, 30.0, 20.0):
        evaluate(runner, hook, value)
        info = runner.message_hub.get_info
        found.append((info('accuracy/top1_max'), info('accuracy/top1_last')))
    assert found == [(10, 10), (30, 30), (30, 20)]


def test_max_and_last__goes_on_after_a_resume(runner):
    evaluate(runner, MaxAndLastHook('accuracy/top1'), 40.0)
    state = runner.message_hub.state_dict()
    resumed = MessageHub.get_instance('resumed')
    resumed.load_state_dict(state)
    later = SimpleNamespace(message_hub=resumed)
    evaluate(later, MaxAndLastHook('accuracy/top1'), 35.0)
    assert resumed.get_info('accuracy/top1_max') == 40
    assert resumed.get_info('accuracy/top1_last') == 35


def test_unknown_metric(runner):
    hook = MaxAndLastHook(metrics=('accuracy/top9',))
    with pytest.raises(ValueError, match="no metric 'accuracy/top9'"):
        evaluate(runner, hook, 1.0)
