"""Backbones put into configs of mmdet, mmseg, mmpose and mmpretrain."""
