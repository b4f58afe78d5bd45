# A teacher's temperature of 0.02 instead of 0.04, all the time.
# ablates: model.head.teacher_temp
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(head=dict(teacher_temp=0.02))
