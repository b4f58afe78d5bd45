"""The table of configs says what is in the files."""

import importlib.util
from pathlib import Path

import pytest
from mmengine.config import ConfigDict

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'misc' / 'config_table.py'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('config_table', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_guidance__truncates_the_stride_as_published(tool):
    step = ConfigDict(
        strategies=['grid', 'watershed'],
        bg_ratio=3.629e-5,
        nms_size=67,
        max_points=-1,
    )
    assert tool.guidance([step, None]) == 'grid 165, watershed 67'
    step.update(strategies=['single'], max_points=9)
    assert tool.guidance([step, None]) == 'single, at most 9'
    step.update(max_points=(2, 9))
    assert tool.guidance([step, None]) == 'single, 2 to 9 of these'


def test_encoder__names_backbone_stride_and_decoder(tool):
    model = ConfigDict(
        backbone=dict(type='StemResNet', depth=50),
        decoder=dict(type='SkipMotionDecoder'),
        motion_encoder=dict(strides=(2, 2, 4)),
    )
    assert tool.encoder(model) == 'ResNet-50 /16, skip decoder'
    model.backbone = ConfigDict(type='AlexNetBN', variant='32x')
    model.decoder.type = 'PlainMotionDecoder'
    assert tool.encoder(model) == 'AlexNet-BN /16, plain decoder'


def test_describe__idea_and_keys(tool, tmp_path):
    file = tmp_path / 'x__y.py'
    file.write_text(
        '# One idea\n# on two lines.\n'
        '# ablates: model.a, *_dataloader.dataset.pipeline.Step.b\n'
        "_base_ = 'z.py'\n# not this\n"
    )
    assert tool.describe(file) == (
        '`x__y`',
        'One idea on two lines.',
        '`model.a`, `Step.b`',
    )


def cells(text, name):
    """Return the row of one config."""
    (line,) = (
        line for line in text.splitlines() if line.startswith(f'| `{name}` |')
    )
    return [cell.strip() for cell in line.strip('|').split('|')]


@pytest.fixture(scope='module')
def text(tool):
    return tool.tables()


def test_page__is_what_the_tool_makes_now(text):
    """Run tools/misc/config_table.py --out docs/configs.md if it is not."""
    assert (ROOT / 'docs' / 'configs.md').read_text('utf-8') == text


def test_tables__have_every_config_once(text):
    configs = {
        path.stem
        for path in (ROOT / 'configs').rglob('*.py')
        if '_base_' not in path.parts
    }
    rows = [n for n in configs if f'\n| `{n}` |' in text]
    assert sorted(rows) == sorted(configs)


def test_tables__published_row_of_scrl(text):
    assert cells(text, 'scrl_r50_32xb256-1000ep_imagenet') == [
        '`scrl_r50_32xb256-1000ep_imagenet`',
        '32 GPUs',
        '8192',
        '1000',
        'ResNet-50',
        '6.4 (LARS)',
        '1.5e-06',
        '0.996',
        '224',
        '10, grid, from 32 px',
        'ImageNet-1k, 1.28 M images',
        'ImageNet-1k top-1 70.66; ImageNet-1k online top-1 70.67; COCO '
        '2017 box AP FPN 40.92; COCO 2017 box AP 41.4; COCO 2017 mask AP '
        '37.92',
    ]
    byol = cells(text, 'byol_r50_32xb256-200ep_imagenet')
    assert byol[9] == 'whole view'
    assert cells(text, 'scrl-r50__boxes-k1')[2] == '`SampleBoxPairs.num_boxes`'


def test_tables__published_rows_of_dino_and_solider(text):
    assert cells(text, 'dino_vit-s_16xb64-300ep_imagenet') == [
        '`dino_vit-s_16xb64-300ep_imagenet`',
        '16 GPUs',
        '1024',
        '300',
        'ViT-S/16',
        '0.002 (AdamW)',
        '0.04 to 0.4',
        '0.996',
        '2 of 224, 8 of 96',
        'ImageNet-1k without labels, 1.28 M images',
        'ImageNet-1k k-NN top-1 73.3; ImageNet-1k linear top-1 76.0',
    ]
    row = cells(text, 'solider_swin-b_8xb48-10ep_from-dino_luperson')
    assert row[3:9] == [
        '10',
        'Swin-B',
        '7.5e-05 (AdamW)',
        '0.04 to 0.4',
        '0.996',
        '2 of 256x128, 8 of 128x64',
    ]
    assert cells(text, 'dino_r50_8xb64-100ep_imagenet')[4:7] == [
        'ResNet-50',
        '0.06 (SGD)',
        '0.0001',
    ]
    assert cells(text, 'solider_swin_cpu-demo')[4] == 'Swin of 32 channels'
    row = cells(text, 'solider-swin-t__parts-4')
    assert row[2] == (
        '`model.part_labels.num_parts`, `model.semantic_head.num_classes`'
    )


def test_tables__published_row_of_cmp(text):
    assert cells(text, 'cmp_r50_16xb16-42k_yfcc-256px') == [
        '`cmp_r50_16xb16-42k_yfcc-256px`',
        '16 GPUs',
        '256',
        '42 000',
        'ResNet-50 /8, plain decoder',
        '256 (333)',
        'YFCC100M frames, 1.26 M pairs',
        'grid 133, watershed 49',
        'COCO 2017 box AP 32.3; COCO 2017 mask AP 29.8',
    ]
