# All gradients are clipped by one norm of 3 instead of each by its own.
# ablates: optim_wrapper.clip_grad
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.optim_wrapper.clip_grad = dict(type='norm', max_norm=3.0)
