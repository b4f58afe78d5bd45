"""The metafile says what the configs say, in the schema that mim reads."""

from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]
METAFILE = yaml.safe_load(
    (ROOT / 'configs' / 'cmp' / 'metafile.yml').read_text()
)
MODELS = METAFILE['Models']

# Reported by the paper (arXiv:1903.11412 and its supplement).
REPORTED = {
    'cmp_alexnet_16xb12-70k_yfcc': {'mIoU (paper)': 42.9},
    'cmp_alexnet_16xb12-140k_yfcc-youtube': {'mIoU (paper)': 44.5},
    'cmp_r50_16xb10-42k_yfcc': {'mIoU (paper)': 59.0},
    'cmp_r50_16xb16-42k_yfcc-256px': {
        'box AP (paper)': 32.3,
        'mask AP (paper)': 29.8,
    },
    'cmp_r50_16xb10-70k_yfcc-youtube-vip-mpii': {
        'single-person mIoU (paper)': 40.2,
        'multi-person mIoU (paper)': 52.9,
    },
}


def test_metafile__lists_every_config_that_is_no_ablation():
    paths = {f'configs/cmp/{p.name}' for p in ROOT.glob('configs/cmp/*.py')}
    assert {entry['Config'] for entry in MODELS} == paths
    assert len(MODELS) == len(paths)


def test_metafile__is_imported_by_the_model_index():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    assert 'configs/cmp/metafile.yml' in index['Import']


def test_metafile__collection():
    (collection,) = METAFILE['Collections']
    assert (ROOT / collection['README']).is_file()
    assert collection['Paper']['URL'] == 'https://arxiv.org/abs/1903.11412'
    # mim joins lists with commas, so every item must be a string.
    for value in collection['Metadata'].values():
        assert value
        assert all(isinstance(item, str) for item in value)


@pytest.mark.parametrize('entry', MODELS, ids=lambda e: e['Name'])
def test_metafile__entry_agrees_with_its_config(entry):
    assert entry['In Collection'] == METAFILE['Collections'][0]['Name']
    assert Path(entry['Config']).stem == entry['Name']
    cfg = Config.fromfile(ROOT / entry['Config'])
    meta = entry['Metadata']
    assert meta['Iterations'] == cfg.train_cfg.max_iters
    assert meta['Batch Size'] == cfg.auto_scale_lr.base_batch_size
    count, unit = meta['Training Resources'].split(maxsplit=1)
    processes = int(count) if unit.startswith('GPU') else 1
    assert meta['Batch Size'] == processes * cfg.train_dataloader.batch_size


@pytest.mark.parametrize('entry', MODELS, ids=lambda e: e['Name'])
def test_metafile__results_are_those_of_the_paper_and_say_so(entry):
    results = entry['Results'] or []
    found = {}
    for result in results:
        assert result['Task']
        assert result['Dataset']
        found.update(result['Metrics'])
    assert found == REPORTED.get(entry['Name'], {})
