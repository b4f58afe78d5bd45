# Generated people (`mmssl puppets data/puppets`), two views of 128x64 and
# four of 64x32.
_base_ = './person_views_cpu.py'
train_dataloader = dict(
    dataset=dict(data_root='data/puppets/people', data_prefix='train')
)
