# Regression with squared error instead of classification into bins.
# ablates: model.head
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.model.head = dict(
    type='FlowRegressionHead', in_channels=384, loss=dict(type='FlowL2Loss')
)
