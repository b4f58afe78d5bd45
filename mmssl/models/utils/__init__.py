"""Pieces that several models share; none is registered."""
