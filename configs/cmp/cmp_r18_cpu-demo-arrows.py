# The demo for interactive use: it sees few guidance points as well as many,
# so that it answers a handful of arrows (mmssl.apis.MotionPropagator).
# ablates: train_dataloader.dataset.pipeline.SampleGuidance.max_points
_base_ = './cmp_r18_cpu-demo.py'
_base_.train_dataloader.dataset.pipeline[-2].max_points = (2, 400)
