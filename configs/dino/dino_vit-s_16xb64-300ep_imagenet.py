# DINO, ViT-S/16, ImageNet, 300 epochs, as published ("boosted"): the teacher's
# temperature rises to 0.07 in 30 epochs, prototypes may have any length. Its
# authors report k-NN 73.3, linear 76.0.
# Cost: 16 GPUs, 375,300 steps of 1024 images of ten views.
# ablates: train_cfg.max_epochs, model.neck.norm_last_layer
# ablates: optim_wrapper.optimizer.lr, auto_scale_lr.base_batch_size
# ablates: default_hooks.temperature
_base_ = './dino_vit-s_8xb64-100ep_imagenet.py'
model = dict(neck=dict(norm_last_layer=False))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
auto_scale_lr = dict(base_batch_size=1024)
default_hooks = dict(
    temperature=dict(type='TeacherTempHook', start=0.04, end=0.07, epochs=30)
)
train_cfg = dict(max_epochs=300)
