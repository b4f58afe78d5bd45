"""The examples of docs/features.md run, in their order, as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmssl.apis import FeatureExtractor, write_features
from mmssl.registry import HOOKS
from mmssl.testing.toy_people import make_toy_people, toy_person

PAGE = Path(__file__).resolve().parents[2] / 'docs' / 'features.md'
BLOCKS = re.findall(r'^```python\n(.*?)^```', PAGE.read_text(), re.S | re.M)
CONFIG = 'mmssl::solider/solider_swin-t_8xb48-100ep_luperson.py'


@pytest.mark.slow
def test_features_page__examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_toy_people('photos', n=3)
    person = toy_person((256, 128), np.random.default_rng(0)).image
    Image.fromarray(person).save('person.jpg')
    made = FeatureExtractor(CONFIG, None, 'cpu')
    state = {
        f'teacher.backbone.{name}': value
        for name, value in made.backbone.state_dict().items()
    }
    torch.save(dict(state_dict=state), 'epoch_100.pth')
    write_features(
        made, 'photos/images', 'features', semantic_weights=(0, 0.5)
    )
    names = dict(config=CONFIG, images=['person.jpg', person])
    assert len(BLOCKS) == 4
    for block in BLOCKS:
        exec(compile(block, str(PAGE), 'exec'), names)
    assert names['features'].pooled.shape == (768,)
    assert names['features'].dense.shape == (768, 8, 4)
    assert names['extract'].part == 'teacher'
    assert names['table'].at(0.5).pooled.shape == (3, 768)
    assert len(names['found'].labels) == 2
    for name in ('pca', 'parts', 'masked'):
        assert Path(f'{name}.png').is_file()
    hook = HOOKS.build(names['custom_hooks'][0])
    assert hook.semantic_weights == [0, 0.5, 1]


def test_features_page__links_and_options():
    text = PAGE.read_text()
    for link in re.findall(r'\]\(((?:images/)?[\w.]+)\)', text):
        assert (PAGE.parent / link).is_file()
    from mmssl.cli import build_parser, load

    known = build_parser(load('features'), 'x').format_help()
    for option in set(re.findall(r'`(--[\w-]+)', text)) - {'--checkpoint'}:
        if option not in ('--semantic-weight',):
            assert option in known, option
