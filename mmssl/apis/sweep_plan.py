"""What a sweep runs: commands of mmssl, written out for each value."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmssl.apis.sweep_key import SweepError, expand_range

PLACES = ('checkpoint', 'config', 'key', 'run', 'seed', 'value')
# {value+1}: for what has to be one more, such as the classes of N parts
_PLACE = re.compile(r'\{(\w+)([+-]\d+)?\}')


@dataclass(frozen=True)
class SweepPlan:
    """A sweep.

    Attributes:
        key: That is changed, e.g. 'model.backbone.semantic_weight'.
        values: Of the key, as they are typed.
        steps: Commands of one run, one after the other, as words; places
            such as '{value}' are filled in for each run.
        config: Of the runs, if they have one.
        checkpoint: That is judged; None: '{checkpoint}' is the newest one
            that the run itself has written.
        seeds: Every value is run with each; none: once.
    """

    key: str
    values: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    config: str | None = None
    checkpoint: str | None = None
    seeds: tuple[int, ...] = ()

    def same_runs(self) -> dict[str, Any]:
        """Return what runs of one folder have in common, as plain data."""
        content = asdict(self)
        del content['values'], content['seeds']
        content['steps'] = [list(step) for step in self.steps]
        return content

    def name(self, value: str, seed: int | None) -> str:
        """Return the name of a run's folder.

        Example:
            >>> plan = make_plan('a.b', ['0.2'], ['test x {value}'])
            >>> plan.name('0.2', None)
            'b=0.2'
        """
        name = f'{self.key.split(".")[-1]}={value}'
        name += '' if seed is None else f'-seed={seed}'
        return re.sub(r'[^\w.=+-]+', '_', name)

    def runs(self) -> list[tuple[str, int | None]]:
        """Return (value, seed) of each run, in order."""
        seeds: tuple[int | None, ...] = self.seeds or (None,)
        return [(value, seed) for value in self.values for seed in seeds]


def make_plan(
    key: str,
    values: Sequence[str],
    steps: Sequence[str] = (),
    *,
    config: str | None = None,
    checkpoint: str | None = None,
    seeds: Sequence[int] = (),
) -> SweepPlan:
    """Check and complete what is asked for.

    Args:
        key: As in :class:`SweepPlan`.
        values: Texts; '0:1:0.2' stands for 0, 0.2, ... 1.
        steps: Commands without the word mmssl; where they go is added to
            train, test and probe if it is not given. None: with a
            checkpoint, ``test`` the config on it, else ``train`` it.
        config: As in :class:`SweepPlan`.
        checkpoint: As in :class:`SweepPlan`.
        seeds: As in :class:`SweepPlan`.

    Raises:
        SweepError: Values or seeds occur twice, a step has an unknown place,
            or no step depends on the value (or on the seed).

    Example:
        >>> plan = make_plan('train_cfg.max_epochs', ['1', '2'], config='a.py')
        >>> ' '.join(plan.steps[0][:5])
        'train {config} --work-dir {run}/train --resume'
        >>> plan.steps[0][5:]
        ('--cfg-options', '{key}={value}')
    """
    expanded = [one for value in values for one in expand_range(value)]
    _check_unique('values', expanded)
    _check_unique('seeds', seeds)
    texts = list(steps) or [_default_step(config, checkpoint, bool(seeds))]
    words = _with_outputs([_split(text) for text in texts])
    plan = SweepPlan(
        key,
        tuple(expanded),
        tuple(tuple(step) for step in words),
        config,
        checkpoint,
        tuple(seeds),
    )
    _check_places(plan)
    names = [plan.name(*run) for run in plan.runs()]
    _check_unique('names of runs', names)
    return plan


def filled_in(words: Sequence[str], places: Mapping[str, str]) -> list[str]:
    """Put the values of one run into a step; unknown places stay.

    Args:
        words: Of the step.
        places: Name -> text; '{value+1}' adds to a whole number.

    Example:
        >>> filled_in(['test', '{run}/a={value+1}'], dict(run='x', value='1'))
        ['test', 'x/a=2']
    """

    def text(found: re.Match[str]) -> str:
        name, added = found.groups()
        if name not in places or added is None:
            return places.get(name, found[0])
        return str(int(places[name]) + int(added))

    return [_PLACE.sub(text, word) for word in words]


def _default_step(
    config: str | None, checkpoint: str | None, seeds: bool
) -> str:
    """Return the step of a sweep that names none."""
    if config is None:
        raise SweepError(
            'nothing to run: give a CONFIG, or commands with --run'
        )
    step = 'test {config} {checkpoint}' if checkpoint else 'train {config}'
    seed = ' randomness.seed={seed}' if seeds else ''
    return f'{step} --cfg-options {{key}}={{value}}{seed}'


def _split(text: str) -> list[str]:
    """Cut a command into words, without a shell."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SweepError(f'--run {text!r}: {error}') from error
    words = words[1:] if words[:1] == ['mmssl'] else words
    if not words:
        raise SweepError('--run is empty; it wants a command of mmssl')
    return words


def _with_outputs(steps: Sequence[Sequence[str]]) -> list[list[str]]:
    """Say where train, test and probe write, where the user has not."""
    done: list[list[str]] = []
    used: set[str] = set()
    for words in steps:
        name, number = words[0], 2
        while name in used:
            name, number = f'{words[0]}{number}', number + 1
        used.add(name)
        options: list[str] = []
        if words[0] in ('train', 'test') and not _has(words, '--work-dir'):
            options += ['--work-dir', f'{{run}}/{name}']
        if words[0] == 'train' and not _has(words, '--resume'):
            options += ['--resume']
        if words[0] in ('test', 'probe') and not _has(words, '--out'):
            options += ['--out', f'{{run}}/{name}.json']
        # before the options that take all words behind them
        first = [i for i, word in enumerate(words) if word.startswith('-')]
        place = min(first, default=len(words))
        done.append([*words[:place], *options, *words[place:]])
    return done


def _has(words: Sequence[str], option: str) -> bool:
    """Whether a command has an option, in either spelling."""
    return any(w == option or w.startswith(f'{option}=') for w in words)


def _check_places(plan: SweepPlan) -> None:
    """Refuse steps that cannot be filled in, or that never change."""
    words = [word for step in plan.steps for word in step]
    found = [place for word in words for place in _PLACE.findall(word)]
    named = {name for name, _ in found}
    unknown = sorted(named - set(PLACES))
    if unknown:
        raise SweepError(
            f'--run has an unknown place {{{unknown[0]}}}; there are: '
            f'{", ".join(f"{{{place}}}" for place in PLACES)}'
        )
    if 'value' not in named:
        raise SweepError(
            'no --run has a {value}: all runs would be the same, e.g. '
            "--run 'train CONFIG --cfg-options {key}={value}'"
        )
    if plan.seeds and 'seed' not in named:
        raise SweepError('several seeds, and no --run has a {seed}')
    for name in sorted({name for name, added in found if added}):
        _check_whole(name, plan.values)
    if 'seed' in named and not plan.seeds:
        raise SweepError('a --run has a {seed}: give --seeds')
    if 'config' in named and plan.config is None:
        raise SweepError('a --run has a {config}: give a CONFIG')
    if plan.config and not Path(plan.config).name.endswith(
        ('.py', '.json', '.yaml', '.yml')
    ):
        raise SweepError(f'{plan.config!r} is no config')


def _check_whole(name: str, values: Sequence[str]) -> None:
    """Refuse to add to what is no whole number."""
    texts = [v for v in values if not re.fullmatch(r'-?\d+', v)]
    if name != 'value' or texts:
        what = f'{{{name}}}' if name != 'value' else f'the value {texts[0]!r}'
        raise SweepError(
            f'only whole numbers can be added to, as in {{value+1}}; {what} '
            'is none'
        )


def _check_unique(what: str, items: Sequence[Any]) -> None:
    """Refuse what occurs twice, as a number too."""
    if not items and what == 'values':
        raise SweepError('there are no values')
    seen: set[Any] = set()
    for item in items:
        try:
            same: Any = float(item)
        except ValueError:
            same = item
        if same in seen:
            raise SweepError(f'{what} must differ, {item!r} is there twice')
        seen.add(same)
