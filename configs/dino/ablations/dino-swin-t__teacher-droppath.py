# The teacher drops paths as often as the student.
# ablates: model.teacher_drop_path
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(teacher_drop_path=None)
