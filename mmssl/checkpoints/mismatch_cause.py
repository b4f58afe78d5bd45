"""Guess why the names of a checkpoint and of a model do not meet."""

from __future__ import annotations

from collections.abc import Collection


def likely_cause(
    file_names: Collection[str],
    model_names: Collection[str],
    reshaped: Collection[str] = (),
) -> str:
    """Return the likely cause of a mismatch, as one sentence.

    Args:
        file_names: Names in the file (without those in ``reshaped``).
        model_names: Names that the model needs (without those).
        reshaped: Names in both whose shapes differ.

    Returns:
        A sentence for the end of an error message.

    Example:
        >>> likely_cause(['backbone.a', 'head.b'], ['a'])
        "the file's names carry the prefix 'backbone.': load with it"
    """
    model, file = set(model_names), set(file_names)
    before = len(model & file)
    cut = {p: _kept(file, p, model) for p in _prefixes(file)}
    added = {p: _kept(model, p, file) for p in _prefixes(model)}
    best_cut = max(cut, key=lambda p: cut[p], default='')
    best_added = max(added, key=lambda p: added[p], default='')
    if cut.get(best_cut, 0) > max(before, added.get(best_added, 0)):
        return f"the file's names carry the prefix {best_cut!r}: load with it"
    if added.get(best_added, 0) > before:
        return (
            f'the file holds only what the model calls {best_added!r}: '
            'load it into that part'
        )
    shared = before + len(reshaped)
    smaller = min(len(file), len(model)) + len(reshaped)
    if reshaped and 2 * shared >= smaller:
        return (
            'the same architecture in another size (depth, width, number of '
            'outputs): use the config that the checkpoint was trained with'
        )
    return (
        'another architecture: use the config that the checkpoint was '
        'trained with'
    )


def _prefixes(names: Collection[str]) -> set[str]:
    """Return every beginning of the names that ends in a dot.

    Example:
        >>> sorted(_prefixes(['a.b.c', 'd']))
        ['a.', 'a.b.']
    """
    return {
        name[: end + 1]
        for name in names
        for end, letter in enumerate(name)
        if letter == '.'
    }


def _kept(names: Collection[str], prefix: str, others: set[str]) -> int:
    """Count the names with a prefix that meet others once it is cut off."""
    cut = (n[len(prefix) :] for n in names if n.startswith(prefix))
    return sum(name in others for name in cut)
