"""Backbones on downstream tasks: many jobs, one table."""
