"""What users call from Python; the tools call the same functions."""
