# Any folder of pictures of one person each, seen as in person_views.py.
_base_ = './person_views.py'
train_dataloader = dict(
    batch_size=64, dataset=dict(data_root='data/people', data_prefix='')
)
