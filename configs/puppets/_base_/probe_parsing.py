# Puppets, one per picture, for probes that tell the class of each pixel: LIP's
# folders and its 20 classes. Pictures are brought to 256x128 px, so that a map
# of stride 32 has 8x4 cells; masks stay as they are.
data = dict(
    type='ImageMasks',
    data_root='data/puppets/lip',
    img_root='train_images',
    mask_root='train_segmentations',
    classes=[
        *('background', 'hat', 'hair', 'glove', 'sunglasses'),
        *('upper-clothes', 'dress', 'coat', 'socks', 'pants'),
        *('jumpsuits', 'scarf', 'skirt', 'face', 'left-arm', 'right-arm'),
        *('left-leg', 'right-leg', 'left-shoe', 'right-shoe'),
    ],
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=(256, 128)),
        dict(type='PackMasks'),
    ],
)
judged = dict(data, img_root='val_images', mask_root='val_segmentations')
probe = dict(
    max_cells=None,
    colours=True,
    loader=dict(batch_size=16, dataset=judged),
    bank_loader=dict(batch_size=16, dataset=data),
)
