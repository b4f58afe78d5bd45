"""The parts of a world: what is drawn for each, and how it is written."""
