# BYOL: the whole view instead of boxes.
# ablates: model.region, train_dataloader.dataset.pipeline.SampleBoxPairs
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.region = dict(type='GlobalRegions')
_base_.train_dataloader.dataset.pipeline.pop(2)
