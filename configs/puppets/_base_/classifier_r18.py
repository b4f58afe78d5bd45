# ResNet-18 classifier of mmpretrain, for 26 attributes.
_base_ = 'mmpretrain::_base_/models/resnet18.py'
model = dict(
    head=dict(
        _delete_=True,
        type='MultiLabelLinearClsHead',
        num_classes=26,
        in_channels=512,
    )
)
