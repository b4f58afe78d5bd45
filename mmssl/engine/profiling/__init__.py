"""Measure a config: input pipeline, step, data wait, memory."""
