# Puppets, frames of several people: boxes of whole people with what is seen of
# them, as CityPersons has them, 128x128 px; AP, and MR^-2 by visibility.
_base_ = './puppets_detection.py'
custom_imports = dict(imports=['mmssl.evaluation'])
metainfo = dict(classes=('pedestrian',))
train_dataloader = dict(
    dataset=dict(
        ann_file='annotations/pedestrians_train.json', metainfo=metainfo
    )
)
val_dataloader = dict(
    dataset=dict(
        ann_file='annotations/pedestrians_val.json', metainfo=metainfo
    )
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(
        type='CocoMetric',
        ann_file='data/puppets/annotations/pedestrians_val.json',
        metric='bbox',
    ),
    dict(
        type='mmssl.MissRateMetric',
        ann_file='data/puppets/annotations/pedestrians_val.json',
        category='pedestrian',
        visibility='vis_ratio',
    ),
]
test_evaluator = val_evaluator
