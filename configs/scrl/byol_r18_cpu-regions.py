# BYOL beside scrl_r18_cpu-regions, at equal budget: the same without boxes.
# Cost: 1 CPU core, 20 minutes for 1200 images.
# ablates: model.region, train_dataloader.dataset.pipeline.SampleBoxPairs
_base_ = './scrl_r18_cpu-regions.py'
_base_.model.region = dict(type='GlobalRegions')
_base_.train_dataloader.dataset.pipeline.pop(2)
