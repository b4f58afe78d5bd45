# SOLIDER, COCO keypoints of one person at a time: Swin-S, 384x288 px.
# Published recipe: lr 1e-3, weight decay 0.01, batch 8 x 8; else as Swin-T.
_base_ = './solider_td-hm_swin-t_8xb16-210e_coco-384x288.py'
model = dict(backbone=dict(arch='small'))
train_dataloader = dict(batch_size=8)
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.01))
auto_scale_lr = dict(base_batch_size=64)
