# Teacher's momentum stays at 0.9995.
# ablates: default_hooks.teacher.end
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
default_hooks = dict(teacher=dict(end=0.9995))
