# Gradients are not clipped.
# ablates: optim_wrapper.clip_grad
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
optim_wrapper = dict(clip_grad=None)
