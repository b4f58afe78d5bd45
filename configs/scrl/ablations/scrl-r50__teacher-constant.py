# Teacher's momentum stays at 0.99.
# ablates: default_hooks.teacher.end
_base_ = '../scrl_r50_1xb128-100ep_images.py'
default_hooks = dict(teacher=dict(end=0.99))
