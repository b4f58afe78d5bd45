# Puppets, one per picture, for probes that tell the class of each pixel: LIP's
# folders, its 20 classes in seven groups. Pictures are brought to 256x128 px,
# and the third stage (of stride 16) is taken, the fourth where there is one
# beside it: 16x8 cells. Of 8x4 cells the masks themselves, brought to them
# and back, have 42 % mIoU, of 16x8 72 %; of 20 classes 28 and 60 %.
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
    groups=dict(
        background=['background'],
        head=['hat', 'hair', 'sunglasses', 'scarf', 'face'],
        upper_body=['upper-clothes', 'dress', 'coat', 'jumpsuits'],
        lower_body=['pants', 'skirt'],
        arms=['glove', 'left-arm', 'right-arm'],
        legs=['socks', 'left-leg', 'right-leg'],
        shoes=['left-shoe', 'right-shoe'],
    ),
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=(256, 128)),
        dict(type='PackMasks'),
    ],
)
judged = dict(data, img_root='val_images', mask_root='val_segmentations')
probe = dict(
    max_cells=20000,
    colours=True,
    loader=dict(batch_size=16, dataset=judged),
    bank_loader=dict(batch_size=16, dataset=data),
)
stages = (2, 3)
