"""Codecs: pairs of exact encode and decode functions."""

from mmssl.codecs.flow_codec import FlowCodec

__all__ = ['FlowCodec']
