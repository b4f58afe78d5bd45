# Large crops from 14 % of the image on, small ones up to that, as published
# for ResNets.
# ablates: views.0.RandomResizedCropView.scale
# ablates: views.1.RandomResizedCropView.scale
# ablates: views.2.RandomResizedCropView.scale
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
for view, scale in zip(
    _base_.train_dataloader.dataset.pipeline[1].views,
    [(0.14, 1.0), (0.14, 1.0), (0.05, 0.14)],
):
    view[0].scale = scale
del view, scale
