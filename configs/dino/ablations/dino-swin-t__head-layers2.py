# A head of two layers instead of three.
# ablates: model.neck.num_layers
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(neck=dict(num_layers=2))
