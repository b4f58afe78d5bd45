# Bins up to 25 px: twice as fine, and faster motion is clipped.
# ablates: model.head.codec.fmax
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(head=dict(codec=dict(fmax=25)))
