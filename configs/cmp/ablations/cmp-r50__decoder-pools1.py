# One branch at full resolution: motion travels by convolutions alone.
# ablates: model.decoder.pools, model.head.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(decoder=dict(pools=(1,)), head=dict(in_channels=128))
