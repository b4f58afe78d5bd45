"""How good are features: classifiers and figures on top of a frozen model."""

from mmssl.probes.linear_probe import LinearProbe

__all__ = ['LinearProbe']
