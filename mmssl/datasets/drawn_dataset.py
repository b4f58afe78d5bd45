"""A dataset whose samples depend on the draw, never on worker or process."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any, Callable

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

from mmssl.datasets.draw_seeding import seeded_draw
from mmssl.datasets.replacement import (
    Refusal,
    draw_key,
    mark_replaced,
    replacement,
)
from mmssl.datasets.samplers.draws import Draw
from mmssl.io.errors import BadDataError, DataFileError
from mmssl.registry import TRANSFORMS

_UNREADABLE = ('leave_out', 'stop')
_MAX_NAMED = 20  # by one process: in a wrong folder, every file is missing
_EVALUATION = (
    'An evaluation on fewer samples is another one: repair the file, or set '
    "unreadable='leave_out' in the dataset"
)


class DrawnDataset(BaseDataset):
    """Base of the datasets: seeds each sample's generator by its draw.

    ``results['rng'] = default_rng([seed, number])`` with the number of the
    :class:`~mmssl.datasets.samplers.Draw`, or the index itself where the
    sampler yields plain integers (validation: the same sample every time).

    In training, a sample whose file cannot be read
    (:class:`~mmssl.io.errors.DataFileError`), or for which the pipeline
    returns None, is replaced by another one that seed, draw and attempt
    determine. Each process names bad files in warnings, each once, up to 20;
    ``num_skipped`` counts all (of this process), and BadDataHook those of
    the run. Other errors are mistakes and stop the run.

    Args:
        seed: Seed of all augmentation. Defaults to 0.
        pipeline: Transforms, built or as config dicts.
        max_refetch: Replacements that may fail in a row.
        unreadable: With ``test_mode``, where nothing is replaced: 'stop'
            with the file's name, or 'leave_out': every sample is read when
            the dataset is made, ``len`` counts those that can be.
        **kwargs: Arguments of :class:`mmengine.dataset.BaseDataset`.

    Attributes:
        left_out: What has no part in this dataset and why, in words.
    """

    ann_file: Any
    data_root: str
    _fully_initialized: bool

    def __init__(
        self,
        seed: int = 0,
        pipeline: Sequence[dict | Callable] = (),
        max_refetch: int = 100,
        unreadable: str = 'stop',
        **kwargs: Any,
    ) -> None:
        if unreadable not in _UNREADABLE:
            raise ValueError(
                f'unreadable must be one of {list(_UNREADABLE)}, got '
                f'{unreadable!r}'
            )
        self.seed = seed
        self.unreadable = unreadable
        self.num_skipped = 0
        self.left_out: list[str] = []
        self._named: set[str] = set()
        # By our registry: also without a default scope, as in a script.
        steps = [
            TRANSFORMS.build(step) if isinstance(step, dict) else step
            for step in pipeline
        ]
        super().__init__(pipeline=steps, max_refetch=max_refetch, **kwargs)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on one sample with the generator of its draw.

        Args:
            idx: Index, negative counts from the end; or a ``Draw``.

        Returns:
            What the pipeline returns.
        """
        results = self.get_data_info(idx)
        key = draw_key(self.seed, idx, results['sample_idx'])
        results['rng'] = np.random.default_rng(key)
        results['draw'] = key[1]
        with seeded_draw(*key):
            return self.pipeline(self.read_sample(results))

    def read_sample(self, results: dict) -> dict:
        """Add data that a dataset reads by itself; here: nothing."""
        return results

    def __getitem__(self, idx: int) -> Any:
        """Return one sample; in training, replace it if it is bad.

        Args:
            idx: Index or ``Draw``.

        Returns:
            What the pipeline returns, never None.

        Raises:
            DataFileError: A file of a sample of validation is bad.
            BadDataError: ``max_refetch`` replacements failed, too.
            RuntimeError: The pipeline returned None for a sample of
                validation.
        """
        self.full_init()
        if self.test_mode:
            return self._asked_for(idx)
        _warn_plain_index(idx)
        number = int(getattr(idx, 'number', idx % len(self)))
        refusals: list[Refusal] = []
        while True:
            data, refusal = self._attempt(idx)
            if refusal is None:
                break
            self._count_skip(refusal)
            refusals.append(refusal)
            if len(refusals) > self.max_refetch:
                raise BadDataError(_nothing_usable(refusals))
            idx = replacement(self.seed, number, len(refusals), len(self))
        if refusals and not mark_replaced(data, refusals):
            _warn_uncounted()
        return data

    def checked_index(self, idx: int) -> int:
        """Return ``idx`` counted from the head.

        Raises:
            IndexError: Outside -len(self) .. len(self) - 1.
        """
        size = len(self)
        if not -size <= idx < size:
            raise IndexError(f'sample {int(idx)} of {size} samples')
        return int(idx) % size

    def keep_(self, indices: Sequence[int]) -> None:
        """Keep the samples at ``indices``; the datasets say how."""
        raise NotImplementedError

    def leave_out_unreadable(self) -> None:
        """Read every sample and keep those that can be, if asked to.

        Raises:
            ValueError: None can be read.
        """
        if not self.test_mode or self.unreadable != 'leave_out':
            return
        kept = []
        for index in range(len(self)):
            try:
                self.prepare_data(index)
            except DataFileError as error:
                self.left_out.append(str(error))
            else:
                kept.append(index)
        if not self.left_out:
            return
        told = '\n'.join(f'  {line}' for line in self.left_out)
        if not kept:
            raise ValueError(f'not one sample can be read:\n{told}')
        _warn(
            f'{len(self.left_out)} of {len(self)} samples cannot be read and '
            f'are left out of the evaluation:\n{told}'
        )
        self.keep_(kept)

    def _attempt(self, idx: int) -> tuple[Any, Refusal | None]:
        """Return a sample, or why there is none."""
        try:
            data = self.prepare_data(idx)
        except DataFileError as error:
            return None, Refusal.of(error)
        if data is not None:
            return data, None
        info = self.get_data_info(idx)
        source = str(info.get('source', f'sample {info["sample_idx"]}'))
        path = str(info.get('img_path', source))
        return None, Refusal(path, 'the pipeline returned None', source, False)

    def _asked_for(self, idx: int) -> Any:
        """Return this sample or fail: others would be another benchmark."""
        try:
            data = self.prepare_data(idx)
        except DataFileError as error:
            raise type(error)(
                error.path, error.reason, error.source, _EVALUATION
            ) from error
        if data is None:
            raise RuntimeError(
                f'the pipeline returned None for sample {int(idx)} of an '
                'evaluation; check its transforms'
            )
        return data

    def _count_skip(self, refusal: Refusal) -> None:
        self.num_skipped += 1
        if refusal.path in self._named or len(self._named) > _MAX_NAMED:
            return
        self._named.add(refusal.path)
        if len(self._named) > _MAX_NAMED:
            _warn(
                f'{_MAX_NAMED} bad files were named; this process only counts '
                'those that follow. bad_samples.txt in the work dir lists all'
            )
            return
        _warn(
            f'skipped {refusal.text()}; another sample takes its place; '
            f'{self.num_skipped} skipped so far in this process'
        )


def _nothing_usable(refusals: Sequence[Refusal]) -> str:
    last = '\n'.join(f'  {refusal.text()}' for refusal in refusals[-5:])
    return (
        f'{len(refusals)} samples in a row cannot be used; is data_root '
        f'right? The last:\n{last}'
    )


def _warn(text: str) -> None:
    print_log(text, logger='current', level=logging.WARNING)


def _warn_uncounted() -> None:
    warnings.warn(
        'the pipeline packs no data_samples: replaced samples are named in '
        'the log, but not counted over the run',
        stacklevel=3,
    )


def _warn_plain_index(idx: int) -> None:
    """Say once per worker that augmentation will repeat."""
    if isinstance(idx, Draw) or get_worker_info() is None:
        return
    warnings.warn(
        'a training sampler yields plain integers: each sample is augmented '
        "the same way in every epoch. Use sampler=dict(type='DrawSampler'), "
        'or test_mode=True for validation',
        stacklevel=3,
    )
