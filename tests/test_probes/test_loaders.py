import copy

import pytest
from mmengine.dataset import InfiniteSampler
from torch.utils.data import DataLoader, IterableDataset

from mmssl.probes.loaders import (
    build_probe_loader,
    build_probe_loaders,
    check_same_classes,
    loader_places,
)
from mmssl.registry import DATASETS


@DATASETS.register_module()
class Numbers(list):
    """Numbers from 100."""

    def __init__(self, size):
        super().__init__(range(100, 100 + size))


class Endless(IterableDataset):
    def __iter__(self):
        return iter([1])


def test_build_probe_loader__each_sample_once_in_order():
    cfg = dict(batch_size=2, dataset=dict(type='mmssl.Numbers', size=5))
    before = copy.deepcopy(cfg)
    loader = build_probe_loader(cfg, 'test')
    values = [int(value) for batch in loader for value in batch]
    assert values == [100, 101, 102, 103, 104]
    assert cfg == before
    assert build_probe_loader(loader, 'test') is loader


@pytest.mark.parametrize('missing', ['batch_size', 'dataset'])
def test_build_probe_loader__says_what_is_missing(missing):
    cfg = dict(batch_size=2, dataset=dict(type='mmssl.Numbers', size=5))
    del cfg[missing]
    with pytest.raises(ValueError, match=f"knn: loader needs '{missing}'"):
        build_probe_loader(cfg, 'knn: loader')


def test_build_probe_loader__samples_without_a_number():
    with pytest.raises(ValueError, match='IterableDataset have no number'):
        build_probe_loader(DataLoader(Endless()), 'test')


def test_build_probe_loaders__both_with_defaults_that_configs_outdo():
    dataset = dict(type='mmssl.Numbers', size=3)
    own = dict(batch_size=2, dataset=dataset, drop_last=False)
    judged, bank = build_probe_loaders(
        own, dict(batch_size=2, dataset=dataset), 'test', drop_last=True
    )
    assert [len(judged), len(bank)] == [2, 1]
    assert build_probe_loaders(judged, bank, 'test') == (judged, bank)
    with pytest.raises(ValueError, match="knn: bank_loader needs 'dataset'"):
        build_probe_loaders(judged, dict(batch_size=1), 'knn')


def test_loader_places__of_shuffled_and_dropped_samples():
    dataset = Numbers(7)
    cfg = dict(
        batch_size=3,
        dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=True, seed=5),
        drop_last=True,
    )
    loader = build_probe_loader(cfg, 'test')
    values = [int(value) for batch in loader for value in batch]
    assert len(values) == 6
    assert [100 + place for place in loader_places(loader)] == values


def test_loader_places__orders_that_cannot_be_asked_for():
    dataset = Numbers(4)
    endless = DataLoader(dataset, sampler=InfiniteSampler(dataset))
    for loader in (endless, DataLoader(dataset, shuffle=True)):
        name = type(loader.sampler).__name__
        with pytest.raises(ValueError, match=f'{name} does not give each'):
            loader_places(loader)


class Named(list):
    """Data with names of classes."""

    def __init__(self, *classes):
        super().__init__([0])
        self.metainfo = dict(classes=classes)


@pytest.mark.parametrize(
    ('judged', 'bank', 'said'),
    [
        ('ac', 'ab', "label 1 is 'c' in the loader and 'b' in the bank_loa"),
        (
            'ab',
            'abc',
            r"label 2 is no class .* and 'c' .* \(2 and 3 classes\)",
        ),
    ],
)
def test_classes__must_be_the_same(judged, bank, said):
    loaders = [DataLoader(Named(*names)) for names in (judged, bank)]
    with pytest.raises(ValueError, match=said):
        check_same_classes(*loaders, 'knn')


def test_classes__the_same_or_unknown():
    loader = DataLoader(Named('a', 'b'))
    for other in (loader, DataLoader(Named()), DataLoader([0]), None):
        check_same_classes(loader, other, 'knn')
