# Crop and flip alone, the published type 'simple'.
# ablates: views.*.ColorJitterView
# ablates: views.*.GrayscaleView
# ablates: views.*.ResizeBlurView
# ablates: views.*.SolarizeView
_base_ = '../scrl_r50_1xb128-100ep_images.py'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    del view[2:]
del view
