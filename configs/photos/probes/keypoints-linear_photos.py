# Frozen features: 17 keypoints of people in COCO photos by a linear function
# of the last map. Few people: expect it below what the place alone tells.
_base_ = '../_base_/probe_photo_keypoints.py'
benchmark = dict(
    name='keypoints-linear',
    title='Keypoints, linear (PCK@0.1)',
    metric='keypoints_linear_pck0.1',
)
probe = dict(type='KeypointLinearProbe')
