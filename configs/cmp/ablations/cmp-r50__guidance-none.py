# No guidance: flow is predicted from the image alone (Walker et al. 2015).
# ablates: model.motion_encoder, model.decoder.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.model.motion_encoder = None
_base_.model.decoder.in_channels = 256
