"""Probes of people by identity or keypoints, from files on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmssl.datasets.person_keypoints import PersonKeypoints
from mmssl.engine.run_config import LaunchError

QUERY, GALLERY = 'query', 'bounding_box_test'  # of Market-1501


@dataclass(frozen=True)
class Protocol:
    """What a protocol measures.

    Attributes:
        probe: Config of the probe, with its loaders.
        prefix: Before the names of its figures.
        titles: Figure -> title of its column.
        beside: Name of a row -> what its figures begin with.
        told: What is done with which data, in words.
    """

    probe: dict[str, Any]
    prefix: str
    titles: Mapping[str, str]
    beside: Mapping[str, str]
    told: str


def identity_protocol(
    data: str | Path, size: tuple[int, int], workers: int = 0
) -> Protocol:
    """Search the queries of a folder laid out as Market-1501.

    Args:
        data: Has the folders ``query`` and ``bounding_box_test``.
        size: Height and width that pictures are brought to, px.
        workers: That load data.

    Raises:
        LaunchError: A folder is missing.
    """
    for name in (QUERY, GALLERY):
        if not Path(data, name).is_dir():
            raise LaunchError(
                f'there is no folder {name!r} in {str(data)!r}: identities '
                'are laid out as in Market-1501, with the folders '
                f'{GALLERY} and {QUERY}'
            )

    def loader(folder: str) -> dict[str, Any]:
        dataset = dict(
            type='Identities',
            data_root=str(data),
            data_prefix=folder,
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='ResizeView', size=size),
                dict(type='PackViews'),
            ],
        )
        return dict(batch_size=32, num_workers=workers, dataset=dataset)

    return Protocol(
        dict(
            type='IdentityKnnProbe',
            loader=loader(QUERY),
            bank_loader=loader(GALLERY),
        ),
        'identity_knn_',
        dict(map='mAP', rank1='rank 1', rank5='rank 5', rank10='rank 10'),
        {'colours by height': 'colour_', 'chance': 'chance_'},
        f'identities of {data} by cosine, {size[0]} x {size[1]} px',
    )


def keypoint_protocol(
    train: tuple[str | Path, str | Path | None],
    val: tuple[str | Path, str | Path | None] | None,
    size: tuple[int, int],
    workers: int = 0,
    val_share: float = 0.2,
    seed: int = 0,
    max_people: int = 2000,
) -> Protocol:
    """Find the keypoints of a COCO file's people.

    Args:
        train: COCO json, folder of its images (None: where it lies).
        val: The same of those that are judged; None: a share of ``train``.
        size: Height and width that people are brought to, px.
        workers: That load data.
        val_share: Share of the images that is held back.
        seed: Of the choice of them, and of people where there are too many.
        max_people: To fit on, and to judge, at most.

    Raises:
        LaunchError: A file or folder is missing, or there are too few images.
    """
    own = PersonKeypoints(**_arguments(train, size))
    if val is None:
        places, held = _held_back(own, val_share, seed)
    else:
        held_set = PersonKeypoints(**_arguments(val, size))
        places, held = np.arange(len(own)), np.arange(len(held_set))
    sides = [
        dict(_arguments(part, size), type='PersonKeypoints', indices=chosen)
        for part, chosen in (
            (val or train, _drawn(held, max_people, seed)),
            (train, _drawn(places, max_people, seed)),
        )
    ]
    loader, bank_loader = (
        dict(batch_size=32, num_workers=workers, dataset=side)
        for side in sides
    )
    titles = {f'pck{t:g}': f'PCK@{t:g}' for t in (0.05, 0.1, 0.2)}
    told = (
        f'keypoints, linear: {len(sides[1]["indices"])} people of {train[0]}, '
        f'judged on {len(sides[0]["indices"])} '
        f'{f"of {val[0]}" if val else "others"}; {size[0]} x {size[1]} px; '
        'PCK in the longer side of the box'
    )
    return Protocol(
        dict(
            type='KeypointLinearProbe', loader=loader, bank_loader=bank_loader
        ),
        'keypoints_linear_',
        dict(titles, oks='OKS', ap='AP'),
        {
            'colour and place': 'colour_and_place_',
            'colour': 'colour_',
            'place': 'place_',
        },
        told,
    )


def _arguments(
    part: tuple[str | Path, str | Path | None], size: tuple[int, int]
) -> dict[str, Any]:
    """Return the arguments of a set of people."""
    file, images = part
    images = Path(file).parent if images is None else images
    for path in (file, images):
        if not Path(path).exists():
            raise LaunchError(f'there is no file or folder {str(path)!r}')
    return dict(
        ann_file=str(file),
        img_root=str(images),
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='CropPerson', size=size),
            dict(type='PackKeypoints'),
        ],
    )


def _held_back(
    people: PersonKeypoints, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Divide people by their images."""
    files = [people.get_data_info(i)['img_path'] for i in range(len(people))]
    names, image = np.unique(files, return_inverse=True)
    held = round(share * len(names))
    if not 0 < held < len(names):
        raise LaunchError(
            f'{len(names)} images with keypoints are too few to hold '
            f'{share:g} of them back; give validation data (--val)'
        )
    chosen = np.random.default_rng(seed).permutation(len(names))[:held]
    judged = np.isin(image, chosen)
    return np.flatnonzero(~judged), np.flatnonzero(judged)


def _drawn(places: np.ndarray, most: int, seed: int) -> list[int]:
    """Return at most so many places, rising."""
    if len(places) > most:
        places = np.random.default_rng(seed).choice(places, most, False)
    return np.sort(places).tolist()
