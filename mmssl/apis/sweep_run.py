"""One run of a sweep: its commands, one after the other, in its folder.

``run.json`` says how far it is: a command that has ended well is not started
again, whatever stopped the run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmssl.apis.sweep_command import (
    last_words,
    newest_checkpoint,
    run_command_logged,
)
from mmssl.apis.sweep_plan import SweepPlan, filled_in
from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.evaluation.sweep_metrics import read_metrics
from mmssl.evaluation.sweep_table import SweepRow

_LONGEST = 300  # characters of an error in tables


@dataclass(frozen=True)
class SweepRun:
    """A value (and a seed) of a sweep, in a folder of its own.

    Attributes:
        plan: Of the sweep.
        value: Of the key.
        seed: Of the run, if there are several.
        out: Folder of the sweep.
    """

    plan: SweepPlan
    value: str
    seed: int | None
    out: Path

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.out / 'runs' / self.plan.name(self.value, self.seed)

    def row(self) -> SweepRow:
        """Return what is known of the run, without running anything."""
        state = self._state()
        status = state.get('status', 'open')
        return SweepRow(
            value=self.value,
            seed=self.seed,
            status=status if status in ('done', 'failed') else 'open',
            metrics=state.get('metrics', {}),
            seconds=sum(step['seconds'] for step in state.get('steps', [])),
            folder=str(self.folder),
            error=state.get('error', ''),
        )

    def execute(self) -> SweepRow:
        """Run what is missing; return what came of it.

        A command that fails ends the run, and is told of in the row, not
        raised. Logs lie in the folder, one for each command.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        commands = self.commands()
        steps = self._kept(commands)
        for number, words in enumerate(commands[len(steps) :], len(steps)):
            self._write('open', steps)
            step = self._step(number, words)
            steps.append(step)
            if step['status']:
                self._write('failed', steps, error=step['error'])
                return self.row()
        self._finish(steps)
        return self.row()

    def commands(self) -> list[list[str]]:
        """Return the words of each command; '{checkpoint}' may be open."""
        places = dict(
            key=self.plan.key, run=str(self.folder), value=self.value
        )
        if self.plan.config is not None:
            places['config'] = self.plan.config
        if self.plan.checkpoint is not None:
            places['checkpoint'] = self.plan.checkpoint
        if self.seed is not None:
            places['seed'] = str(self.seed)
        return [filled_in(words, places) for words in self.plan.steps]

    def _kept(self, commands: list[list[str]]) -> list[dict[str, Any]]:
        """Return the first commands, as far as they have ended well.

        A command behind one that is run again may use what that writes.
        """
        kept: list[dict[str, Any]] = []
        for words, step in zip(commands, self._state().get('steps', [])):
            if step['status'] or step['words'] != words:
                break
            kept.append(step)
        return kept

    def _step(self, number: int, words: list[str]) -> dict[str, Any]:
        """Run one command; return its words, status and time."""
        log = self.folder / f'{number + 1}_{words[0]}.log'
        start = time.perf_counter()
        status, why = 0, ''
        try:
            status = run_command_logged(self._with_checkpoint(words), log)
            if status:
                why = f'{words[0]}: {last_words(log)} ({log})'
        except FileNotFoundError as missing:
            status, why = 1, str(missing)
        return dict(
            words=words,
            status=status,
            seconds=round(time.perf_counter() - start, 1),
            error=why[:_LONGEST],
        )

    def _with_checkpoint(self, words: list[str]) -> list[str]:
        """Fill in the newest checkpoint that the run has written."""
        if not any('{checkpoint}' in word for word in words):
            return words
        newest = newest_checkpoint(self.folder)
        if newest is None:
            raise FileNotFoundError(
                f'{words[0]} wants {{checkpoint}}, and the commands before '
                f'it have written none below {self.folder}'
            )
        return filled_in(words, dict(checkpoint=str(newest)))

    def _finish(self, steps: list[dict[str, Any]]) -> None:
        """Read the results, and note that the run is done."""
        metrics: dict[str, float] = {}
        why = (
            'no result: the commands wrote neither a JSON file into the '
            "run's folder ({run}) nor a log of a training below it"
        )
        try:
            metrics = read_metrics(self.folder)
        except (OSError, ValueError) as error:
            why = str(error)[:_LONGEST]
        if metrics:
            self._write('done', steps, metrics=metrics)
        else:
            self._write('failed', steps, error=why)

    def _state(self) -> dict[str, Any]:
        """Return what ``run.json`` says, nothing if there is none."""
        path = self.folder / 'run.json'
        if not path.is_file():
            return {}
        try:
            state = json.loads(path.read_text('utf-8'))
        except ValueError:
            return {}
        return state if isinstance(state, dict) else {}

    def _write(
        self, status: str, steps: Sequence[dict[str, Any]], **more: Any
    ) -> None:
        """Write ``run.json``."""
        content = dict(
            value=self.value,
            seed=self.seed,
            status=status,
            steps=list(steps),
            **more,
        )
        text = json.dumps(content, indent=2)
        write_text_atomically(text, self.folder / 'run.json')
