"""What a folder holds for methods that learn from single images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmssl.io.image_search import find_images
from mmssl.pretraining.data_folder import (
    DataFolder,
    PretrainError,
    inspect_folder,
)
from mmssl.pretraining.recipes import Choice

# Notes on what was left out; more would hide the rest.
_NOTES = 5
_EXAMPLES = 100


def inspect_images(path: str | Path) -> DataFolder:
    """Count the images below a folder, in all its sub-folders.

    Args:
        path: The folder.

    Returns:
        Kind 'images' with their number, up to a hundred of them as examples,
        what was left out as notes; or what
        else the folder holds, for :meth:`Recipe.check` to refuse: videos, or
        pairs with flow, whose images lie beside pictures of flow.

    Raises:
        PretrainError: Missing, or nothing in it that is known.
    """
    root = Path(path).absolute()
    if not root.is_dir():
        return inspect_folder(path)  # one video, or nothing
    if _holds_pairs(root):
        return inspect_folder(path)
    search = find_images(root)
    number = len(search.table)
    if not number:
        try:
            return inspect_folder(path)
        except PretrainError as error:
            told = '; '.join(search.left_out.lines()[:_NOTES])
            raise PretrainError(
                f'{root} holds no images' + (f', but {told}' if told else '')
            ) from error
    some = range(0, number, -(-number // _EXAMPLES))
    return DataFolder(
        'images',
        root,
        search.top_folders,
        num_train=number,
        notes=tuple(search.left_out.lines()[:_NOTES]),
        examples=tuple(search.table[i] for i in some),
    )


def images_choice(data: DataFolder) -> Choice:
    """Say what is trained on."""
    folders = len(data.items)
    return Choice(
        'data',
        f'{data.num_train} images in {data.root}',
        'all that were found'
        + (f', in {folders} folders and below' if folders else '')
        + '; no labels are needed',
    )


def images_changes(data: DataFolder) -> dict[str, Any]:
    """Return what points a config at the images."""
    return dict(
        train_dataloader=dict(
            dataset=dict(data_root=str(data.root)),
            # by iterations: batches cross the borders of epochs
            sampler=dict(infinite=True),
        )
    )


def _holds_pairs(root: Path) -> bool:
    """Whether this is what ``mmssl flow`` writes."""
    if not (root / 'train.txt').is_file():
        return False
    try:
        return inspect_folder(root).kind == 'pairs'
    except PretrainError:  # some other list
        return False
