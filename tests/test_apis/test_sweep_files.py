"""Whether a sweep's files are still those of its first call."""

import json

import pytest

from mmssl.apis import sweep_run
from mmssl.apis.sweep import read_plan, run_sweep
from mmssl.apis.sweep_files import fingerprints
from mmssl.apis.sweep_key import SweepError
from mmssl.apis.sweep_plan import make_plan


@pytest.fixture
def files(tmp_path, monkeypatch):
    def play(words, log):
        (log.parent / 'a.json').write_text(json.dumps(dict(mIoU=1.0)))
        return 0

    monkeypatch.setattr(sweep_run, 'run_command_logged', play)
    config, checkpoint = tmp_path / 'a.py', tmp_path / 'a.pth'
    config.write_text('a = 1\n')
    checkpoint.write_bytes(bytes(100))
    return config, checkpoint


def plan_of(config, checkpoint, *values):
    step = 'test {config} {checkpoint} --cfg-options {key}={value}'
    return make_plan(
        'a', values, [step], config=str(config), checkpoint=str(checkpoint)
    )


@pytest.mark.parametrize('name', ['config', 'checkpoint'])
def test_sweep__of_a_changed_file_is_refused(tmp_path, files, name):
    out = tmp_path / 'out'
    run_sweep(plan_of(*files, '1'), out)
    files[0].write_text('# only a comment\na = 1\n')
    run_sweep(plan_of(*files, '1', '2'), out)
    assert read_plan(out).values == ('1', '2')
    if name == 'config':
        files[0].write_text('a = 2\n')
    else:
        files[1].write_bytes(bytes(99) + b'1')
    with pytest.raises(SweepError, match=f'the {name} has changed'):
        run_sweep(plan_of(*files, '1', '2', '3'), out)
    assert read_plan(out).values == ('1', '2')


def test_fingerprints__of_files_that_are_named_and_there(tmp_path, files):
    assert set(fingerprints(plan_of(*files, '1'))) == {'config', 'checkpoint'}
    assert fingerprints(plan_of('no.py', tmp_path / 'no.pth', '1')) == {}
    own = make_plan('a', ['1'], ['check {value}'], config=str(files[0]))
    assert fingerprints(own) == {}
