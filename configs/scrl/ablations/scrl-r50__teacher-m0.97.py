# Teacher's momentum from 0.97 to 1, the published start at a batch of 8192.
# ablates: default_hooks.teacher.momentum
_base_ = '../scrl_r50_1xb128-100ep_images.py'
default_hooks = dict(teacher=dict(momentum=0.97))
