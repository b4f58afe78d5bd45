import pytest

from mmssl.evaluation.class_accuracy import ClassAccuracy
from mmssl.probes.accuracy_table import accuracy_table


def test_table__a_line_for_each_row():
    one = ClassAccuracy(51.234, 40.0, 30.0, 12.5, 200, 8)
    two = one._replace(top1=9.0)
    text = accuracy_table(
        {('a.pth', 'linear'): one, ('long name', 'knn'): two}
    )
    lines = [line.split() for line in text.splitlines()]
    assert lines == [
        ['backbone', 'classifier', 'top-1', 'mean', 'class'],
        ['a.pth', 'linear', '51.23', '40.00'],
        ['long', 'name', 'knn', '9.00', '40.00'],
        ['chance', 'most', 'frequent', 'class', '30.00', '12.50'],
        ['200', 'labels,', '8', 'classes'],
    ]
    assert len({len(line) for line in text.splitlines()[:-1]}) == 1
    with pytest.raises(ValueError, match='no accuracy'):
        accuracy_table({})
