# CMP, AlexNet-BN, YFCC 1.26 M pairs. Paper: VOC 2012 segmentation 42.9 mIoU.
# Cost: 16 GPUs, 13.4 M samples.
_base_ = [
    '../_base_/models/cmp_alexnet.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_sgd.py',
    '../_base_/schedules/cmp_70k.py',
    '../_base_/default_runtime.py',
]
# The published lists hold paths relative to the working directory.
train_dataloader = dict(
    batch_size=12,
    sampler=dict(
        type='GivenIterationSampler', total_iter=70000, batch_size=12
    ),
    dataset=dict(data_root='', ann_file=['data/yfcc/lists/train.txt']),
)
val_dataloader = dict(
    dataset=dict(data_root='', ann_file=['data/yfcc/lists/val.txt'])
)
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=192)
