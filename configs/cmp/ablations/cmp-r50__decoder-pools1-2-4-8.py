# A fourth branch, for propagation over twice the distance.
# ablates: model.decoder.pools, model.head.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(decoder=dict(pools=(1, 2, 4, 8)), head=dict(in_channels=512))
