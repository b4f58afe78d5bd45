# SOLIDER, COCO keypoints of one person at a time: Swin-B, 384x288 px.
# Published recipe: lr 1e-3, weight decay 0.01, batch 8 x 12, 160 epochs with
# steps after 120 and 150; else as Swin-T.
_base_ = './solider_td-hm_swin-t_8xb16-210e_coco-384x288.py'
model = dict(backbone=dict(arch='base'), head=dict(in_channels=1024))
train_dataloader = dict(batch_size=12)
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.01))
_base_.param_scheduler[1].update(end=160, milestones=[120, 150])
train_cfg = dict(max_epochs=160)
auto_scale_lr = dict(base_batch_size=96)
