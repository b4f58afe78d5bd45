import io

import pytest

from mmssl.flow.handler import ProbeTask
from mmssl.flow.probing import Probe
from mmssl.flow.run import failure, probe_sources, run_tasks
from mmssl.flow.workers import InlinePool, Reply
from mmssl.io.video_sources import VideoSource

SOURCES = [VideoSource(f'/in/{i}.mp4', f'{i}.mp4', i) for i in range(4)]


class ScriptedPool:
    """Replies in the reverse order, several at a time."""

    def __init__(self, workers, kinds=()):
        self.workers = tuple(range(workers))
        self.kinds = dict(kinds)
        self.sent = []
        self.waiting = []

    def send(self, worker, task):
        self.sent.append((worker, task))
        kind = self.kinds.get(task, 'done')
        self.waiting.append(Reply(worker, kind, task))

    def wait(self):
        replies, self.waiting = self.waiting[::-1], []
        # Also one of a worker that has nothing to do.
        return [*replies, Reply(99, 'died', None)]


@pytest.mark.parametrize('workers', [1, 2, 5])
def test_run_tasks__every_task_is_sent_once_and_handled_once(workers):
    pool, todo, handled = ScriptedPool(workers), iter(range(11)), []
    run_tasks(
        pool,
        lambda worker: next(todo, None),
        lambda task, reply: handled.append((task, reply.value)),
    )
    assert sorted(task for _, task in pool.sent) == list(range(11))
    assert sorted(handled) == [(i, i) for i in range(11)]


def test_run_tasks__asks_again_a_worker_that_had_nothing():
    """Work may be left by another worker later on."""
    pool, asked = ScriptedPool(2), []

    def next_task(worker):
        asked.append(worker)
        if worker == 1 and len(asked) < 4:
            return None
        return 'x' if len(pool.sent) < 3 else None

    run_tasks(pool, next_task, lambda task, reply: None)
    assert {worker for worker, _ in pool.sent} == {0, 1}


def test_failure__says_how_to_name_it():
    task = ProbeTask(0, SOURCES[0])
    assert failure(task, Reply(0, 'done', 1)) is None
    died = failure(task, Reply(0, 'died', 'its process ended with -11'))
    assert (died.relative, died.reason) == ('0.mp4', 'crashed')
    failed = failure(task, Reply(0, 'failed', 'ValueError: x'))
    assert (failed.reason, failed.detail) == ('failed', 'ValueError: x')
    with pytest.raises(OSError, match=r'0\.mp4: No space left'):
        failure(task, Reply(0, 'failed', 'No space left', fatal=True))


def make_handler():
    def handle(task):
        if task.video == 1:
            return Probe(reason='rotated', detail='by 90')
        if task.video == 2:
            raise ValueError('odd')
        return Probe(frames=task.video)

    return handle


def test_probe_sources__tells_usable_from_others():
    stream = io.StringIO()
    with InlinePool(make_handler) as pool:
        probes, skipped = probe_sources(pool, SOURCES, stream)
    assert {video: probe.frames for video, probe in probes.items()} == {
        0: 0, 3: 3
    }  # fmt: skip
    assert [(s.relative, s.reason) for s in skipped] == [
        ('1.mp4', 'rotated'), ('2.mp4', 'failed')
    ]  # fmt: skip
    assert 'videos looked at 4/4' in stream.getvalue()
