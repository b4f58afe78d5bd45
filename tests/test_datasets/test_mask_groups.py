from collections import Counter

from mmssl.datasets.mask_classes import mask_classes
from mmssl.datasets.mask_groups import GROUPINGS

LIP = [
    *('Background', 'Hat', 'Hair', 'Glove', 'Sunglasses', 'Upper-clothes'),
    *('Dress', 'Coat', 'Socks', 'Pants', 'Jumpsuits', 'Scarf', 'Skirt'),
    *('Face', 'Left-arm', 'Right-arm', 'Left-leg', 'Right-leg'),
    *('Left-shoe', 'Right-shoe'),
]


def test_groupings__each_word_once():
    for groups in GROUPINGS.values():
        words = Counter(word for part in groups.values() for word in part)
        assert {word for word, n in words.items() if n > 1} == set()


def test_people__takes_all_classes_of_lip():
    found = mask_classes(LIP, 'people')
    assert len(found.names) == 8
    by_name = {
        name: found.names[label] for name, label in zip(LIP, found.table)
    }
    assert by_name['Face'] == by_name['Hat'] == 'head'
    assert by_name['Left-leg'] == 'skin'
    assert by_name['Socks'] == by_name['Right-shoe'] == 'feet'
    assert by_name['Jumpsuits'] == 'whole body'
