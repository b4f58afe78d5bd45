# The centre is that of the last step alone.
# ablates: model.head.center_momentum
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(head=dict(center_momentum=0.0))
