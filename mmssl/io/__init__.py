"""Files on disk to arrays and back; no registry, no pipelines."""
