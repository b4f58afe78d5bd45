"""Which samples of a run were bad, counted over its processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mmssl.datasets.replacement import Refusal
from mmssl.io.errors import BadDataError
from mmssl.utils.whole_file import written_whole

_COLUMNS = ('count', 'kind', 'file', 'reason', 'named by')
_KINDS = {True: 'unreadable', False: 'refused'}


class BadData:
    """Counts of replaced samples, and of each file behind them.

    Attributes:
        draws: Samples that the run trained on.
        unreadable: Those in place of one with an unreadable file.
        refused: Those in place of one that the pipeline returned None for.
        files: Refusal -> how often.
    """

    def __init__(self) -> None:
        self.draws = 0
        self.unreadable = 0
        self.refused = 0
        self.files: dict[Refusal, int] = {}

    def add(self, draws: int, replaced: Iterable[Sequence[Refusal]]) -> None:
        """Count a batch.

        Args:
            draws: Its samples.
            replaced: For each replaced one, what was refused before it.
        """
        self.draws += draws
        for refusals in replaced:
            bad = any(refusal.unreadable for refusal in refusals)
            self.unreadable += bad
            self.refused += not bad
            for refusal in refusals:
                self.files[refusal] = self.files.get(refusal, 0) + 1

    def merge(self, other: BadData) -> None:
        """Add the counts of another process."""
        self.draws += other.draws
        self.unreadable += other.unreadable
        self.refused += other.refused
        for refusal, count in other.files.items():
            self.files[refusal] = self.files.get(refusal, 0) + count

    @property
    def share(self) -> float:
        """Share of the draws that met an unreadable file."""
        return self.unreadable / self.draws if self.draws else 0.0

    def check(self, max_share: float, min_count: int, report: str) -> None:
        """Stop the run if too many draws met an unreadable file.

        Args:
            max_share: Largest share allowed.
            min_count: Fewer than this many never stop a run.
            report: Where the whole list is.

        Raises:
            BadDataError: They are too many; the files are listed.
        """
        if self.unreadable < min_count or self.share <= max_share:
            return
        files = [one for one in self.by_count() if one.unreadable]
        told = '\n'.join(f'  {one.text()}' for one in files[:20])
        more = f'\n  and {len(files) - 20} more' if len(files) > 20 else ''
        raise BadDataError(
            f'{self.unreadable} of {self.draws} samples '
            f'({self.share:.1%}) were replaced because a file cannot be read, '
            f'more than max_share={max_share:g} allows. All {len(files)} '
            f'files are listed in {report}; tools/misc/check_dataset.py finds '
            'those that the run has not met yet. If they are not worth '
            'repairing, set custom_hooks = [dict(type="mmssl.BadDataHook", '
            f'max_share=...)]\n{told}{more}'
        )

    def by_count(self) -> list[Refusal]:
        """Return the refusals, the most frequent first."""
        return sorted(self.files, key=lambda one: (-self.files[one], one))

    def state(self) -> dict[str, Any]:
        """Return everything as plain data, for a checkpoint."""
        return dict(
            draws=self.draws,
            unreadable=self.unreadable,
            refused=self.refused,
            files=[[*one, count] for one, count in self.files.items()],
        )

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> BadData:
        """Undo :meth:`state`."""
        counts = cls()
        counts.draws = int(state['draws'])
        counts.unreadable = int(state['unreadable'])
        counts.refused = int(state['refused'])
        counts.files = {
            Refusal(*one): int(count) for *one, count in state['files']
        }
        return counts

    def write(self, path: str, left_out: Sequence[str] = ()) -> None:
        """Write the list, tab-separated, in one step.

        Args:
            path: File to write.
            left_out: What was left out before the run began, in words.
        """
        rows = [_COLUMNS]
        rows += [
            (str(self.files[one]), _KINDS[one.unreadable], *one[:3])
            for one in self.by_count()
        ]
        rows += [('0', 'left out', text, '', '') for text in left_out]
        lines = ['\t'.join(map(_one_line, row)) for row in rows]
        text = '\n'.join(lines) + '\n'
        with written_whole(path) as partial:
            partial.write_bytes(text.encode('utf-8', 'replace'))


def _one_line(text: str) -> str:
    return ' '.join(text.split())
