# CIHP, LIP's track of several people per photo (20 classes), as it is
# unpacked: Training and Validation with Images and Category_ids. All as for
# LIP, except that class 10 is the skin of the torso, which mmseg's LIPDataset
# does not know.
_base_ = './lip_parsing.py'
dataset_type = 'BaseSegDataset'
data_root = 'data/CIHP/instance-level_human_parsing'
for loader, part in (
    (_base_.train_dataloader, 'Training'),
    (_base_.val_dataloader, 'Validation'),
    (_base_.test_dataloader, 'Validation'),
):
    loader.dataset.type = dataset_type
    loader.dataset.data_root = data_root
    loader.dataset.ann_file = ''
    loader.dataset.data_prefix = dict(
        img_path=f'{part}/Images', seg_map_path=f'{part}/Category_ids'
    )
    loader.dataset.metainfo = dict(
        classes=[
            *('Background', 'Hat', 'Hair', 'Glove', 'Sunglasses'),
            *('UpperClothes', 'Dress', 'Coat', 'Socks', 'Pants'),
            *('Torso-skin', 'Scarf', 'Skirt', 'Face', 'Left-arm'),
            *('Right-arm', 'Left-leg', 'Right-leg', 'Left-shoe'),
            'Right-shoe',
        ]
    )
del loader, part
