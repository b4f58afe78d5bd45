from mmssl.worlds.puppets.parts import KEYPOINTS, PARTS, Part


def test_parts__numbered_as_in_lip():
    """The order of the classes in LIP's own list."""
    assert (
        *('background', 'hat', 'hair', 'glove', 'sunglasses'),
        *('upper_clothes', 'dress', 'coat', 'socks', 'pants'),
        *('jumpsuits', 'scarf', 'skirt', 'face', 'left_arm', 'right_arm'),
        *('left_leg', 'right_leg', 'left_shoe', 'right_shoe'),
    ) == PARTS
    assert list(Part) == list(range(20))


def test_keypoints__left_before_right_but_the_nose():
    names = [name for name in KEYPOINTS if name != 'nose']
    assert len(names) == 16
    for left, right in zip(names[::2], names[1::2]):
        assert left.replace('left', 'right') == right
