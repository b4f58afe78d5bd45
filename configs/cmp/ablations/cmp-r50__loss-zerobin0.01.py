# Pixels at rest count a hundredth (WeightedDiscrete of the published code).
# ablates: model.head.loss.zero_bin_weight
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(head=dict(loss=dict(zero_bin_weight=0.01)))
