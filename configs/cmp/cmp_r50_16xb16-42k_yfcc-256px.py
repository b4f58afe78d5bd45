# CMP, ResNet-50, YFCC 1.26 M pairs, smaller crops, for COCO. Paper: COCO 2017
# Mask R-CNN 32.3 box AP, 29.8 mask AP. Cost: 16 GPUs, 10.8 M samples.
# ablates: *_dataloader.dataset.pipeline.ResizeCropImageFlow.short_size
# ablates: *_dataloader.dataset.pipeline.ResizeCropImageFlow.size
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
# ablates: train_dataloader.batch_size, train_dataloader.sampler.batch_size
# ablates: auto_scale_lr.base_batch_size
_base_ = './cmp_r50_16xb10-42k_yfcc.py'
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.pipeline[2].update(short_size=333, size=256)
    loader.dataset.pipeline[-2].update(bg_ratio=5.632e-5, nms_size=49)
del loader
train_dataloader = dict(batch_size=16, sampler=dict(batch_size=16))
auto_scale_lr = dict(base_batch_size=256)
