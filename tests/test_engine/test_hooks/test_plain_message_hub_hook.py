"""There and back again, by value; readable with weights only."""

from __future__ import annotations

import io
from collections import OrderedDict

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MessageHub

from mmssl.engine.hooks import PlainMessageHubHook


def hub() -> MessageHub:
    hub = MessageHub.get_instance('plain_message_hub')
    for value in (1.0, 2.5, 4.0):
        hub.update_scalar('train/loss', value)
    hub.update_scalar('train/lr', np.float64(0.1), resumed=True)
    hub.update_info('iter', 7)
    hub.update_info('lr', np.float32(0.5))
    return hub


def test_checkpoint__round_trip():
    hook = PlainMessageHubHook()
    checkpoint = dict(message_hub=hub().state_dict())
    hook.before_save_checkpoint(None, checkpoint)
    file = io.BytesIO()
    torch.save(checkpoint, file)
    file.seek(0)
    read = torch.load(file, weights_only=True)
    assert read['message_hub']['log_scalars']['train/loss'] == dict(
        log=read['message_hub']['log_scalars']['train/loss']['log'],
        count=read['message_hub']['log_scalars']['train/loss']['count'],
        max_length=1000000,
    )
    hook.after_load_checkpoint(None, read)
    copy = MessageHub.get_instance('copy')
    copy.load_state_dict(read['message_hub'])
    log, count = copy.get_scalar('train/loss').data
    assert log.tolist() == [1.0, 2.5, 4.0]
    assert count.tolist() == [1, 1, 1]
    assert copy.get_scalar('train/loss').mean(2) == 3.25
    assert copy.get_info('lr') == 0.5
    copy.update_scalar('train/loss', 6.0)
    assert copy.get_scalar('train/loss').current() == 6.0


def test_hub_in_use__keeps_its_buffers():
    used = hub()
    PlainMessageHubHook().before_save_checkpoint(
        None, dict(message_hub=used.state_dict())
    )
    assert isinstance(used.get_scalar('train/loss'), HistoryBuffer)


def test_load__what_is_no_run_or_is_older_is_left_alone():
    hook = PlainMessageHubHook()
    weights = dict(state_dict={})
    hook.after_load_checkpoint(None, weights)
    assert weights == dict(state_dict={})
    buffer = HistoryBuffer([1.0], [1])
    older = dict(message_hub=dict(log_scalars=OrderedDict(a=buffer)))
    hook.after_load_checkpoint(None, older)
    assert older['message_hub']['log_scalars']['a'] is buffer
