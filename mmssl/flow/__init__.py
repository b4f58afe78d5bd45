"""Optical flow estimation, checks of it, and extraction from videos."""
