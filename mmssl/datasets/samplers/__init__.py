"""datasets/samplers."""
