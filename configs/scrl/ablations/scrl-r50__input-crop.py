# Consistent inputs instead of boxes (appendix J): one crop for both views,
# stretched at random, padded with the mean.
# ablates: model.region, train_dataloader.dataset.pipeline.SampleBoxPairs
# ablates: views.*.RandomResizedCropView
# ablates: views.*.ResizeAspectView
# ablates: views.*.PadView
# ablates: train_dataloader.dataset.pipeline.RandomResizedCropView
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.region = dict(type='GlobalRegions')
_base_.train_dataloader.dataset.pipeline.pop(2)
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[0] = dict(type='ResizeAspectView', size=224)
    view.append(dict(type='PadView', size=224))
del view
_base_.train_dataloader.dataset.pipeline.insert(
    1, dict(type='RandomResizedCropView', size=None, scale=(0.2, 1.0))
)
