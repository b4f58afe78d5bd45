# No centring: the centre stays at 0, and the teacher may collapse to one
# prototype.
# ablates: model.head.center_momentum
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(head=dict(center_momentum=1.0))
