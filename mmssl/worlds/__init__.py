"""Generated worlds with exact labels; numpy, OpenCV and SciPy only."""
