# Three views, the third drawn as the second: three pairs of views.
# ablates: views.2
_base_ = '../scrl_r50_1xb128-100ep_images.py'
views = _base_.train_dataloader.dataset.pipeline[1].views
views.append(views[1])
del views
