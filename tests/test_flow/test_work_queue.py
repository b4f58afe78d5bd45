import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.flow.work_queue import Work, WorkQueue


def drain(queue, workers, seed=0):
    """Ask in random order until nobody gets anything; return all work."""
    rng, got, idle = random.Random(seed), [], set()
    while len(idle) < workers:
        worker = rng.randrange(workers)
        work = queue.next(worker)
        if work is None:
            idle.add(worker)
        else:
            got.append((worker, work))
    return got


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 50), max_size=6),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_queue__every_pair_is_handed_out_once(pairs, workers, unit, seed):
    queue = WorkQueue(pairs, [1.0] * len(pairs), unit)
    got = drain(queue, workers, seed)
    seen = Counter(
        (work.video, i) for _, work in got for i in range(work.begin, work.end)
    )
    every = {(video, i) for video, n in enumerate(pairs) for i in range(n)}
    assert set(seen) == every
    assert max(seen.values(), default=1) == 1
    assert all(0 < work.end - work.begin <= unit for _, work in got)


def test_queue__a_worker_goes_through_one_video_in_order():
    queue = WorkQueue([20, 20, 20], [1.0] * 3, unit=8)
    assert queue.next('a') == Work(0, 0, 8)
    assert queue.next('b') == Work(1, 0, 8)
    assert queue.next('a') == Work(0, 8, 16)
    assert queue.next('a') == Work(0, 16, 20)
    assert queue.next('a') == Work(2, 0, 8)


def test_queue__the_first_work_of_a_video_begins_at_its_first_pair():
    """So that whoever hands it out can clear the folder before."""
    got = drain(WorkQueue([30, 40, 50], [1.0] * 3, unit=4), 3)
    first = {}
    for _, work in got:
        first.setdefault(work.video, work.begin)
    assert first == {0: 0, 1: 0, 2: 0}


def test_queue__an_idle_worker_takes_half_of_the_most_expensive_run():
    queue = WorkQueue([100, 40], [1.0, 10.0], unit=10)
    queue.next('a')
    queue.next('b')  # left: video 0 10..100, video 1 10..40 at ten times
    assert queue.next('c') == Work(1, 25, 35)
    assert queue.next('b') == Work(1, 10, 20)
    assert queue.next('d') == Work(0, 55, 65)


def test_queue__what_is_left_of_a_small_run_is_not_split():
    queue = WorkQueue([12], [1.0], unit=8)
    queue.next('a')
    assert queue.next('b') is None
    assert queue.next('a') == Work(0, 8, 12)
    assert queue.next('a') is None


def test_queue__dropped_videos_are_not_handed_out():
    queue = WorkQueue([20, 20, 20], [1.0] * 3, unit=8)
    queue.next('a')
    queue.drop(0)
    queue.drop(2)
    assert [work.video for _, work in drain(queue, 2)] == [1, 1, 1]


@pytest.mark.parametrize('workers', [2, 3, 8])
def test_queue__one_video_is_shared_evenly(workers):
    """Workers of one speed all end within a few units of each other."""
    queue = WorkQueue([960], [1.0], unit=8)
    done = Counter()
    active = True
    while active:
        active = False
        for worker in range(workers):
            work = queue.next(worker)
            if work is not None:
                done[worker] += work.end - work.begin
                active = True
    assert sum(done.values()) == 960
    assert max(done.values()) <= 960 / workers + 16
