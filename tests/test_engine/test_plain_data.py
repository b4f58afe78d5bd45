"""What goes into a dump comes out of it, by the safe reader."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.structures import BaseDataElement, InstanceData, PixelData
from mmpretrain.structures import DataSample

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.datasets.samplers import Draw
from mmssl.engine.plain_data import NotRebuilt, decode, encode, walk

numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)
)
keys = st.one_of(st.text(max_size=5), st.integers(), st.just('__plain__'))
nested = st.recursive(
    st.one_of(numbers, st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=3),
    ),
    max_leaves=8,
)


@given(nested)
@settings(max_examples=60, deadline=None)
def test_nested_data__round_trip(value):
    assert decode(encode(value)) == value


def through_a_file(value, folder):
    torch.save(encode(value), folder / 'a.pth')
    return decode(load_checkpoint(folder / 'a.pth'))


def test_tensors_and_arrays__keep_kind_and_bits(tmp_path):
    value = dict(
        img=torch.arange(6, dtype=torch.uint8).reshape(2, 3),
        half=torch.tensor([1.5, float('nan')], dtype=torch.bfloat16),
        array=np.array([[1.0, np.inf]], np.float32),
        scalar=np.float32(0.1),
    )
    back = through_a_file(value, tmp_path)
    assert torch.equal(back['img'], value['img'])
    assert back['half'].dtype == torch.bfloat16
    assert torch.equal(back['half'].isnan(), value['half'].isnan())
    assert back['array'].dtype == np.float32
    np.testing.assert_array_equal(back['array'], value['array'])
    assert back['scalar'] == value['scalar']


def test_data_samples__are_rebuilt_by_the_safe_reader(tmp_path):
    sample = DataSample(
        metainfo=dict(img_path='a.png', ori_shape=(4, 5), flip=True)
    )
    sample.gt_flow = torch.randn(2, 3, 3)
    sample.boxes = InstanceData(bboxes=torch.ones(2, 4))
    sample.map = PixelData(data=torch.zeros(1, 3, 3))
    (back,) = through_a_file([sample], tmp_path)
    assert type(back) is DataSample
    assert back.metainfo == sample.metainfo
    assert torch.equal(back.gt_flow, sample.gt_flow)
    assert type(back.boxes) is InstanceData
    assert torch.equal(back.boxes.bboxes, sample.boxes.bboxes)
    assert type(back.map) is PixelData


def test_subclasses__come_back_as_what_they_are_kinds_of():
    assert encode(Draw(3, number=8)) == 3
    assert type(encode(Draw(3, number=8))) is int
    assert encode(Path('a') / 'b') == 'a/b'
    assert encode(torch.nn.Linear) == 'torch.nn.modules.linear.Linear'


def test_encode__does_not_share_memory():
    tensor = torch.zeros(2)
    kept = encode(dict(a=tensor))
    tensor += 1
    assert kept['a'].tolist() == [0, 0]


class OwnElement(BaseDataElement):
    pass


def test_own_elements__are_found_among_what_is_imported():
    assert type(decode(encode(OwnElement()))) is OwnElement


@pytest.mark.parametrize(
    'kind', ['os.system', 'mmengine.dump', 'mmengine.nowhere.Thing']
)
def test_elements__of_other_kinds_are_refused(kind):
    plain = {'__plain__': 'element', 'kind': kind, 'meta': {}, 'data': {}}
    with pytest.raises(NotRebuilt, match=kind):
        decode(plain)


def test_unknown_objects__are_named_when_they_are_wanted():
    plain = encode(dict(a=slice(1, 2)))
    with pytest.raises(NotRebuilt, match=r'builtins.slice.*slice\(1, 2'):
        decode(plain)


def test_walk__goes_into_data_samples():
    sample = DataSample(metainfo=dict(sample_idx=3))
    sample.x = 5
    found = dict(walk(dict(data_samples=[sample])))
    assert found == {
        'data_samples.0.sample_idx': 3,
        'data_samples.0.x': 5,
    }
