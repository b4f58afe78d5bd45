# 31 bins of 3.2 px instead of 99 of 1 px.
# ablates: model.head.codec.nbins
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(head=dict(codec=dict(nbins=31)))
