# The last layer is held for three epochs instead of one.
# ablates: default_hooks.last_layer.epochs
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
default_hooks = dict(last_layer=dict(epochs=3))
