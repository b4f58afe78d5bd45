# Each part's own initial weights instead of the published tiny ones. This is
# also the choice that keeps pretrained weights of a backbone.
# ablates: model.weight_init
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(weight_init='backbone')
