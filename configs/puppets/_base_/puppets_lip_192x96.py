# Puppets, one person per picture, as LIP, pictures of 192x96 px.
_base_ = './puppets_lip.py'
_base_.train_pipeline[2].scale = (96, 192)
_base_.test_pipeline[1].scale = (96, 192)
train_dataloader = dict(
    batch_size=4, dataset=dict(pipeline=_base_.train_pipeline)
)
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
