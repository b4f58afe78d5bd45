# People as in person_views.py, taller: 384x128, and 192x64 for small views.
_base_ = './person_views.py'
for view, size in zip(
    _base_.train_dataloader.dataset.pipeline[1].views,
    [(384, 128), (384, 128), (192, 64)],
):
    view[0].update(size=size, ratio=(0.25, 0.4))
del view, size
