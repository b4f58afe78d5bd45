# 199 bins of half a pixel.
# ablates: model.head.codec.nbins
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(head=dict(codec=dict(nbins=199)))
