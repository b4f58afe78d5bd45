"""Image pairs with precomputed flow, listed in the published text format."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mmssl.datasets.choice import Indices, choose
from mmssl.datasets.chosen_dataset import ChosenDataset
from mmssl.datasets.line_index import LineIndex, ListEntry
from mmssl.registry import DATASETS

# Fields of a line, by the type of the flow files.
LIST_LAYOUTS = {
    'flo': ('img0', 'img1', 'flow.flo'),
    'jpg': ('img0', 'img1', 'flow_x.jpg', 'flow_y.jpg'),
}


@DATASETS.register_module()
class FlowPairDataset(ChosenDataset):
    """Samples of list files, one ``img0 img1 flow...`` per line.

    Fields are separated by white space, there is no header, and several
    lists follow one another in the given order. The lines stay in their
    files (see :class:`~mmssl.datasets.line_index.LineIndex`), so that ten
    million cost a few MB and need no second copy in any worker.

    Keys of a sample: img_path, target_img_path, flow_path (list of one
    ``.flo`` or two jpgs), source ("LIST, line N"), sample_idx, rng.

    Source: the published CMP's ``dataset.py``.
    Deviates: ``data_root`` (published: paths are relative to the working
    directory, which ``data_root=''`` still means).

    Args:
        ann_file: List file or files, relative to ``data_root``.
        flow_file_type: ``'jpg'`` (4 fields) or ``'flo'`` (3 fields).
        data_root: Folder that relative paths, those of the lists and those
            in the lists, start from.
        seed: Seed of all augmentation.
        indices: Keep the first (n > 0) or last (n < 0) entries, or these.
        **kwargs: pipeline, unreadable, max_refetch, metainfo, test_mode and
            lazy_init of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        FileNotFoundError: A list file is missing.
        ValueError: Unknown ``flow_file_type``, a line with another number of
            fields (file and line are named), or no entry at all.
    """

    METAINFO = dict(dataset_type='flow_pairs', task_name='flow')

    def __init__(
        self,
        ann_file: str | Sequence[str],
        flow_file_type: str = 'jpg',
        data_root: str = '',
        seed: int = 0,
        indices: Indices = None,
        **kwargs: Any,
    ) -> None:
        if flow_file_type not in LIST_LAYOUTS:
            raise ValueError(
                f'flow_file_type must be one of {sorted(LIST_LAYOUTS)}, '
                f'got {flow_file_type!r}'
            )
        self.flow_file_type = flow_file_type
        super().__init__(
            seed=seed,
            ann_file=ann_file,
            data_root=data_root,
            data_prefix={},
            indices=indices,
            **kwargs,
        )

    def full_init(self) -> None:
        """Check and index the lists; nothing if that is done already."""
        if self._fully_initialized:
            return
        layout = LIST_LAYOUTS[self.flow_file_type]
        self._lines = LineIndex(
            self.ann_file,
            len(layout),
            f'flow_file_type={self.flow_file_type!r}: {" ".join(layout)}',
        )
        self._chosen = choose(range(len(self._lines)), self._indices)
        if not len(self._chosen):
            raise ValueError(
                f'no samples: {", ".join(self.ann_file)} hold '
                f'{len(self._lines)} entries, indices={self._indices}'
            )
        self._fully_initialized = True
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return the paths of one sample.

        Args:
            idx: Index; negative counts from the end.

        Returns:
            img_path, target_img_path, flow_path, source and sample_idx.

        Raises:
            IndexError: No such sample.
        """
        sample_idx = self.checked_index(idx)
        entry = self.list_entry(sample_idx)
        paths = [os.path.join(self.data_root, name) for name in entry.fields]
        return dict(
            img_path=paths[0],
            target_img_path=paths[1],
            flow_path=paths[2:],
            source=f'{entry.path}, line {entry.line}',
            sample_idx=sample_idx,
        )

    def list_entry(self, idx: int) -> ListEntry:
        """Return the line of a sample as it stands in the list.

        Args:
            idx: Index from the head.
        """
        self.full_init()
        return self._lines[int(self._chosen[idx])]

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a list of paths below ``data_root``."""
        self.data_root = os.fspath(self.data_root or '')
        files = self.ann_file
        if isinstance(files, (str, os.PathLike)):
            files = [files]
        if isinstance(files, Mapping) or not all(
            isinstance(file, (str, os.PathLike)) and str(file)
            for file in files
        ):
            raise ValueError(
                'ann_file must be a path or a sequence of paths, got '
                f'{self.ann_file!r}'
            )
        self.ann_file = [os.path.join(self.data_root, file) for file in files]
