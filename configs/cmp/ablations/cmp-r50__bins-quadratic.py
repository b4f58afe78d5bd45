# Bins that are finer near zero flow.
# ablates: model.head.codec.spacing
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(head=dict(codec=dict(spacing='quadratic')))
