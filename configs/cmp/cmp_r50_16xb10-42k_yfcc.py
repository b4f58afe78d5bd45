# CMP, ResNet-50, YFCC 1.26 M pairs, for segmentation. Paper: VOC 2012
# segmentation 59.0 mIoU. Cost: 16 GPUs, 6.7 M samples.
_base_ = [
    '../_base_/models/cmp_r50.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_sgd.py',
    '../_base_/schedules/cmp_42k.py',
    '../_base_/default_runtime.py',
]
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.pipeline[2].size = 320
    loader.dataset.pipeline[-2].bg_ratio = 3.629e-5  # stride 165, as published
    loader.dataset.pipeline[-2].nms_size = 67
    loader.dataset.pipeline[-2].max_points = -1
del loader

# The published lists hold paths relative to the working directory.
train_dataloader = dict(
    batch_size=10,
    sampler=dict(
        type='GivenIterationSampler', total_iter=42000, batch_size=10
    ),
    dataset=dict(data_root='', ann_file=['data/yfcc/lists/train.txt']),
)
val_dataloader = dict(
    dataset=dict(data_root='', ann_file=['data/yfcc/lists/val.txt'])
)
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=160)
