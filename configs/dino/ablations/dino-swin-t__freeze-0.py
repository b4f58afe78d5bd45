# The last layer learns from the first step on.
# ablates: default_hooks.last_layer
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.default_hooks.pop('last_layer')
