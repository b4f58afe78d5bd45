import pytest

from mmssl.checkpoints.conversion import refuse_unknown, without_wrapper


def test_without_wrapper__once_and_only_in_front():
    assert without_wrapper('module.module.a') == 'module.a'
    assert without_wrapper('a.module.b') == 'a.module.b'


def test_refuse_unknown__lists_the_first_five_sorted():
    refuse_unknown(iter(()), 'X')
    with pytest.raises(ValueError, match=r'^2 keys .* in X: a, b$'):
        refuse_unknown(iter('ba'), 'X')
    with pytest.raises(ValueError, match=r'^6 .*: a, b, c, d, e, \.\.\.$'):
        refuse_unknown('fedcba', 'X')
