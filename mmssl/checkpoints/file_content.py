"""What a file is that is no checkpoint, by its first bytes.

People download pages in place of files, and rename files of other tools.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

# First bytes -> what it is and what to do, in words.
_STARTS = (
    (b'version https://git-lfs', 'a pointer of Git LFS: run "git lfs pull"'),
    (b'\x89HDF', 'an HDF5 file of Keras: save the tensors from there'),
    (b'\x1f\x8b', 'compressed by gzip: unpack it first'),
    (b'BZh', 'compressed by bzip2: unpack it first'),
    (b'\xfd7zXZ', 'compressed by xz: unpack it first'),
    (b'7z\xbc\xaf', 'a 7z archive: unpack it first'),
    (b'Rar!', 'a rar archive: unpack it first'),
    (b'\x93NUMPY', 'a numpy array: a dict of named tensors is needed'),
    (b'GGUF', 'a GGUF file of llama.cpp: it holds no such network'),
    (b'%PDF', 'a PDF'),
    (b'\xff\xd8\xff', 'a JPEG picture'),
    (b'\x89PNG', 'a PNG picture'),
)
_PAGE = (
    'a web page: the download was not the file itself (a log-in, or '
    'a question before large files): download it in a browser'
)


def describe_content(file: Path) -> str | None:
    """Return what a file is, if it is known and no checkpoint.

    Args:
        file: It exists.

    Returns:
        Words such as ``'a web page: ...'``; None where nothing is known.
    """
    with file.open('rb') as stream:
        start = stream.read(512)
    if not start:
        return 'an empty file: the download or the save was broken off'
    text = start.lstrip().lower()
    if text.startswith((b'<!doctype', b'<html', b'<?xml')):
        return _PAGE
    for magic, what in _STARTS:
        if start.startswith(magic):
            return what
    if start[8:9] == b'{' and int.from_bytes(start[:8], 'little') < 1 << 32:
        return 'a safetensors file: give it the ending .safetensors'
    if text.startswith((b'{', b'[')):
        return 'a JSON text: a config or a log, not the weights'
    if start.startswith(b'PK\x03\x04'):
        return _describe_zip(file)
    return None


def _describe_zip(file: Path) -> str | None:
    """Tell archives of others from those of ``torch.save``."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return None
    if any(name.endswith('data.pkl') for name in names):
        return None
    if names and all(name.endswith('.npy') for name in names):
        return 'arrays of numpy (.npz): save them as tensors with torch.save'
    inside = [n for n in names if n.endswith(('.pth', '.pt', '.safetensors'))]
    if inside:
        return f'a zip archive: unpack it and give {inside[0]!r}'
    return 'a zip archive without weights'
