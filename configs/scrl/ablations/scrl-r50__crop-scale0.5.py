# Crops of at least half of the image.
# ablates: views.*.RandomResizedCropView.scale
_base_ = '../scrl_r50_1xb128-100ep_images.py'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[0].scale = (0.5, 1.0)
del view
