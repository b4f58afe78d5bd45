import pytest

from mmssl.checkpoints.parts import PARTS, find_part


def test_find_part__student_and_teacher():
    assert find_part('student') == ('backbone.', 'region.fpn.')
    assert find_part('teacher').fpn == 'teacher.region.fpn.'
    assert sorted(PARTS) == ['student', 'teacher']


def test_find_part__another_prefix():
    assert find_part('student', 'a.backbone.') == (
        'a.backbone.',
        'a.region.fpn.',
    )
    assert find_part('student', 'encoder.') == ('encoder.', 'region.fpn.')


def test_find_part__mistakes():
    with pytest.raises(ValueError, match="student, teacher, got 'ema'"):
        find_part('ema')
    with pytest.raises(ValueError, match=r"'teacher'\) or the prefix \('x"):
        find_part('teacher', 'x.')
