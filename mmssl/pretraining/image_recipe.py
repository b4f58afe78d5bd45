"""How SCRL and BYOL are pretrained on the images and the machine at hand.

Without a GPU the settings are those of ``scrl_r18_cpu-demo``, with one those
of ``scrl_r50_1xb128-100ep_images``; BYOL is the same without boxes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining.backbones import Backbone, find_backbone
from mmssl.pretraining.config_text import merged
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.image_data import (
    images_changes,
    images_choice,
    inspect_images,
)
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import view_noise
from mmssl.pretraining.planning import Draft, backbone_choice, complete
from mmssl.pretraining.recipes import (
    Plan,
    Recipe,
    Request,
    backbone_of,
)

_CPU_BASE = 'mmssl::scrl/scrl_r18_cpu-demo.py'
_GPU_BASE = 'mmssl::scrl/scrl_r50_1xb128-100ep_images.py'
# What makes BYOL of an SCRL config: whole views, no boxes.
_BYOL_LINES = (
    "_base_.model.region = dict(type='GlobalRegions')",
    '_base_.train_dataloader.dataset.pipeline = [',
    '    step',
    '    for step in _base_.train_dataloader.dataset.pipeline',
    "    if step.type != 'SampleBoxPairs'",
    ']',
)


def prepare(
    data: DataFolder, request: Request, machine: Machine, run: bool
) -> DataFolder:
    """Return the data as they are: images need no preparation."""
    return data


def plan(
    data: DataFolder, request: Request, machine: Machine, boxes: bool = True
) -> Plan:
    """Choose all settings.

    Args:
        data: Images.
        request: What the user set goes first.
        machine: What the rest is made to fit.
        boxes: True for SCRL, False for BYOL.

    Raises:
        PretrainError: Something cannot be had.
    """
    if data.num_train < 2:
        raise PretrainError(
            f'{data.root} holds {data.num_train} image: batch norm needs at '
            'least two in a batch, and learning some thousand'
        )
    name = _GPU_BASE if machine.gpus else _CPU_BASE
    base = load_config(name)
    views = _step(base, 'MultiViewGeometry').views
    size = int(views[0][0].size)
    backbone = find_backbone(backbone_of(request, machine), size)
    changes = merged(
        images_changes(data), model_changes(backbone, base, boxes)
    )
    number = _step(base, 'SampleBoxPairs').num_boxes if boxes else 0
    draft = Draft(
        base=name,
        statements=() if boxes else _BYOL_LINES,
        changes=changes,
        wanted=min(base.train_dataloader.batch_size, data.num_train),
        make_batch=partial(view_noise, size=size, boxes=number),
        told=(images_choice(data), backbone_choice(backbone)),
    )
    return complete(draft, data, request, machine)


def model_changes(
    backbone: Backbone, base: Config, boxes: bool
) -> dict[str, Any]:
    """Return what fits the network to a backbone.

    ResNets start as those of the base (torchvision's initial weights);
    others keep their own and get AdamW, as the published SCRL has it for
    Swin: 0.001 for 256 images, with the square root of the batch.

    Args:
        backbone: With channels and stride of its map.
        base: The config to change.
        boxes: Whether regions are boxes, whose map has a stride.
    """
    config = dict(backbone.config)
    if backbone.is_resnet:
        zero = base.model.backbone.get('zero_init_residual', True)
        config.setdefault('zero_init_residual', zero)
    model: dict[str, Any] = dict(
        backbone=dict(_delete_=True, **config),
        neck=dict(in_channels=backbone.channels),
    )
    if boxes:
        model['region'] = dict(stride=backbone.stride)
    changes: dict[str, Any] = dict(model=model)
    if not backbone.is_resnet:
        changes['optim_wrapper'] = dict(
            optimizer=dict(
                _delete_=True, type='AdamW', lr=1e-3, weight_decay=0.05
            )
        )
        changes['auto_scale_lr'] = dict(base_batch_size=256, rule='sqrt')
    return changes


def _step(base: Config, kind: str) -> Any:
    """Return a transform of the base's pipeline."""
    for step in base.train_dataloader.dataset.pipeline:
        if step.type == kind:
            return step
    raise PretrainError(f'the base config has no {kind}')


ADVICE = (
    'Give a folder of images. Of videos take some frames, a second apart: '
    'ffmpeg -i VIDEO -vf fps=1 FOLDER/%05d.jpg. Of lists with flow give the '
    'folder of their images. "--method cmp" learns from videos as they are'
)
SCRL_RECIPE = Recipe(
    name='scrl',
    learns_from=('images',),
    advice=ADVICE,
    inspect=inspect_images,
    prepare=prepare,
    plan=plan,
)
BYOL_RECIPE = Recipe(
    name='byol',
    learns_from=('images',),
    advice=ADVICE,
    inspect=inspect_images,
    prepare=prepare,
    plan=partial(plan, boxes=False),
)
