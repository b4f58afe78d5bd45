"""Only wrappers are taken off, not a module that has one called so."""

from mmengine.registry import MODEL_WRAPPERS
from torch import nn

from mmssl.utils.model_wrapper import unwrapped


class Wrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module


def test_unwrapped__the_model_inside():
    model = nn.Linear(1, 1)
    looks_like_one = Wrapper(model)
    assert unwrapped(model) is model
    assert unwrapped(looks_like_one) is looks_like_one
    MODEL_WRAPPERS.register_module(name='TestWrapper', module=Wrapper)
    try:
        assert unwrapped(looks_like_one) is model
    finally:
        MODEL_WRAPPERS.module_dict.pop('TestWrapper')
