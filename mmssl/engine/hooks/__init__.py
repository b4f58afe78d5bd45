"""engine/hooks."""
