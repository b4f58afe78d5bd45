# Each gradient's norm is at most 0.3 instead of 3.
# ablates: optim_wrapper.clip_grad.max_norm
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
optim_wrapper = dict(clip_grad=dict(max_norm=0.3))
