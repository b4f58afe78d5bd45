# Ten small crops of each image instead of eight.
# ablates: train_dataloader.dataset.pipeline.MultiViewGeometry.num_views
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[1].num_views = (1, 1, 10)
