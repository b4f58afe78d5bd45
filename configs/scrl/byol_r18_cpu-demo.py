# BYOL, ResNet-18 on a CPU in minutes: the SCRL demo without boxes.
# Cost: 2 CPU cores, minutes.
# ablates: model.region, train_dataloader.dataset.pipeline.SampleBoxPairs
_base_ = './scrl_r18_cpu-demo.py'
_base_.model.region = dict(type='GlobalRegions')
_base_.train_dataloader.dataset.pipeline.pop(2)
