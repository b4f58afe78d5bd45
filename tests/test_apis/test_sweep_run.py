"""One run: what is kept, what is run again. Commands are played here."""

import json

import pytest

from mmssl.apis import sweep_run
from mmssl.apis.sweep_plan import make_plan
from mmssl.apis.sweep_run import SweepRun

STEPS = [
    'train a.py --cfg-options {key}={value}',
    'probe knn {checkpoint} --data d --seed {seed}',
]


@pytest.fixture
def played(monkeypatch):
    """Plays commands: what was started, and which are to fail."""

    class Played:
        started, failing = [], set()

        def run(self, words, log):
            self.started.append(list(words))
            if words[0] in self.failing:
                log.write_text('error: no luck\n')
                return 1
            if words[0] == 'train':
                folder = log.parent / 'train'
                folder.mkdir(exist_ok=True)
                (folder / 'e.pth').touch()
                (folder / 'last_checkpoint').write_text('e.pth')
            else:
                out = words[words.index('--out') + 1]
                with open(out, 'w') as file:
                    json.dump(dict(top1=61.5), file)
            return 0

    found = Played()
    found.started = []
    monkeypatch.setattr(sweep_run, 'run_command_logged', found.run)
    return found


def make_run(tmp_path, steps=STEPS):
    plan = make_plan('m.lr', ['0.1'], steps, seeds=[7])
    return SweepRun(plan, '0.1', 7, tmp_path)


def test_run__commands_in_order_with_what_the_former_wrote(tmp_path, played):
    run = make_run(tmp_path)
    assert run.row().status == 'open'
    row = run.execute()
    folder = tmp_path / 'runs/lr=0.1-seed=7'
    assert played.started == [
        ['train', 'a.py', '--work-dir', f'{folder}/train', '--resume']
        + ['--cfg-options', 'm.lr=0.1'],
        ['probe', 'knn', f'{folder}/train/e.pth']
        + ['--out', f'{folder}/probe.json', '--data', 'd', '--seed', '7'],
    ]
    assert row == run.row()
    assert (row.value, row.seed, row.status) == ('0.1', 7, 'done')
    assert row.metrics == {'probe/top1': 61.5}
    assert row.folder == str(folder)


def test_run__goes_on_with_what_failed(tmp_path, played):
    run = make_run(tmp_path)
    played.failing = {'probe'}
    row = run.execute()
    assert row.status == 'failed'
    assert 'probe: error: no luck' in row.error
    assert '2_probe.log' in row.error
    played.started.clear()
    played.failing = set()
    assert run.execute().status == 'done'
    assert [words[0] for words in played.started] == ['probe']


def test_run__commands_after_one_that_is_new_are_run(tmp_path, played):
    make_run(tmp_path).execute()
    played.started.clear()
    other = make_run(tmp_path, ['train b.py -a {value}', STEPS[1]])
    other.execute()
    assert [words[0] for words in played.started] == ['train', 'probe']


def test_run__stopped_is_open_and_goes_on(tmp_path, played, monkeypatch):
    run = make_run(tmp_path)

    def stop(words, log):
        if words[0] == 'probe':
            raise KeyboardInterrupt
        return played.run(words, log)

    monkeypatch.setattr(sweep_run, 'run_command_logged', stop)
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    assert run.row().status == 'open'
    played.started.clear()
    monkeypatch.setattr(sweep_run, 'run_command_logged', played.run)
    assert run.execute().status == 'done'
    assert [words[0] for words in played.started] == ['probe']


def test_run__no_checkpoint_to_judge(tmp_path, played):
    row = make_run(tmp_path, ['probe knn {checkpoint} {value} {seed}'])
    row = row.execute()
    assert row.status == 'failed'
    assert 'probe wants {checkpoint}' in row.error
    assert not played.started


def test_run__without_results_has_failed(tmp_path, played):
    row = make_run(tmp_path, ['train a.py {value} {seed}']).execute()
    assert row.status == 'failed'
    assert 'no result' in row.error


def test_run__damaged_state_is_none(tmp_path, played):
    run = make_run(tmp_path)
    run.execute()
    (run.folder / 'run.json').write_text('{"status": "do')
    assert run.row().status == 'open'
    played.started.clear()
    assert run.execute().status == 'done'
    assert len(played.started) == 2
