"""SyncBN becomes BN wherever it stands."""

from mmengine.config import ConfigDict

from mmssl.utils.sync_bn import without_sync_bn


def test_without_sync_bn__at_any_depth_and_in_place():
    model = ConfigDict(
        backbone=dict(norm_cfg=dict(type='SyncBN', eps=1e-3)),
        heads=[dict(norm_cfg=dict(type='SyncBN')), dict(name='SyncBN2')],
        pair=({'type': 'SyncBN'}, 3),
        neck=dict(norm_cfg=dict(type='GN')),
    )
    inner = model.backbone
    found = without_sync_bn(model)
    assert found is model
    assert found.backbone is inner
    assert found == dict(
        backbone=dict(norm_cfg=dict(type='BN', eps=1e-3)),
        heads=[dict(norm_cfg=dict(type='BN')), dict(name='SyncBN2')],
        pair=({'type': 'BN'}, 3),
        neck=dict(norm_cfg=dict(type='GN')),
    )
    assert isinstance(found.heads[0], ConfigDict)
