# Puppets seen by several cameras, in Market-1501's folders, for probes that
# search them: 256x128 px.
data = dict(
    type='Identities',
    data_root='data/puppets/market1501',
    data_prefix='bounding_box_test',
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=(256, 128)),
        dict(type='PackViews'),
    ],
)
probe = dict(
    loader=dict(batch_size=16, dataset=dict(data, data_prefix='query')),
    bank_loader=dict(batch_size=16, dataset=data),
)
