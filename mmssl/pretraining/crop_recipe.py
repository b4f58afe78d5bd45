"""How DINO and SOLIDER are pretrained on the pictures and machine at hand.

Without a GPU the settings are those of ``dino_swin_cpu-demo`` and
``solider_swin_cpu-demo``, with one those of ``..._1xb64-100ep_people``;
SOLIDER that starts from a checkpoint takes those of ``from-dino``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.config_text import merged
from mmssl.pretraining.crops import Crops, choose_crops, picture_shapes
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.image_data import (
    images_changes,
    images_choice,
    inspect_images,
)
from mmssl.pretraining.image_recipe import ADVICE, prepare
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import crop_noise
from mmssl.pretraining.planning import Draft, backbone_choice, complete
from mmssl.pretraining.recipes import Choice, Plan, Recipe, Request
from mmssl.pretraining.semantic_backbones import find_semantic
from mmssl.pretraining.start_point import StartPoint, find_start

# (with a GPU, goes on from a checkpoint) -> config
_DINO = {
    False: 'mmssl::dino/dino_swin_cpu-demo.py',
    True: 'mmssl::dino/dino_swin-t_1xb64-100ep_people.py',
}
_SOLIDER = {
    (False, False): 'mmssl::solider/solider_swin_cpu-demo.py',
    (False, True): 'mmssl::solider/solider_swin_cpu-from-dino.py',
    (True, False): 'mmssl::solider/solider_swin-t_1xb64-100ep_people.py',
    (True, True): 'mmssl::solider/solider_swin-t_1xb64-10ep_from-dino_people'
    '.py',
}


def plan(
    data: DataFolder, request: Request, machine: Machine, parts: bool
) -> Plan:
    """Choose all settings.

    Args:
        data: Images.
        request: What the user set goes first.
        machine: What the rest is made to fit.
        parts: True for SOLIDER, False for DINO.

    Raises:
        PretrainError: Something cannot be had.
    """
    if data.num_train < 2:
        raise PretrainError(
            f'{data.root} holds {data.num_train} image: learning needs some '
            'thousand, and a batch two'
        )
    start = find_start(request.init) if request.init else None
    name = _base_of(bool(machine.gpus), start is not None, parts)
    base = load_config(name)
    crops, told_crops = choose_crops(
        request.crop,
        picture_shapes(data.root, data.examples),
        _crops(base).large,
    )
    backbone = find_semantic(_asked(request, start, base), crops.large, parts)
    changes = images_changes(data)
    if start is not None or backbone.config != base.model.backbone:
        fitted = model_changes(backbone, start, parts)
        changes = merged(changes, fitted)
    changes['train_dataloader']['dataset']['data_prefix'] = ''
    told = [images_choice(data), told_crops, backbone_choice(backbone)]
    if start is not None:
        changes['load_from'] = str(start.path)
        told.append(Choice('start', str(start.path), f'of {start.name}'))
    draft = Draft(
        base=name,
        statements=() if crops == _crops(base) else crops.lines(),
        changes=changes,
        wanted=min(base.train_dataloader.batch_size, data.num_train),
        make_batch=partial(crop_noise, sizes=view_sizes(base, crops)),
        told=tuple(told),
    )
    return complete(draft, data, request, machine)


def model_changes(
    backbone: Backbone, start: StartPoint | None, parts: bool
) -> dict[str, Any]:
    """Return what fits the networks to a backbone, and to a checkpoint.

    Args:
        backbone: With the channels of its feature.
        start: The projector's sizes are those of the checkpoint.
        parts: Whether there is a head that tells parts.
    """
    neck = dict(start.neck) if start is not None else {}
    model: dict[str, Any] = dict(
        backbone=dict(_delete_=True, **backbone.config),
        neck=dict(neck, in_channels=backbone.channels),
    )
    if 'num_prototypes' in neck:
        model['head'] = dict(num_prototypes=neck['num_prototypes'])
    if parts:
        model['semantic_head'] = dict(in_channels=backbone.channels)
    return dict(model=model)


def view_sizes(base: Config, crops: Crops) -> list[tuple[int, int]]:
    """Return the size of each view, large ones first.

    Args:
        base: Says how many views there are of each kind.
        crops: Their sizes.
    """
    first, second, small = _maker(base).num_views
    return [crops.large] * (first + second) + [crops.small] * small


def _base_of(gpu: bool, starts: bool, parts: bool) -> str:
    return _SOLIDER[gpu, starts] if parts else _DINO[gpu]


def _asked(request: Request, start: StartPoint | None, base: Config) -> Any:
    """Return the backbone: asked for, of the checkpoint, or of the recipe."""
    if request.backbone is not None:
        return request.backbone
    if start is None:
        return base.model.backbone.to_dict()
    if start.backbone is None:
        raise PretrainError(
            f'{start.path} does not tell its backbone ({start.name}): name '
            'it, e.g. mmssl pretrain vit_small PHOTOS --init FILE'
        )
    return start.backbone


def _crops(base: Config) -> Crops:
    """Return the crops of a config."""
    large, _, small = (view[0] for view in _maker(base).views)
    return Crops(
        tuple(large.size),
        tuple(small.size),
        tuple(large.ratio),
        tuple(large.scale),
        tuple(small.scale),
    )


def _maker(base: Config) -> Any:
    return base.train_dataloader.dataset.pipeline[1]


def _recipe(name: str, parts: bool) -> Recipe:
    return Recipe(
        name=name,
        learns_from=('images',),
        advice=ADVICE,
        inspect=inspect_images,
        prepare=prepare,
        plan=partial(plan, parts=parts),
        takes=('crop', 'init'),
    )


DINO_RECIPE = _recipe('dino', parts=False)
SOLIDER_RECIPE = _recipe('solider', parts=True)
