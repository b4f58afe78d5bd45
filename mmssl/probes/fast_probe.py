"""Linear and k-NN accuracy of features that are extracted once.

For small data, or without a GPU: the backbone sees every image once (twice
where its batch normalisation is adapted), and the classifiers are fitted on
the features to the end. No augmentation, no learning rate.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmssl.evaluation.class_accuracy import ClassAccuracy, class_accuracy
from mmssl.probes.extraction import (
    Features,
    adapt_batch_norm,
    extract_features,
)
from mmssl.probes.knn import knn_classify
from mmssl.probes.linear_fit import choose_l2, fit_linear
from mmssl.registry import MODELS
from mmssl.utils.random_state import kept_cpu_generators, seed_cpu_generators

_ADAPTED_TOGETHER = 8  # images whose statistics are one batch


def features_of(
    cfg: Config, device: str = 'cpu', seed: int = 0
) -> tuple[Features, Features]:
    """Extract the features of a config's training and validation data.

    The training images come as those of validation do, without augmentation.
    With ``model.statistics='batch'`` their statistics are first put into the
    backbone's batch normalisation, eight images a batch.

    Args:
        cfg: Of a linear or RoI linear evaluation.
        device: For the model.
        seed: Of weights that are not loaded.

    Returns:
        Rows of training, rows of validation.
    """
    scope = DefaultScope.overwrite_default_scope('mmssl')
    with scope, kept_cpu_generators():
        seed_cpu_generators([seed])
        model = MODELS.build(cfg.model)
        with quiet():
            model.init_weights()
        model = model.to(device)
        like = cfg.val_dataloader
        train_set = dict(
            cfg.train_dataloader.dataset,
            pipeline=like.dataset.pipeline,
            test_mode=True,
        )
        if model.statistics == 'batch':
            adapt_batch_norm(
                model, _loader(like, train_set, _ADAPTED_TOGETHER)
            )
        rows = extract_features(model, _loader(like, train_set))
        return rows, extract_features(model, _loader(like, like.dataset))


@contextmanager
def quiet() -> Iterator[None]:
    """Leave the list of a model's initialised parameters out of the log."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _loader(
    like: Mapping[str, Any],
    dataset: Mapping[str, Any],
    batch_size: int | None = None,
) -> DataLoader:
    """Build a loader in the order of the data set."""
    workers = like['num_workers']
    config = dict(
        like,
        dataset=copy.deepcopy(dict(dataset)),
        batch_size=batch_size or like['batch_size'],
        sampler=dict(type='DefaultSampler', shuffle=False),
        num_workers=workers,
        persistent_workers=False,
    )
    return Runner.build_dataloader(config)


def linear_accuracy(
    train: Features,
    val: Features,
    num_classes: int,
    l2: float | None = None,
    seed: int = 0,
) -> ClassAccuracy:
    """Fit a linear classifier on training rows, judge it on the others.

    Args:
        train: Training rows.
        val: Validation rows.
        num_classes: Classes.
        l2: Penalty; None: chosen on a fifth of the training images.
        seed: Of that fifth.
    """
    if l2 is None:
        l2 = choose_l2(*train, num_classes, seed=seed)
    fit = fit_linear(train.values, train.labels, num_classes, l2)
    return class_accuracy(fit.predict(val.values).numpy(), val.labels.numpy())


def knn_accuracy(
    train: Features,
    val: Features,
    num_classes: int,
    k: int = 20,
    temperature: float = 0.07,
) -> ClassAccuracy:
    """Let the nearest training rows vote on each validation row.

    Args:
        train: Training rows.
        val: Validation rows.
        num_classes: Classes.
        k: Neighbours; at most all.
        temperature: Of the votes.
    """
    found = knn_classify(
        val.values,
        train.values,
        train.labels,
        num_classes,
        k,
        temperature=temperature,
    )[k]
    return class_accuracy(found[:, 0].numpy(), val.labels.numpy())
