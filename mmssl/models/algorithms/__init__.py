"""models/algorithms."""
