import json

import numpy as np
import pytest

from mmssl.datasets.mask_classes import mask_classes

FINE = ['null', 'hat', 'jeans', 'skirt', 'ring']
GROUPS = {'other': '*', 'legs': ['skirt', 'jeans'], 'ignored': ['ring']}


def labels(found, values):
    return found.labels(np.array([values])).tolist()[0]


def test_classes__without_groups():
    found = mask_classes(FINE)
    assert found.names == tuple(FINE)
    assert labels(found, [4, 0, 255]) == [4, 0, -100]
    dense = mask_classes(FINE, ignore_index=None)
    assert labels(dense, [1, 2]) == [1, 2]
    with pytest.raises(ValueError, match=r'holds the values \[255\]'):
        dense.labels(np.array([[255]]))


def test_classes__an_ignored_value_that_has_a_name_is_no_class():
    found = mask_classes(FINE, ignore_index=(0, 9))
    assert found.names == ('hat', 'jeans', 'skirt', 'ring')
    assert labels(found, [0, 1, 4, 9]) == [-100, 0, 3, -100]
    with pytest.raises(ValueError, match=r'holds the values \[5, 8\], which'):
        found.labels(np.array([[8, 1, 5]]))
    with pytest.raises(ValueError, match=r'holds the values \[-1, 300\]'):
        found.labels(np.array([[300, -1]]))


def test_labels__of_8_bits_where_16_are_possible():
    found = mask_classes(FINE, ignore_index=300)
    assert found.labels(np.array([[4, 0]], np.uint8)).tolist() == [[4, 0]]
    wide = np.array([[300, 1]], np.uint16)
    assert found.labels(wide).tolist() == [[-100, 1]]


def test_groups__in_their_order():
    found = mask_classes(FINE, GROUPS)
    assert found.names == ('other', 'legs')
    assert labels(found, [0, 1, 2, 3, 4]) == [0, 0, 1, 1, -100]
    wide = found.labels(np.full((2, 3), 3, np.int64))
    assert wide.dtype == np.int16
    assert wide.shape == (2, 3)


def test_files__json_and_text(tmp_path):
    listed, named = tmp_path / 'a.json', tmp_path / 'b.json'
    listed.write_text(json.dumps(FINE))
    named.write_text(json.dumps(dict(classes=FINE)))
    (tmp_path / 'c.txt').write_text('\n'.join(FINE) + '\n')
    (tmp_path / 'g.json').write_text(json.dumps(GROUPS))
    expected = mask_classes(FINE, GROUPS)
    for path in (listed, str(named), tmp_path / 'c.txt'):
        found = mask_classes(path, str(tmp_path / 'g.json'))
        assert found.names == expected.names
        assert found.table.tolist() == expected.table.tolist()
    named.write_text('{"names": []}')
    with pytest.raises(ValueError, match='must hold a list of names, or an'):
        mask_classes(named)
    named.write_text('{')
    with pytest.raises(ValueError, match=r'b\.json is no json file'):
        mask_classes(named)


def test_groups__by_the_name_of_a_grouping():
    found = mask_classes(['null', 'hair', 'jeans', 'skirt'], 'people')
    assert found.names == ('background', 'head', 'lower body')
    assert labels(found, [3, 2, 1, 0]) == [2, 2, 1, 0]


@pytest.mark.parametrize(
    ('groups', 'message'),
    [
        ({'legs': ['jeans', 'skirt']}, r"in no group: \['null', 'hat', 'r"),
        ({'a': '*', 'b': ['jean']}, r"unknown: \['jean'\]"),
        ({'a': '*', 'b': '*'}, r"all others \('\*'\): \['a', 'b'\]"),
        ({'a': '*', 'b': ['hat'], 'c': ['hat']}, r"groups hold \['hat'\] tw"),
        ({'a': 'hat', 'b': '*'}, "'a' must be a list of classes or '"),
        ({'a': '*', 'ignored': ['hat']}, r"two classes are needed, got \['a"),
        ('peeple', r"'peeple' is neither a file nor one of \['people'\]"),
        (['a'], 'must map names of groups'),
    ],
)
def test_groups__that_do_not_fit(groups, message):
    with pytest.raises(ValueError, match=message):
        mask_classes(FINE, groups)


def test_names__mistakes():
    with pytest.raises(ValueError, match=r"classes hold \['a'\] twice"):
        mask_classes(['a', 'b', 'a'])
    with pytest.raises(ValueError, match='classes hold no name'):
        mask_classes([])
    with pytest.raises(ValueError, match=r'of masks, >= 0, got -1'):
        mask_classes(FINE, ignore_index=-1)
