# No small crops: two views of each image.
# ablates: train_dataloader.dataset.pipeline.MultiViewGeometry.num_views
# ablates: views.2
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
maker = _base_.train_dataloader.dataset.pipeline[1]
maker.num_views = (1, 1)
maker.views.pop(2)
del maker
