# Teacher's momentum from 0.999 to 1.
# ablates: default_hooks.teacher.momentum
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
default_hooks = dict(teacher=dict(momentum=0.999))
