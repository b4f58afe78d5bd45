"""From a checkpoint and data to the config of an offline protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmssl.datasets.coco_boxes import CocoBoxes, read_coco_boxes
from mmssl.datasets.image_folder import ImageFolder
from mmssl.engine.run_config import LaunchError, load_config
from mmssl.probes.checkpoint_backbone import CheckpointBackbone, channels_of

BASES = {
    'linear': 'mmssl::probes/linear_r50_1xb256-80e_in1k.py',
    'roi': 'mmssl::probes/roi_r50_8xb2-12e_coco.py',
    'roi-fpn': 'mmssl::probes/roi_r50-fpn_8xb2-12e_coco.py',
}
_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@dataclass(frozen=True)
class ProbeData:
    """What a probe is fitted and judged on.

    Attributes:
        train: Arguments of the training data set.
        val: Arguments of the other.
        classes: Names.
        boxes: Whether labels are those of boxes (COCO), not of images.
        number: Training images.
        told: What was done, for people.
    """

    train: dict[str, Any]
    val: dict[str, Any]
    classes: tuple[str, ...]
    boxes: bool
    number: int
    told: str


def find_data(
    data: str | Path,
    val: str | Path | None = None,
    images: str | Path | None = None,
    val_images: str | Path | None = None,
    val_share: float = 0.2,
    seed: int = 0,
) -> ProbeData:
    """Look at the data of a probe.

    Args:
        data: A COCO json file, or a folder with a sub-folder for each class,
            or one with ``train`` and ``val`` of that kind.
        val: The same for validation; default: ``val`` beside ``train``, else
            a share of the images.
        images: Folder of the images of a json file; default: where it lies.
        val_images: The same for ``val``; default: ``images``.
        val_share: Share of the images that are held back where there is no
            validation data.
        seed: Of the choice of them.

    Returns:
        Arguments of the two data sets.

    Raises:
        LaunchError: There is no such file or folder, or no place to take
            validation data from.
        ValueError: Labels are missing or out of range.
    """
    for path in (data, val, images, val_images):
        if path is not None and not Path(path).exists():
            raise LaunchError(f'there is no file or folder {str(path)!r}')
    if not 0 < val_share < 1:
        raise LaunchError(f'the share must be in (0, 1), got {val_share}')
    if Path(data).is_dir():
        return _folders(
            Path(data), None if val is None else Path(val), val_share, seed
        )
    return _regions(data, val, images, val_images, val_share, seed)


def protocol_config(
    protocol: str,
    found: CheckpointBackbone,
    data: ProbeData,
    fpn: bool = False,
    size: int | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
    random: bool = False,
) -> Config:
    """Return the published config with another backbone and other data.

    Args:
        protocol: 'linear' or 'roi'.
        found: The backbone.
        data: The data.
        fpn: Of 'roi': on the checkpoint's feature pyramid, all levels.
        size: 'linear': side of the crops (224), the short side before it is
            8/7 of that; 'roi': short side (800; several in training).
        batch_size: Images of a step and process.
        workers: Of each loader.
        random: Leave the weights as the classes initialise them.

    Returns:
        A config for training.

    Raises:
        LaunchError: The protocol and the data do not fit.
    """
    if data.boxes != (protocol == 'roi'):
        raise LaunchError(
            f'{protocol} needs '
            + ('a COCO json file' if protocol == 'roi' else 'class folders')
            + f', got {"boxes" if data.boxes else "class folders"}'
        )
    cfg = load_config(BASES['roi-fpn' if fpn else protocol])
    for name in _LOADERS:
        part = data.train if name == 'train_dataloader' else data.val
        cfg[name].dataset.update(data_root='', **part)
        if batch_size is not None and name == 'train_dataloader':
            cfg[name].batch_size = batch_size
        if workers is not None:
            cfg[name].num_workers = workers
            cfg[name].persistent_workers = workers > 0
        if size is not None:
            _set_size(cfg[name].dataset.pipeline, size)
    _set_model(cfg, found, len(data.classes), fpn, random)
    return cfg


def _set_model(
    cfg: Config,
    found: CheckpointBackbone,
    classes: int,
    fpn: bool,
    random: bool,
) -> None:
    """Put the backbone in, and what follows from it."""
    changes = {'out_indices': (0, 1, 2, 3)} if fpn else {}
    channels = channels_of(found.random(**changes))
    weights = found.random if random else found.pretrained
    cfg.model.backbone = weights(**changes)
    in_channels = channels[-1]
    if fpn:
        region = cfg.model.region
        region.in_channels = channels
        region.init_cfg, region.out_channels = found.pretrained_fpn()
        if random:
            region.pop('init_cfg')
        in_channels = len(channels) * region.out_channels
    cfg.model.head.update(num_classes=classes, in_channels=in_channels)


def _set_size(pipeline: Sequence[Any], size: int) -> None:
    """Change the sizes of a pipeline's transforms."""
    for step in pipeline:
        if step.type == 'ResizeRegions':
            step.update(short_side=size, max_size=round(size * 5 / 3))
        elif step.type == 'ResizeView':
            step.size = round(size * 8 / 7)
        elif step.type in ('CropView', 'RandomResizedCropView'):
            step.size = size


def _folders(
    data: Path, val: Path | None, val_share: float, seed: int
) -> ProbeData:
    """Return the data sets of class folders."""
    if val is None and (data / 'train').is_dir() and (data / 'val').is_dir():
        data, val = data / 'train', data / 'val'
    whole = ImageFolder(data_prefix=str(data), labels='folders')
    classes = tuple(whole.metainfo['classes'])
    if len(classes) < 2:
        raise LaunchError(
            f'{data} needs a sub-folder for each of two classes or more, it '
            f'has: {", ".join(classes)}'
        )
    train = dict(data_prefix=str(data), classes=classes)
    if val is not None:
        told = f'{len(whole)} images of {data}, judged on {val}'
        other = dict(train, data_prefix=str(val))
        return ProbeData(train, other, classes, False, len(whole), told)
    return _split(
        train, len(whole), classes, False, str(data), val_share, seed
    )


def _regions(
    data: str | Path,
    val: str | Path | None,
    images: str | Path | None,
    val_images: str | Path | None,
    val_share: float,
    seed: int,
) -> ProbeData:
    """Return the data sets of COCO files."""
    root = str(images or Path(data).parent)
    coco = read_coco_boxes(data)
    _see_first_image(coco, root, '--images')
    train = dict(ann_file=str(data), img_root=root, classes=coco.classes)
    if val is not None:
        val_root = str(val_images or root)
        other = dict(train, ann_file=str(val), img_root=val_root)
        _see_first_image(read_coco_boxes(val), val_root, '--val-images')
        told = (
            f'{len(coco.boxes)} boxes in {len(coco)} images of {data}, judged '
            f'on {val}'
        )
        return ProbeData(train, other, coco.classes, True, len(coco), told)
    return _split(
        train, len(coco), coco.classes, True, str(data), val_share, seed
    )


def _see_first_image(coco: CocoBoxes, root: str, option: str) -> None:
    """Find out before anything else whether the folder is the right one."""
    if not len(coco) or Path(root, coco.names[0]).is_file():
        return
    raise LaunchError(
        f'{coco.path} names {coco.names[0]!r}, which is not in {root!r}: give '
        f'the folder of its images ({option})'
    )


def _split(
    part: dict[str, Any],
    number: int,
    classes: tuple[str, ...],
    boxes: bool,
    name: str,
    val_share: float,
    seed: int,
) -> ProbeData:
    """Hold some images back."""
    held = round(val_share * number)
    if not 0 < held < number:
        raise LaunchError(
            f'{name} has {number} images{" with boxes" * boxes}: too few to '
            f'hold {val_share:g} of '
            'them back; give validation data'
        )
    order = np.random.default_rng(seed).permutation(number)
    val, train = (sorted(x.tolist()) for x in (order[:held], order[held:]))
    told = f'{len(train)} images of {name}, judged on the other {held}'
    return ProbeData(
        dict(part, indices=train),
        dict(part, indices=val),
        classes,
        boxes,
        len(train),
        told,
    )
