# Batch norms in the head.
# ablates: model.neck.use_bn
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(neck=dict(use_bn=True))
