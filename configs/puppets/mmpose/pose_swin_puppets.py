# Pose of puppets, one at a time: heatmaps on a small Swin, as SOLIDER's pose.
_base_ = '../_base_/pose_cpu.py'
slots = dict(last='model.head.in_channels')
benchmark = dict(name='pose', title='Pose, PCK', metric='PCK', slots=slots)
