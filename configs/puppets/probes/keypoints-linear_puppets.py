# Frozen features: 17 keypoints of puppets by a linear function of the last
# map.
_base_ = '../_base_/probe_keypoints.py'
benchmark = dict(
    name='keypoints-linear',
    title='Keypoints, linear (PCK@0.1)',
    metric='keypoints_linear_pck0.1',
)
probe = dict(type='KeypointLinearProbe')
bank_images = 450  # drawn by the seed
