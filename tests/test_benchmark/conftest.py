"""Jobs of a program that does what a downstream job does, in no time."""

import hashlib
import json
import sys

import pytest

from mmssl.downstream.job_spec import BackboneSpec, JobSpec

# Arguments of the fake are in cfg_options: sleep (s), fail, die, mute, child.
PROGRAM = """
import hashlib, json, os, pathlib, signal, subprocess, sys, time
job = json.loads(pathlib.Path(sys.argv[-1]).read_text())
folder = pathlib.Path(job['work_dir'])
options = job['cfg_options']
print('starts', os.environ.get('OMP_NUM_THREADS'),
      os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True)
(folder / 'begun').write_text(str(os.getpid()))
if options.get('child'):
    child = subprocess.Popen([sys.executable, '-c',
                              'import time; time.sleep(600)'])
    (folder / 'child').write_text(str(child.pid))
if options.get('deaf'):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(folder / 'ready').write_text('')
time.sleep(options.get('sleep', 0))
with open(folder.parents[3] / 'calls.txt', 'a') as calls:
    calls.write(f"{job['task']} {job['backbone']['name']} {job['seed']}\\n")
if options.get('die'):
    os.kill(os.getpid(), signal.SIGKILL)
if options.get('fail') == job['backbone']['name']:
    (folder / 'error.json').write_text(json.dumps(
        dict(kind='misfit', message='it cannot fit')))
    sys.exit(1)
if options.get('mute'):
    print('error: nothing to say', flush=True)
    sys.exit(3)
decides = [job[k] for k in ('task', 'config', 'seed', 'cfg_options')]
result = dict(
    task=job['task'], backbone=job['backbone']['name'], seed=job['seed'],
    metric='mIoU', value=10.0 * len(job['backbone']['name']) + job['seed'],
    metrics=dict(mIoU=1.0), load=dict(matched=3, total=3, text='3 of 3'),
    seconds=dict(start=0.1, train=0.2, test=0.1), versions={},
    identity=hashlib.sha256(json.dumps(decides).encode()).hexdigest(),
    notes=[])
place = folder / '.result'
place.write_text(json.dumps(result))
place.rename(folder / 'result.json')
"""


@pytest.fixture
def identify():
    """Hash what the fake hashes."""

    def hashed(spec):
        job = spec.to_dict()
        keys = ('task', 'config', 'seed', 'cfg_options')
        text = json.dumps([job[key] for key in keys])
        return hashlib.sha256(text.encode()).hexdigest()

    return hashed


@pytest.fixture
def program(tmp_path):
    """Return the words that run the fake."""
    file = tmp_path / 'fake_job.py'
    file.write_text(PROGRAM)
    return (sys.executable, '-S', str(file))


@pytest.fixture
def make_spec(tmp_path):
    """Return a maker of specs in the folder of a benchmark."""

    def make(task='parsing', backbone='mine', seed=0, file='a.pth', **options):
        folder = tmp_path / 'out' / 'jobs' / task / backbone / f'seed_{seed}'
        return JobSpec(
            task=task,
            config=f'{task}.py',
            backbone=BackboneSpec(backbone, file, dict(type='ResNet')),
            seed=seed,
            work_dir=str(folder),
            cfg_options=options,
        )

    return make
