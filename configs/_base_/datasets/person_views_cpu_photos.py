# Photos of 384 px height with one standing person in the middle: the middle
# 128 px, so that most of a picture is the person, then small views. They are
# twice as high as wide, what they show is narrower: people get stouter.
_base_ = './person_views_cpu.py'
train_dataloader = dict(
    dataset=dict(data_root='data/people', data_prefix='unlabelled')
)
pipeline = _base_.train_dataloader.dataset.pipeline
for view, shape in zip(
    pipeline[1].views,
    [((0.6, 1.0), (0.3, 0.5)), ((0.6, 1.0), (0.3, 0.5)), (None, (0.3, 0.6))],
):
    view[0].scale = shape[0] or view[0].scale
    view[0].ratio = shape[1]
pipeline.insert(1, dict(type='CropView', size=(384, 128)))
del pipeline, view, shape
