import pytest
import torch

from mmssl.probes.cell_labels import cell_shares
from mmssl.probes.dense_classifiers import DenseKnn, DenseLinear
from mmssl.probes.parsing_judge import bank_of, judge_baselines, judge_maps
from mmssl.probes.parsing_set import ParsingSet, make_splits


@pytest.fixture(scope='module')
def data():
    """Halves of two colours; what is where, is another one in each image."""
    generator = torch.Generator().manual_seed(0)
    masks, images = [], []
    for _ in range(20):
        mask = torch.zeros(16, 8, dtype=torch.int8)
        row = int(torch.randint(4, 12, (1,), generator=generator))
        top = int(torch.randint(0, 2, (1,), generator=generator))
        mask[:row], mask[row:] = top, 1 - top
        noise = torch.randint(0, 60, (3, 16, 8), generator=generator)
        images.append((noise + 150 * mask[None]).byte())
        masks.append(mask)
    return ParsingSet(torch.stack(images), masks, ('a', 'b'))


def shares(data, hw=(8, 4)):
    return torch.stack(
        [cell_shares(mask, hw, 2)[0].T.unflatten(1, hw) for mask in data.masks]
    )


def test_maps__that_know_the_classes_and_that_do_not(data):
    splits = make_splits(20, 0.25, (0, 1))
    kinds = {'linear': DenseLinear(1e-3), 'knn': DenseKnn(5)}
    good = judge_maps(data, shares(data), splits, kinds, 200)
    noise = torch.randn(
        20, 6, 8, 4, generator=torch.Generator().manual_seed(0)
    )
    bad = judge_maps(data, noise, splits, kinds, 200)
    for name in kinds:
        assert len(good[name]) == 2
        for high, low in zip(good[name], bad[name]):
            assert high.miou > 90
            assert high.miou > low.miou + 25
        # Other splits, other images.
        assert bad[name][0].iou != bad[name][1].iou


def test_bank__of_the_training_images_alone(data):
    (split,) = make_splits(20, 0.25, (3,))
    bank = bank_of(data, shares(data), split, 60)
    assert sorted(set(bank.images.tolist())) == split.train.tolist()
    assert len(bank.rows) == 60
    assert len(bank_of(data, shares(data), split, None).rows) == 15 * 32


def test_baselines__what_each_can_know(data):
    splits = make_splits(20, 0.25, (0,))
    rows = judge_baselines(data, (8, 4), splits, None)
    found = {row.classifier: row.mean('miou') for row in rows}
    assert list(found) == [
        'masks by cells',
        'colour and place',
        'colour',
        'place',
        'most frequent class',
    ]
    # Class is colour here, and no place has one class.
    assert found['masks by cells'] > 90
    assert found['colour'] > 90
    assert found['place'] < 60
    assert found['most frequent class'] < 35
    assert all(row.backbone == 'no network' for row in rows)
