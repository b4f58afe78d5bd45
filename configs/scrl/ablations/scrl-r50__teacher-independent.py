# The teacher starts from its own random weights, as published.
# ablates: model.teacher_init
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(teacher_init='independent')
