# Teacher's momentum from 0.996 to 1, the start of 1000 epochs.
# ablates: default_hooks.teacher.momentum
_base_ = '../scrl_r50_1xb128-100ep_images.py'
default_hooks = dict(teacher=dict(momentum=0.996))
