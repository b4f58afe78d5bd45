import pytest

from mmssl.probes.dense_classifiers import DenseKnn, DenseLinear
from mmssl.probes.parsing_options import ParsingOptions


def test_classifiers__by_name():
    found = ParsingOptions(k=5, temperature=0.2, l2=0.3, seed=4).classifiers()
    assert sorted(found) == ['5-NN', 'linear']
    assert isinstance(found['5-NN'], DenseKnn)
    assert isinstance(found['linear'], DenseLinear)
    assert (found['linear'].l2, found['linear'].seed) == (0.3, 4)
    assert (found['5-NN'].k, found['5-NN'].temperature) == (5, 0.2)


def test_pipeline__whole_images_or_crops():
    whole = ParsingOptions(size=(60, 40)).pipeline()
    assert [step['type'] for step in whole] == [
        'LoadImageRGB',
        'ResizeView',
        'PackMasks',
    ]
    assert whole[1]['size'] == (60, 40)
    crop = ParsingOptions(size=(60, 30), crops=0.25).pipeline()[1]
    assert crop == dict(
        type='RandomResizedCropView',
        size=(60, 30),
        scale=(0.25, 1.0),
        ratio=(0.5, 0.5),
    )


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(statistics='own'), r"one of \['batch', 'running'\], got 'own'"),
        (dict(seeds=0), 'seeds must be at least 1 .* got 0 and 2000'),
        (dict(max_images=1), 'max_images at least 2, got 1 and 1'),
        (dict(crops=0.0), r'crops must be a share .* in \(0, 1\], got 0'),
    ],
)
def test_init__out_of_range(wrong, message):
    with pytest.raises(ValueError, match=message):
        ParsingOptions(**wrong)
