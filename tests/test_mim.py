"""The ``mim`` command on mmssl installed by ``pip install .``: for real.

``make setup`` makes the environment with mim; here a new one on top of it
gets mmssl from a copy of the repository, so nothing is shared or downloaded.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from mmssl.testing.environments import copy_sources, make_environment, pip
from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[1]
MIM = Path(sys.prefix, 'mim')
CONFIG = 'cmp_r18_cpu-demo-gn.py'

pytestmark = pytest.mark.slow


class Mim:
    """The mim command of an environment, run in a folder."""

    def __init__(self, folder, python):
        self.folder, self.python = folder, python
        script = (MIM / 'bin' / 'mim').read_text().splitlines(True)
        self.script = python.parent / 'mim'
        self.script.write_text(f'#!{python}\n' + ''.join(script[1:]))
        self.script.chmod(0o755)

    def run(self, *arguments, **environment):
        env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
        env.update(CUDA_VISIBLE_DEVICES='', PYTHONWARNINGS='ignore')
        env.update(environment)
        return subprocess.run(
            [str(self.script), *map(str, arguments)],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def __call__(self, *arguments, **environment):
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def packages(self):
        (folder,) = self.python.parent.parent.glob('lib/python*/site-packages')
        return folder


@pytest.fixture(scope='module')
def mim(tmp_path_factory):
    """Mim in a folder with toy data, and mmssl by ``pip install .``."""
    if not (MIM / 'bin' / 'mim').is_file():
        message = f'{MIM} has no mim: run "make setup" first'
        if os.environ.get('CI'):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp('mim')
    (packages,) = MIM.glob('lib/python*/site-packages')
    below = [packages, sysconfig.get_paths()['purelib']]
    python = make_environment(folder / 'env', below)
    (folder / 'source').mkdir()
    copy_sources(ROOT, folder / 'source')
    pip(python, 'install', folder / 'source')
    shutil.rmtree(folder / 'source')
    for name in ('train.txt', 'val.txt'):
        make_toy_flow_list(
            folder / 'pairs',
            n=5,
            size=(128, 160),
            name=name,
            flow_format='flo',
        )
    return Mim(folder, python)


def options(batch_size=2, iterations=4):
    """Settings that train the demo's config in seconds."""
    settings = [
        f'train_cfg.max_iters={iterations}',
        f'train_cfg.val_interval={iterations}',
        f'param_scheduler.0.end={iterations // 2}',
        f'param_scheduler.1.begin={iterations // 2}',
        'default_hooks.logger.interval=1',
        f'default_hooks.checkpoint.interval={iterations}',
        'log_processor.window_size=1',
        f'train_dataloader.batch_size={batch_size}',
    ]
    for split in ('train', 'val', 'test'):
        loader = f'{split}_dataloader'
        settings += [
            f'{loader}.dataset.data_root=pairs',
            f'{loader}.num_workers=0',
            f'{loader}.persistent_workers=False',
        ]
    return ['--cfg-options', *settings]


def logged(work_dir, key):
    """Values of a key in the log of a run."""
    (file,) = work_dir.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line[key] for line in lines if key in line]


@pytest.fixture(scope='module')
def trained(mim):
    """A work dir of ``mim train`` of a config found by its name."""
    told = mim(
        *('train', 'mmssl', CONFIG, '--gpus', 0),
        *('--work-dir', 'one process', *options()),
    )
    assert f'site-packages/mmssl/.mim/configs/cmp/{CONFIG}' in told
    assert 'Training finished successfully' in told
    return mim.folder / 'one process'


def test_list__has_mmssl(mim):
    rows = [line.split() for line in mim('list').splitlines()]
    version = re.findall(
        r"'(.*)'", (ROOT / 'mmssl' / 'version.py').read_text('utf-8')
    )[0]
    (row,) = (row for row in rows if row[:1] == ['mmssl'])
    assert row[1] == version
    assert row[2].startswith('https://')


def models():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text('utf-8'))
    files = [yaml.safe_load((ROOT / f).read_text()) for f in index['Import']]
    return {model['Name']: model for f in files for model in f['Models']}


def test_search__finds_every_model_of_the_metafile(mim):
    found = re.findall(r'config id: (\S+)', mim('search', 'mmssl'))
    assert sorted(found) == sorted(models())


def test_search__field_and_condition(mim):
    told = mim(
        *('search', 'mmssl', '--field', 'iterations', 'batch_size'),
        *('--condition', 'batch_size>100,iterations<50000'),
    )
    blocks = re.split(r'^-+\n', told, flags=re.MULTILINE)
    shown = {}
    for block in blocks[1:]:
        pairs = [line.split() for line in block.splitlines() if line]
        name = pairs[0][-1]
        shown[name] = {key: int(value) for key, value in pairs[1:]}
    metadata = {name: model['Metadata'] for name, model in models().items()}
    assert shown == {
        name: dict(iterations=m['Iterations'], batch_size=m['Batch Size'])
        for name, m in metadata.items()
        if m['Batch Size'] > 100 and m['Iterations'] < 50000
    }


def test_test__metrics_of_the_checkpoint_just_trained(mim, trained):
    told = mim(
        *('test', 'mmssl', CONFIG, '--gpus', 0),
        *('--checkpoint', trained / 'iter_4.pth', '--work-dir', 'tested'),
        *('--out', 'metrics.json', *options()),
    )
    assert 'Testing finished successfully' in told
    metrics = json.loads((mim.folder / 'metrics.json').read_text())
    validated = logged(trained, 'flow/EPE')
    assert metrics['flow/EPE'] == pytest.approx(validated[-1], rel=1e-6)


def test_train__two_processes_of_pytorch_equal_one(mim, trained):
    mim(
        *('train', 'mmssl', CONFIG, '--gpus', 2, '--launcher', 'pytorch'),
        *('--work-dir', 'two processes', *options(batch_size=1)),
    )
    one = logged(trained, 'loss')
    assert len(one) == len(set(one)) == 4
    folder = mim.folder / 'two processes'
    assert logged(folder, 'loss') == pytest.approx(one, rel=1e-5)
    # five images on two processes: none is dropped or counted twice
    for key in ('flow/EPE', 'flow/Fl', 'flow/EPE_nearest', 'flow/loss'):
        expected = logged(trained, key)
        assert logged(folder, key) == pytest.approx(expected, rel=1e-4), key


def test_run__tools_by_name_and_by_folder(mim, trained):
    mim(
        *('run', 'mmssl', 'browse', f'mmssl::cmp/{CONFIG}', '--number', 1),
        *('--output', 'pictures', *options()),
    )
    picture = mim.folder / 'pictures' / f'{Path(CONFIG).stem}_train.png'
    assert picture.read_bytes().startswith(b'\x89PNG')
    for name in ('plot_curves', 'analysis_tools:plot_curves'):
        output = mim.folder / f'{name[:5]}.png'
        mim('run', 'mmssl', name, trained, '--output', output)
        assert output.is_file()
    done = mim.run('run', 'mmssl', 'plot_curves', 'nowhere')
    assert done.returncode != 0
    assert 'error: ' in done.stderr


def test_run__every_tool_is_found_and_unique(mim):
    tools = mim.packages / 'mmssl' / '.mim' / 'tools'
    names = [path.stem for path in tools.rglob('*.py')]
    assert len(set(names)) == len(names)
    assert {'train', 'videos_to_flow', 'cmp_official'} < set(names)


def test_gridsearch__trains_each_value(mim):
    rates = ('0.001', '0.0025')
    key = 'optim_wrapper.optimizer.lr'
    mim(
        *('gridsearch', 'mmssl', CONFIG, '--gpus', 0, '--work-dir', 'grid'),
        *('--search-args', f'--{key} {" ".join(rates)}'),
        *('--no-validate', *options(iterations=2)),
    )
    folders = sorted(mim.folder.glob('grid_search_*'))
    assert [folder.name for folder in folders] == [
        f'grid_search_{key}_{rate}' for rate in rates
    ]
    for folder, rate in zip(folders, rates):
        assert (folder / 'iter_2.pth').is_file()
        # the warm-up starts at a tenth
        assert logged(folder, 'lr')[0] == pytest.approx(0.1 * float(rate))


def test_download__config_of_a_model_with_weights(mim):
    """No weights are published; what mim does once there are some."""
    target = mim.folder / 'downloaded'
    target.mkdir()
    (target / 'weights.pth').write_bytes(b'not asked for again')
    # a second installation, first on the path, whose index has weights
    first = mim.folder / 'with weights'
    for path in mim.packages.glob('mmssl*'):
        shutil.copytree(path, first / path.name)
    index = first / 'mmssl' / '.mim' / 'configs' / 'cmp' / 'metafile.yml'
    entry = f'    Config: configs/cmp/{CONFIG}\n'
    text = index.read_text('utf-8')
    assert entry in text
    weights = '    Weights: https://example.invalid/weights.pth\n'
    index.write_text(text.replace(entry, entry + weights), 'utf-8')
    name = Path(CONFIG).stem
    told = mim(
        *('download', 'mmssl', '--config', name, '--dest', target),
        PYTHONPATH=str(first),
    )
    assert 'weights.pth exists' in told
    written = Config.fromfile(target / f'{name}.py')
    ours = Config.fromfile(ROOT / 'configs' / 'cmp' / CONFIG)
    assert written.to_dict() == ours.to_dict()


def test_help__makes_mim_add_no_options(mim):
    """Mim passes --gpus or --device where the help of a tool has --gpus."""
    for tool in ('train', 'test'):
        script = mim.packages / 'mmssl' / '.mim' / 'tools' / f'{tool}.py'
        told = subprocess.run(
            [str(mim.python), str(script), '-h'],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert '--cfg-options' in told
        assert '--gpus' not in told
