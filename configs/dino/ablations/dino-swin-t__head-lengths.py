# Prototypes may have any length, as published for ViT-S and 300 epochs.
# ablates: model.neck.norm_last_layer
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(neck=dict(norm_last_layer=False))
