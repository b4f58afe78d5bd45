"""Reading, checking and exporting of checkpoints."""
