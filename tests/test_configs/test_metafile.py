"""The metafiles say what the configs say, in the schema that mim reads."""

from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]
METAFILES = {
    name: yaml.safe_load(
        (ROOT / 'configs' / name / 'metafile.yml').read_text()
    )
    for name in ('cmp', 'dino', 'scrl', 'solider')
}
MODELS = [
    pytest.param(family, entry, id=entry['Name'])
    for family, metafile in METAFILES.items()
    for entry in metafile['Models']
]
PAPERS = dict(
    cmp='https://arxiv.org/abs/1903.11412',
    dino='https://arxiv.org/abs/2104.14294',
    scrl='https://arxiv.org/abs/2103.06122',
    solider='https://arxiv.org/abs/2303.17602',
)


def scrl(linear, online, box_fpn, box, mask):
    return {
        'top-1 (reported)': linear,
        'online top-1 (reported)': online,
        'box AP FPN (reported)': box_fpn,
        'box AP (reported)': box,
        'mask AP (reported)': mask,
    }


def solider(row):
    """Restate one column of the table in the authors' README."""
    datasets = (
        *('Market1501', 'MSMT17'),
        *('Market1501, re-ranked', 'MSMT17, re-ranked'),
        *('PETA zero-shot', 'RAP zero-shot', 'PA100K'),
        *('CUHK-SYSU', 'PRW', 'CityPersons', 'LIP', 'COCO keypoints'),
    )
    rank, mean = ('mAP', 'rank-1'), ('mA',)
    names = (
        *(rank, rank, rank, rank, mean, mean, mean, rank, rank),
        *(('MR reasonable', 'MR heavy'), ('mIoU',), ('AP', 'AR')),
    )
    cells = [map(float, cell.split('/')) for cell in row.split()]
    return {
        f'{dataset}: {name} (reported)': value
        for dataset, keys, values in zip(datasets, names, cells)
        for name, value in zip(keys, values)
    }


# Reported by the papers (arXiv:1903.11412 and its supplement,
# arXiv:2103.06122 and its supplement) and by the repositories of SCRL, DINO
# and SOLIDER.
REPORTED = {
    'cmp_alexnet_16xb12-70k_yfcc': {'mIoU (reported)': 42.9},
    'cmp_alexnet_16xb12-140k_yfcc-youtube': {'mIoU (reported)': 44.5},
    'cmp_r50_16xb10-42k_yfcc': {'mIoU (reported)': 59.0},
    'cmp_r50_16xb16-42k_yfcc-256px': {
        'box AP (reported)': 32.3,
        'mask AP (reported)': 29.8,
    },
    'cmp_r50_16xb10-70k_yfcc-youtube-vip-mpii': {
        'single-person mIoU (reported)': 40.2,
        'multi-person mIoU (reported)': 52.9,
    },
    'scrl_r50_32xb256-200ep_imagenet': scrl(68.27, 66.78, 40.49, 41.02, 37.50),
    'scrl_r50_32xb256-1000ep_imagenet': scrl(
        70.66, 70.67, 40.92, 41.40, 37.92
    ),
    'byol_r50_32xb256-200ep_imagenet': scrl(73.14, 72.90, 38.35, 38.86, 35.96),
    'byol_r50_32xb256-1000ep_imagenet': scrl(
        74.51, 74.47, 40.10, 40.19, 37.16
    ),
    'scrl_r50_32xb256-1000ep-lr0.3_imagenet': {'box AP FPN (reported)': 41.2},
    'scrl_r50_32xb256-2093ep_coco': {'box AP FPN (reported)': 39.0},
    'dino_vit-s_8xb64-100ep_imagenet': {
        'ImageNet-1k: k-NN top-1 (reported)': 69.3,
        'ImageNet-1k: linear top-1 (reported)': 74.0,
    },
    'dino_vit-s_16xb64-300ep_imagenet': {
        'ImageNet-1k: k-NN top-1 (reported)': 73.3,
        'ImageNet-1k: linear top-1 (reported)': 76.0,
    },
    'solider_swin-t_8xb48-100ep_luperson': solider(
        '91.6/96.1 67.4/85.9 95.3/96.6 81.5/89.2 74.37 74.23 84.14 '
        '94.9/95.7 56.8/86.8 10.3/40.8 57.52 74.4/79.6'
    ),
    'solider_swin-s_8xb48-100ep_luperson': solider(
        '93.3/96.6 76.9/90.8 95.4/96.4 86.5/91.7 76.21 75.95 86.25 '
        '95.5/95.8 59.8/86.7 10.0/39.2 60.21 76.3/81.3'
    ),
    'solider_swin-b_8xb48-100ep_luperson': solider(
        '93.9/96.9 77.1/90.7 95.6/96.7 86.5/91.7 76.43 76.42 86.37 '
        '94.9/95.5 59.7/86.8 9.7/39.4 60.50 76.6/81.5'
    ),
}
# By a config's name or its end; of any folder, what the metafile says.
IMAGES = {
    'imagenet': 1281167,
    'coco': 118287,
    'images': 100000,
    'people': 100000,
    'luperson': 4180000,
    'luperson-384x128': 4180000,
    'cpu-demo': 640,
    'cpu-from-dino': 640,
    'cpu-regions': 1200,
    'cpu-photos': 1184,  # whole batches of 1,196
    'cpu-photos-from-dino': 1184,
    'scrl_r18_cpu-puppets': 2000,
    'dino_swin_cpu-puppets': 4000,
    'solider_swin_cpu-puppets': 4000,
}


@pytest.mark.parametrize('family', METAFILES)
def test_metafile__lists_every_config_that_is_no_ablation(family):
    files = (ROOT / 'configs' / family).glob('*.py')
    paths = {f'configs/{family}/{p.name}' for p in files}
    models = METAFILES[family]['Models']
    assert {entry['Config'] for entry in models} == paths
    assert len(models) == len(paths)


@pytest.mark.parametrize('family', METAFILES)
def test_metafile__is_imported_by_the_model_index(family):
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    assert f'configs/{family}/metafile.yml' in index['Import']


@pytest.mark.parametrize('family', METAFILES)
def test_metafile__collection(family):
    (collection,) = METAFILES[family]['Collections']
    assert (ROOT / collection['README']).is_file()
    assert collection['Paper']['URL'] == PAPERS[family]
    # mim joins lists with commas, so every item must be a string.
    for value in collection['Metadata'].values():
        assert value
        assert all(isinstance(item, str) for item in value)


@pytest.mark.parametrize(('family', 'entry'), MODELS)
def test_metafile__entry_agrees_with_its_config(family, entry):
    collections = METAFILES[family]['Collections']
    assert entry['In Collection'] == collections[0]['Name']
    assert Path(entry['Config']).stem == entry['Name']
    cfg = Config.fromfile(ROOT / entry['Config'])
    meta = entry['Metadata']
    loader = cfg.train_dataloader
    assert meta['Batch Size'] == cfg.auto_scale_lr.base_batch_size
    count, unit = meta['Training Resources'].split(maxsplit=1)
    processes = int(count) if unit.startswith('GPU') else 1
    accumulated = cfg.optim_wrapper.get('accumulative_counts', 1)
    assert meta['Batch Size'] == processes * loader.batch_size * accumulated
    if 'max_iters' in cfg.train_cfg:
        assert meta['Iterations'] == cfg.train_cfg.max_iters
        return
    assert meta['Epochs'] == cfg.train_cfg.max_epochs
    name = entry['Name']
    images = IMAGES.get(name) or IMAGES[name.rsplit('_', 1)[-1]]
    length = images // (processes * loader.batch_size)
    if not loader.get('drop_last', False):
        length = -(-images // (processes * loader.batch_size))
    assert meta['Iterations'] == length * cfg.train_cfg.max_epochs


@pytest.mark.parametrize(('family', 'entry'), MODELS)
def test_metafile__results_are_those_of_the_paper_and_say_so(family, entry):
    results = entry['Results'] or []
    found = {}
    for result in results:
        assert result['Task']
        assert result['Dataset']
        if result['Source'] == 'measured':
            continue
        several = family in ('dino', 'solider')
        place = f'{result["Dataset"]}: ' if several else ''
        found.update(
            {place + name: x for name, x in result['Metrics'].items()}
        )
    assert found == REPORTED.get(entry['Name'], {})
