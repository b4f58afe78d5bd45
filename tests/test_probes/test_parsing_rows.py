import json
import math

import pytest
import torch

from mmssl.probes.parsing_rows import ParsingRow, most_frequent, parsing_table
from mmssl.probes.segmentation_scores import (
    SegmentationScores,
    segmentation_scores,
)

NAN = math.nan
ONE = SegmentationScores(40.0, 50.0, 80.0, (20.0, 60.0, NAN, NAN), 9)
TWO = SegmentationScores(44.0, 52.0, 81.0, (30.0, NAN, 58.0, NAN), 9)


def test_row__mean_and_deviation_over_seeds():
    row = ParsingRow('a.pth', 'linear', 0.2, (ONE, TWO))
    assert row.mean('miou') == 42
    assert row.std('miou') == pytest.approx(math.sqrt(8))
    assert row._replace(scores=(ONE,)).std('miou') == 0
    content = row.content('abcd')
    assert json.loads(json.dumps(content)) == content
    assert content['iou'] == dict(a=25.0, b=60.0, c=58.0)
    assert content['semantic_weight'] == 0.2
    assert content['mean_accuracy'] == 51
    assert content['pixel_accuracy_std'] == pytest.approx(math.sqrt(0.5))
    plain = ParsingRow('a.pth', '5-NN', None, (ONE,)).content('abcd')
    assert 'semantic_weight' not in plain
    assert 'miou_std' not in plain


def test_table__columns_that_are_needed():
    rows = [
        ParsingRow('a.pth', 'linear', 0.5, (ONE, TWO)),
        ParsingRow('no network', 'place', None, (ONE, ONE)),
    ]
    lines = parsing_table(rows).splitlines()
    assert lines[0].split() == (
        ['backbone', 'lambda', 'classifier', 'mIoU', 'mean', 'class', 'pixel']
    )
    assert lines[1].split()[:4] == ['a.pth', '0.5', 'linear', '42.00']
    assert '42.00 +- 2.83' in lines[1]
    assert lines[2].startswith('no network          place')
    without = parsing_table(rows[1:])
    assert 'lambda' not in without


def test_most_frequent__is_one_class_everywhere():
    confusion = torch.tensor([[1, 2, 0], [3, 3, 0], [0, 0, 0]])
    expected = torch.tensor([[0, 3, 0], [0, 6, 0], [0, 0, 0]])
    assert most_frequent(confusion).miou == pytest.approx(100 / 3)
    assert str(most_frequent(confusion)) == str(segmentation_scores(expected))
