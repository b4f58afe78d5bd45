"""Names of many files in flat arrays."""

import copy
import os
import pickle

import numpy as np
import pytest

from mmssl.io.path_table import FlatStrings, PathTable

FOLDERS = {
    '': ['z.jpg'],
    'käse/Brot': ['a b.jpg', os.fsdecode(b'\xff.png'), 'c\n.jpg'],
    'n01': [f'{i}.JPEG' for i in range(200)],
}
PATHS = [
    os.path.join(f, name) for f, names in FOLDERS.items() for name in names
]


def build(folders):
    builder = PathTable.Builder()
    for folder, names in folders.items():
        builder.add_folder(folder, names)
    assert len(builder) == sum(map(len, folders.values()))
    return builder.build()


def test_table__returns_the_paths():
    table = build(FOLDERS)
    assert [table[i] for i in range(len(table))] == PATHS
    assert table.folder_ids.tolist() == [0, 1, 1, 1] + [2] * 200


def test_table__survives_pickling_and_is_not_copied():
    table = build(FOLDERS)
    again = pickle.loads(pickle.dumps(table))
    assert [again[i] for i in range(len(again))] == PATHS
    assert copy.deepcopy(table) is table


def test_table__is_small():
    """About the bytes of the names, 8 for each length and 4 for the folder."""
    table = build({f'n{k:08d}': ['x' * 20] * 500 for k in range(100)})
    assert len(pickle.dumps(table)) < 50_000 * (20 + 8 + 4) + 5000


def test_table__empty():
    assert len(build({})) == 0


@pytest.mark.parametrize(
    'other',
    [
        {**FOLDERS, '': ['y.jpg']},
        {**FOLDERS, 'more': ['a.jpg']},
        {'': ['z.jpg', *FOLDERS['käse/Brot']], 'n01': FOLDERS['n01']},
    ],
)
def test_fingerprint__changes_with_names_and_folders(other):
    assert build(FOLDERS).fingerprint() == build(FOLDERS).fingerprint()
    assert build(FOLDERS).fingerprint() != build(other).fingerprint()


def test_strings__random_lengths():
    rng = np.random.default_rng(0)
    strings = [rng.bytes(int(n)) for n in rng.integers(0, 9, 300)]
    flat = FlatStrings(b''.join(strings), [len(s) for s in strings])
    assert [flat[i] for i in range(len(flat))] == strings
