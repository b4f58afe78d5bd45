# FCN-32s on AlexNet with batch norm, as in the VOC12 config of full size.
_base_ = 'mmseg::_base_/models/fcn_r50-d8.py'
custom_imports = dict(imports=['mmssl.models'])
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(192, 96)),
    backbone=dict(_delete_=True, type='mmssl.AlexNetBN', variant='32x'),
    decode_head=dict(
        in_channels=4096,
        in_index=0,
        channels=4096,
        num_convs=0,
        concat_input=False,
        dropout_ratio=0.0,
        num_classes=20,
        norm_cfg=dict(type='BN'),
    ),
    auxiliary_head=None,
)
