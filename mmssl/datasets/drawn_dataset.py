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

from mmssl.datasets.samplers.draws import Draw
from mmssl.registry import TRANSFORMS


class DrawnDataset(BaseDataset):
    """Base of the datasets: seeds each sample's generator by its draw.

    ``results['rng'] = default_rng([seed, number])`` with the number of the
    :class:`~mmssl.datasets.samplers.Draw`, or the index itself where the
    sampler yields plain integers (validation: the same sample every time).

    A pipeline that returns None skips its sample; another one takes its
    place, chosen by the same draw. Skipped samples are counted in
    ``num_skipped`` (of this process) and named in a warning.

    Args:
        seed: Seed of all augmentation. Defaults to 0.
        pipeline: Transforms, built or as config dicts.
        **kwargs: Arguments of :class:`mmengine.dataset.BaseDataset`.
    """

    ann_file: Any
    data_root: str
    _fully_initialized: bool

    def __init__(
        self,
        seed: int = 0,
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        self.num_skipped = 0
        # By our registry: also without a default scope, as in a script.
        steps = [
            TRANSFORMS.build(step) if isinstance(step, dict) else step
            for step in pipeline
        ]
        super().__init__(pipeline=steps, **kwargs)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on one sample with the generator of its draw.

        Args:
            idx: Index, negative counts from the end; or a ``Draw``.

        Returns:
            What the pipeline returns.
        """
        results = self.get_data_info(idx)
        number = getattr(idx, 'number', results['sample_idx'])
        results['rng'] = np.random.default_rng([self.seed, number])
        return self.pipeline(self.read_sample(results))

    def read_sample(self, results: dict) -> dict:
        """Add data that a dataset reads by itself; here: nothing."""
        return results

    def __getitem__(self, idx: int) -> Any:
        """Return one sample; replace it if the pipeline refuses it.

        Args:
            idx: Index or ``Draw``.

        Returns:
            What the pipeline returns, never None.

        Raises:
            RuntimeError: The pipeline returned None for a sample of
                validation, or ``max_refetch`` times in a row.
        """
        self.full_init()
        if not self.test_mode:
            _warn_plain_index(idx)
        number = int(getattr(idx, 'number', idx % len(self)))
        attempts = 1 if self.test_mode else self.max_refetch + 1
        for attempt in range(attempts):
            data = self.prepare_data(idx)
            if data is not None:
                return data
            self._count_skip(idx)
            rng = np.random.default_rng([self.seed, number, attempt])
            idx = Draw(int(rng.integers(len(self))), number)
        raise RuntimeError(
            f'the pipeline returned None for {attempts} samples in a row; '
            'check the transforms and the last files named above'
        )

    def checked_index(self, idx: int) -> int:
        """Return ``idx`` counted from the head.

        Raises:
            IndexError: Outside -len(self) .. len(self) - 1.
        """
        size = len(self)
        if not -size <= idx < size:
            raise IndexError(f'sample {int(idx)} of {size} samples')
        return int(idx) % size

    def _count_skip(self, idx: int) -> None:
        self.num_skipped += 1
        info = self.get_data_info(idx)
        print_log(
            f'skipped sample {info["sample_idx"]} ({info["source"]}): the '
            f'pipeline returned None; {self.num_skipped} skipped so far in '
            'this process',
            logger='current',
            level=logging.WARNING,
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
