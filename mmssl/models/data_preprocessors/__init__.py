"""models/data_preprocessors."""
