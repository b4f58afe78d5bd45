# True Gaussian blur, as the paper's table says, not blur by resizing.
# ablates: views.*.ResizeBlurView
# ablates: views.*.GaussianBlurView
_base_ = '../scrl_r50_1xb128-100ep_images.py'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[4] = dict(type='GaussianBlurView', prob=view[4].prob)
del view
