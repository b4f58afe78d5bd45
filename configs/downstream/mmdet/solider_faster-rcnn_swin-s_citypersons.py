# SOLIDER, pedestrian detection on CityPersons: Faster R-CNN, Swin-S with FPN.
# Published, with another detector: MR^-2 10.0 (reasonable) / 39.2 (heavy).
_base_ = './solider_faster-rcnn_swin-t_citypersons.py'
model = dict(backbone=dict(arch='small'))
benchmark = dict(
    name='pedestrians-s',
    title='Pedestrians, CityPersons (S)',
    metric='reasonable',
    slots=dict(all='model.neck.in_channels'),
    semantic_weight=1.0,
)
