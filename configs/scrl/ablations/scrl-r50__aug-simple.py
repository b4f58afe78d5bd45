# Crop and flip alone, the published type 'simple'.
# ablates: views.*.ColorJitter
# ablates: views.*.Grayscale
# ablates: views.*.ResizeBlur
# ablates: views.*.Solarize
_base_ = '../scrl_r50_1xb128-100ep_images.py'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    del view[2:]
del view
