import json
from pathlib import Path

import pytest

from mmssl.checkpoints.scrl_names import NETWORKS, rename_key

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'


@pytest.mark.parametrize(
    ('key', 'network', 'ours'),
    [
        ('encoder.0.weight', 'online_network', 'backbone.conv1.weight'),
        ('module.encoder.1.running_var', 'target_network',
         'teacher.backbone.bn1.running_var'),
        ('encoder.7.2.bn3.num_batches_tracked', 'online_network',
         'backbone.layer4.2.bn3.num_batches_tracked'),
        ('projector.net.0.bias', 'target_network', 'teacher.neck.fc0.bias'),
        ('projector.net.1.weight', 'online_network', 'neck.bn0.weight'),
        ('net.3.weight', 'predictor', 'head.predictor.fc1.weight'),
        ('linear.bias', 'evaluator', 'online_probe.linear.bias'),
        # No place: a ReLU, a pool, another network, another layer.
        ('encoder.2.weight', 'online_network', None),
        ('encoder.8.weight', 'online_network', None),
        ('encoder.patch_embed.proj.weight', 'online_network', None),
        ('projector.net.2.weight', 'online_network', None),
        ('projector.fc.weight', 'online_network', None),
        ('net.3.weight', 'online_network', None),
        ('linear.scale', 'evaluator', None),
    ],
)  # fmt: skip
def test_rename_key(key, network, ours):
    assert rename_key(key, network) == ours


def test_rename_key__no_two_published_names_become_one():
    keys = json.loads((GOLDEN / 'scrl_resnet50_keys.json').read_text())
    split = [key.split('/') for key in keys]
    renamed = {
        rename_key(key, network[: -len('_state_dict')])
        for network, key in split
    }
    assert None not in renamed
    assert len(renamed) == len(keys) == 660
    assert {f'{n}_state_dict' for n in NETWORKS} > {n for n, _ in split}
