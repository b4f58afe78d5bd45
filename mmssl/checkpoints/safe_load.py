"""Reading of checkpoints that a user brings, without running what they say.

:func:`load_checkpoint` reads ``.pth`` files of both formats of ``torch.save``
and ``.safetensors``. :func:`install_safe_loader` makes mmengine use it for
everything: ``--resume``, ``load_from``, ``init_cfg=dict(type='Pretrained')``.

The host's ``torch.load(file)`` either refuses its own checkpoints (torch >=
2.6, where ``weights_only=True`` is the default) or runs whatever a file says
(torch < 2.6).
"""

from __future__ import annotations

import tarfile
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable, Union
from urllib.parse import urlparse

import torch
from mmengine.dist import barrier, is_main_process
from mmengine.runner import checkpoint as host
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.file_content import describe_content
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.restricted_pickle import PICKLE_MODULE
from mmssl.checkpoints.safe_handlers import install_safe_handlers
from mmssl.utils.optional import require

MapLocation = Union[None, str, torch.device, dict, Callable]


def load_checkpoint(
    path: str | Path, map_location: MapLocation = 'cpu'
) -> dict[str, Any]:
    """Read a checkpoint file.

    Args:
        path: A file of ``torch.save`` (zip or legacy format), or
            ``.safetensors``; ``~`` is expanded.
        map_location: As in ``torch.load``.

    Returns:
        What the file holds; of a safetensors file ``dict(state_dict=...,
        meta=...)``.

    Raises:
        FileNotFoundError: No such file.
        CheckpointError: The file asks for something no checkpoint needs
            (named in the message; nothing was run), or it is damaged.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f'there is no checkpoint {str(path)!r}')
    if file.suffix == '.safetensors':
        return _load_safetensors(file, map_location)
    foreign = describe_content(file)
    if foreign is not None:
        raise CheckpointError(f'{file} is no checkpoint, but {foreign}')
    _refuse_other_formats(file)
    return _without_program_text(_load_pickled(file, map_location), file)


def _load_pickled(file: Path, map_location: MapLocation) -> Any:
    """Call ``torch.load`` with the restricted unpickler."""
    try:
        return torch.load(
            file,
            map_location=map_location,
            pickle_module=PICKLE_MODULE,
            weights_only=False,
        )
    except CheckpointError as error:
        raise CheckpointError(
            f'{file} was refused: it asks for {error}, which weights, '
            'optimizer and log states do not need; nothing of it was run. '
            'If you trust the file, save its tensors alone with the program '
            'that wrote it'
        ) from None
    except Exception as error:
        raise CheckpointError(
            f'{file} could not be read as a checkpoint: '
            f'{type(error).__name__}: {error}. Is the file complete?'
        ) from error


def _refuse_other_formats(file: Path) -> None:
    """Refuse what ``torch.load`` would hand to other, unguarded readers."""
    with file.open('rb') as stream:
        start = stream.read(4)
    if start == b'PK\x03\x04':
        try:
            records = torch._C.PyTorchFileReader(str(file)).get_all_records()
        except RuntimeError as error:
            raise CheckpointError(
                f'{file} is damaged or cut short: {error}'
            ) from error
        if 'constants.pkl' in records:
            raise CheckpointError(f'{file} is a TorchScript program')
        _refuse_compressed(file)
    elif tarfile.is_tarfile(file):
        raise CheckpointError(
            f'{file} is in the tar format of PyTorch before 0.2: load and '
            'save it with an older PyTorch first'
        )


def _refuse_compressed(file: Path) -> None:
    """Refuse an archive that grows when it is read.

    ``torch.save`` never compresses, so what is read is no larger than the
    file; a compressed archive of a megabyte can fill the memory.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise CheckpointError(f'{file} is damaged: {error}') from error
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(
                f'{file} was refused: {entry.filename} in it is '
                'compressed, which no checkpoint is; unpack it and let '
                'the program that wrote it save it again'
            )


def _without_program_text(checkpoint: Any, file: Path) -> Any:
    """Drop ``meta['config']``, which mmengine would execute on resume.

    mmengine reads old checkpoints' configs with ``Config.fromstring``, which
    runs them as Python. Its own checkpoints call the entry ``cfg``, and
    nothing executes that.
    """
    meta = checkpoint.get('meta') if isinstance(checkpoint, dict) else None
    if isinstance(meta, dict) and 'config' in meta:
        del meta['config']
        warnings.warn(f'{file}: meta["config"] is not used, it is a program')
    return checkpoint


def _load_safetensors(file: Path, map_location: MapLocation) -> dict[str, Any]:
    """Read tensors and the text meta of a safetensors file."""
    safetensors = require('safetensors', f'reading {file}')
    by_name = isinstance(map_location, (str, torch.device))
    device = str(map_location) if by_name else 'cpu'
    try:
        with safetensors.safe_open(file, 'pt', device=device) as reader:
            tensors = OrderedDict(
                (name, reader.get_tensor(name))
                # a SafeOpen has keys() but is no iterable
                for name in reader.keys()  # noqa: SIM118
            )
            meta = dict(reader.metadata() or {})
    except safetensors.SafetensorError as error:
        raise CheckpointError(f'{file} could not be read: {error}') from error
    return dict(state_dict=tensors, meta=meta)


def install_safe_loader() -> None:
    """Make mmengine read every checkpoint with :func:`load_checkpoint`.

    Local paths and http(s) addresses (also those behind ``torchvision://``
    and ``open-mmlab://``) are read safely; the object stores that mmengine
    knows are refused, because it would unpickle what they send. YAML and
    pickle files are read safely, too. Idempotent.
    """
    install_safe_handlers()
    register = CheckpointLoader.register_scheme
    register('', load_from_local, force=True)
    register(('http://', 'https://'), load_from_http, force=True)
    for scheme, table in _MODEL_TABLES.items():
        register(f'{scheme}://', _by_name(table), force=True)
    register(_REFUSED, load_from_store, force=True)


def load_from_local(
    filename: str, map_location: MapLocation = None
) -> dict[str, Any]:
    """Read a file for mmengine (its log line shows the name's end)."""
    return load_checkpoint(filename, map_location)


def load_from_http(
    filename: str, map_location: MapLocation = None
) -> dict[str, Any]:
    """Download a checkpoint once, into torch.hub's folder, and read it."""
    name = Path(urlparse(filename).path).name
    file = Path(torch.hub.get_dir()) / 'checkpoints' / name
    if is_main_process() and not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(filename, str(file))
    barrier()
    return load_checkpoint(file, map_location)


def load_from_store(filename: str, map_location: MapLocation = None) -> Any:
    """Refuse an object store."""
    raise CheckpointError(
        f'{filename} is not read from its store directly: download the file '
        'and give its path'
    )


def _by_name(table: Callable[[], dict[str, str]]) -> Callable[..., Any]:
    """Return a loader of ``scheme://name`` that looks the name up."""

    def load_from_table(
        filename: str, map_location: MapLocation = None
    ) -> Any:
        name, urls = filename.split('://', 1)[1], table()
        if name not in urls:
            raise CheckpointError(
                f'{filename} is unknown; known names: '
                + ', '.join(sorted(urls))
            )
        return load_from_http(urls[name], map_location)

    return load_from_table


_MODEL_TABLES: dict[str, Callable[[], dict[str, str]]] = {
    'modelzoo': host.get_torchvision_models,
    'torchvision': host.get_torchvision_models,
    'open-mmlab': host.get_external_models,
    'openmmlab': host.get_external_models,
}
# As mmengine spells them, so that these replace its own.
_REFUSED = ('mmcls://', 'pavi://', r'(\S+\:)?s3://', r'(\S+\:)?petrel://')
