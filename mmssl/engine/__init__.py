"""What runs around the model: hooks and the launch of training."""

from mmssl.engine import hooks

__all__ = ['hooks']
