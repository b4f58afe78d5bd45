"""Classes of the data, and those that a model has outputs for."""

from __future__ import annotations

from typing import Any

from torch import nn

from mmssl.downstream.errors import HandOffError

_PROPOSALS = 'rpn_head'  # tells things from background, whatever the classes


def check_classes(model: nn.Module, train: Any, test: Any) -> None:
    """Compare the classes of two data sets and of a model's heads.

    Args:
        model: Built; heads say ``num_classes`` (or, of keypoints,
            ``out_channels``).
        train: Data set with ``metainfo``.
        test: The same.

    Raises:
        HandOffError: They differ; both counts and the keys to change are in
            the message.
    """
    classes = classes_of(train)
    others = classes_of(test)
    if classes is not None and others is not None and classes != others:
        raise HandOffError(
            'classes',
            f'training data has {_named(classes)}, test data '
            f'{_named(others)}: give both the same metainfo',
        )
    if classes is not None:
        wrong = {
            name: count
            for name, count in head_classes(model).items()
            if count != len(classes)
        }
        if wrong:
            raise HandOffError(
                'classes',
                f'the data has {_named(classes)}, and the model is for '
                + ', '.join(f'{n} (model.{k})' for k, n in wrong.items())
                + f': set num_classes={len(classes)} there, or other classes '
                'in the metainfo of the data',
            )
    _check_keypoints(model, train)


def classes_of(dataset: Any) -> tuple[str, ...] | None:
    """Return the classes of a data set, None if it does not tell."""
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    if classes is None or isinstance(classes, str):
        return None
    return tuple(str(name) for name in classes)


def head_classes(model: nn.Module) -> dict[str, int]:
    """Return the number of classes of each head.

    Args:
        model: Built.

    Returns:
        Name of the module -> number. Heads of proposals, and those that
        treat all classes alike, are not among them.
    """
    found = {}
    for name, module in model.named_modules():
        words = [word for word in name.split('.') if not word.isdigit()]
        count = getattr(module, 'num_classes', None)
        if not words or not words[-1].endswith('head'):
            continue
        if _PROPOSALS in words or getattr(module, 'class_agnostic', False):
            continue
        if isinstance(count, int) and count > 0:
            found[name] = count
    return found


def _check_keypoints(model: nn.Module, data: Any) -> None:
    """Compare the keypoints of poses with the maps of the head."""
    number = (getattr(data, 'metainfo', None) or {}).get('num_keypoints')
    head = getattr(model, 'head', None)
    maps = getattr(head, 'out_channels', None)
    if not isinstance(number, int) or not isinstance(maps, int):
        return
    if maps != number:
        raise HandOffError(
            'classes',
            f'the data has {number} keypoints, and the model gives out '
            f'{maps} (model.head): set out_channels={number} there',
        )


def _named(classes: tuple[str, ...]) -> str:
    """Return the number of classes and the first of them."""
    shown = ', '.join(classes[:4]) + ', ...' * (len(classes) > 4)
    return f'{len(classes)} classes ({shown})'
