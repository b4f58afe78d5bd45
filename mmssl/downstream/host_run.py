"""Train and test a task through its host's own Runner."""

from __future__ import annotations

import time
from typing import Any

from mmengine.config import Config
from mmengine.model import is_model_wrapper
from mmengine.registry import RUNNERS, DefaultScope
from mmengine.runner import Runner

from mmssl.downstream.class_counts import check_classes
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.load_gate import (
    as_load,
    check_names,
    check_network,
    random_report,
)
from mmssl.downstream.load_gate_hook import LoadGateHook
from mmssl.downstream.metrics import numbers_of


def train_and_test(
    config: Config, exported: Exported, scope: str, about: str
) -> tuple[dict[str, float], dict[str, Any], dict[str, float]]:
    """Check, train and judge.

    Args:
        config: Of the job, complete.
        exported: The backbone that was put in.
        scope: The host.
        about: Task and backbone, for messages.

    Returns:
        The evaluator's numbers, the load report, and the seconds of
        ``start``, ``train`` and ``test``.

    Raises:
        HandOffError: Anything that is not as it has to be, with its kind.
    """
    begin = time.perf_counter()
    with DefaultScope.overwrite_default_scope(scope):
        runner = _built(config, about)
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        names = None
        if exported.file is not None:
            names = check_names(exported, model.backbone)
        else:
            check_network(exported, model.backbone)
        load = (
            random_report(model.backbone)
            if names is None
            else (as_load(names))
        )
        print(load['text'], flush=True)
        _check_data(runner, model)
        hook = LoadGateHook(exported, names, about)
        runner.register_hook(hook)
        _run(runner.train, 'training', about)
        trained = time.perf_counter()
        metrics = _run(runner.test, 'test', about)
    seconds = dict(
        start=hook.started - begin,
        train=trained - hook.started,
        test=time.perf_counter() - trained,
    )
    return numbers_of(metrics), load, seconds


def _built(config: Config, about: str) -> Runner:
    """Build the runner of a config, and with it the model."""
    try:
        kind = config.get('runner_type')
        if kind is None:
            return Runner.from_cfg(config)
        return RUNNERS.build(config)
    except Exception as error:
        raise HandOffError(
            'misfit',
            f'the model cannot be built for {about}: '
            f'{type(error).__name__}: {error}',
        ) from error


def _check_data(runner: Runner, model: Any) -> None:
    """Read the lists of images, and compare classes."""
    found = []
    for name in ('train', 'test'):
        try:
            loop: Any = getattr(runner, f'{name}_loop')
        except Exception as error:
            raise HandOffError(
                'data',
                f'the {name} data cannot be read: {type(error).__name__}: '
                f'{error}. Generated data is made by mmssl puppets '
                'data/puppets',
            ) from error
        found.append(loop.dataloader.dataset)
    check_classes(model, *found)


def _run(call: Any, kind: str, about: str) -> Any:
    """Train or test; what fails there is told as such."""
    try:
        return call()
    except HandOffError:
        raise
    except Exception as error:
        raise HandOffError(
            kind, f'{kind} of {about} failed: {type(error).__name__}: {error}'
        ) from error
