# A centre over more steps: momentum 0.99 instead of 0.9.
# ablates: model.head.center_momentum
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(head=dict(center_momentum=0.99))
