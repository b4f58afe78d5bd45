"""How many images of a data set are classified correctly, over processes."""

from __future__ import annotations

from torch import Tensor

from mmssl.probes.gather import gather_in_order
from mmssl.probes.labels import IGNORED


def ranked_accuracy(ranked: Tensor, labels: Tensor) -> dict[str, float]:
    """Return how often the label is among the first classes.

    Args:
        ranked: (n, r) int64, classes of each image, best first.
        labels: (n,) int64; images with -100 do not count.

    Returns:
        ``top1``, and ``top5`` if r >= 5, in %.

    Raises:
        ValueError: no image has a label.

    Example:
        >>> import torch
        >>> ranked_accuracy(torch.tensor([[2], [0]]), torch.tensor([2, 1]))
        {'top1': 50.0}
    """
    known = labels != IGNORED
    if not known.any():
        raise ValueError(
            'no image of the probe has a label: its accuracy is of labelled '
            'images'
        )
    hits = ranked[known] == labels[known][:, None]
    found = {'top1': hits[:, :1]}
    if ranked.shape[1] >= 5:
        found['top5'] = hits[:, :5]
    return {
        name: 100.0 * float(part.any(1).double().mean())
        for name, part in found.items()
    }


def gathered_accuracy(
    ranked: Tensor, labels: Tensor, places: Tensor
) -> dict[str, float]:
    """Return :func:`ranked_accuracy` of the images of all processes.

    Args:
        ranked: (n, r), see there, of this process.
        labels: (n,).
        places: (n,) int64, numbers of the images; one that occurs twice
            counts once.

    Returns:
        The same in every process.
    """
    _, ranked, labels = gather_in_order(
        places, ranked.to(places.device), labels.to(places.device)
    )
    return ranked_accuracy(ranked, labels)
