"""Pretraining methods by name, and what each is asked and answers.

A method is one :class:`Recipe`: what it learns from, and how a request
becomes the lines of a config. Adding a method is one entry in
:func:`find_recipe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine

# Of some methods alone, with what stands for "not given".
_OPTIONS = dict(crop='auto', init='')


class Choice(NamedTuple):
    """One setting, and why it is what it is."""

    name: str
    value: str
    why: str

    def __str__(self) -> str:
        return f'{self.name:<10} {self.value}: {self.why}'


@dataclass(frozen=True)
class Request:
    """What a user asked for; None leaves the choice to the recipe.

    Attributes:
        backbone: Name or config; None: see :func:`backbone_of`.
        work_dir: Folder of the run, absolute.
        iterations: Length of the training.
        epochs: The same in passes over the data.
        batch_size: Samples of a step.
        lr: Learning rate.
        workers: Processes that load data.
        precision: 'fp32', 'bf16' or 'fp16'.
        flow: How videos get their flow: 'auto', 'extract' or 'online'.
        crop: Of large views: 'auto' or 'HEIGHTxWIDTH'.
        init: Checkpoint or work dir to start from, absolute; '' for none.
        seed: Of everything random.
    """

    backbone: str | Mapping[str, Any] | None
    work_dir: Path
    iterations: int | None = None
    epochs: float | None = None
    batch_size: int | None = None
    lr: float | None = None
    workers: int | None = None
    precision: str | None = None
    flow: str = 'auto'
    crop: str = 'auto'
    init: str = ''
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """A config to be written.

    Attributes:
        base: Config that it inherits from.
        statements: Python lines that change it.
        changes: Variables of the config.
        choices: The settings, with reasons.
    """

    base: str
    statements: tuple[str, ...]
    changes: dict[str, Any]
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Recipe:
    """A pretraining method.

    Attributes:
        name: Of the method.
        learns_from: Kinds of data, see
            :class:`~mmssl.pretraining.data_folder.DataFolder`.
        advice: What to do with data of another kind.
        inspect: Looks what a folder holds.
        prepare: Makes data that can be trained on (extracts flow); its last
            argument is False for a dry run, which only tells what it would
            be.
        plan: Chooses all settings.
        takes: Of :class:`Request`, what not every method has: 'crop', 'init'.
    """

    name: str
    learns_from: tuple[str, ...]
    advice: str
    inspect: Callable[[str | Path], DataFolder]
    prepare: Callable[[DataFolder, Request, Machine, bool], DataFolder]
    plan: Callable[[DataFolder, Request, Machine], Plan]
    takes: tuple[str, ...] = ()

    def check_request(self, request: Request) -> None:
        """Refuse options that the method does not have.

        Raises:
            PretrainError: Names the option.
        """
        for name, default in _OPTIONS.items():
            if name not in self.takes and getattr(request, name) != default:
                raise PretrainError(
                    f'{name} is an option of dino and solider, {self.name} '
                    'has none'
                )

    def check(self, data: DataFolder) -> None:
        """Refuse data that the method cannot learn from.

        Raises:
            PretrainError: With what to do about it.
        """
        if data.kind not in self.learns_from:
            raise PretrainError(
                f'{data.root} holds {_words(data)}, and {self.name} learns '
                f'from {" and ".join(self.learns_from)}. {self.advice}'
            )


def find_recipe(method: str) -> Recipe:
    """Return the recipe of a method.

    Raises:
        PretrainError: Unknown; the known ones are listed.
    """
    # Here: a recipe imports this module.
    from mmssl.pretraining.cmp_recipe import CMP_RECIPE
    from mmssl.pretraining.crop_recipe import DINO_RECIPE, SOLIDER_RECIPE
    from mmssl.pretraining.image_recipe import BYOL_RECIPE, SCRL_RECIPE

    known = (
        *(BYOL_RECIPE, CMP_RECIPE, DINO_RECIPE),
        *(SCRL_RECIPE, SOLIDER_RECIPE),
    )
    recipes = {recipe.name: recipe for recipe in known}
    if method not in recipes:
        raise PretrainError(
            f'unknown method {method!r}; valid: {", ".join(sorted(recipes))}'
        )
    return recipes[method]


def backbone_of(request: Request, machine: Machine) -> str | Mapping[str, Any]:
    """Return the backbone that was asked for, or one that fits the machine.

    Example:
        >>> backbone_of(Request(None, Path('x')), Machine(2))
        'resnet18'
    """
    if request.backbone is not None:
        return request.backbone
    return 'resnet50' if machine.gpus else 'resnet18'


def _words(data: DataFolder) -> str:
    if data.kind == 'images':
        where = ', '.join(data.items[:3])
        return f'single images (in {where}), no videos'
    return data.kind
