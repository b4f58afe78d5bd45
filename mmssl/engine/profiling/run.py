"""One profile: data, steps, report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmssl.engine.profiling.measure import Settings, measure_training
from mmssl.engine.profiling.pipeline_times import time_pipeline
from mmssl.engine.profiling.report import make_report
from mmssl.engine.profiling.synthetic_data import use_synthetic_data
from mmssl.registry import DATASETS


def profile(
    cfg: Config,
    settings: Settings,
    *,
    name: str,
    synthetic: bool = False,
    threads: int = 1,
) -> dict[str, Any]:
    """Measure a config.

    Args:
        cfg: Config of a training run; not changed.
        settings: How much is measured, and where.
        name: Of the config, for the report.
        synthetic: Generate data instead of reading the config's.
        threads: Of torch on the CPU.

    Returns:
        The report: :func:`mmssl.engine.profiling.report.make_report`.

    Raises:
        ValueError: The data cannot be generated, or has no pipeline.
        FileNotFoundError: The config's data is not there.
    """
    cfg = Config(cfg.to_dict())
    init_default_scope(cfg.get('default_scope') or 'mmssl')
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            if synthetic:
                use_synthetic_data(cfg.train_dataloader, Path(folder))
            dataset = DATASETS.build(cfg.train_dataloader.dataset)
            pipeline = time_pipeline(dataset, settings.samples)
            del dataset
            measured = measure_training(cfg, settings)
            return make_report(
                cfg, name, settings, pipeline, measured, synthetic
            )
    finally:
        torch.set_num_threads(before)
