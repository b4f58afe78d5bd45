# Small pictures of people: two views of 128x64 and four of 64x32. Generated
# ones are written by: python tools/misc/toy_people.py data/demo_people
_base_ = './person_views.py'
train_dataloader = dict(
    batch_size=32,
    num_workers=1,
    dataset=dict(data_root='data/demo_people/images', data_prefix=''),
)
maker = _base_.train_dataloader.dataset.pipeline[1]
maker.num_views = (1, 1, 4)
for view, size in zip(maker.views, [(128, 64), (128, 64), (64, 32)]):
    view[0].size = size
del maker, view, size
