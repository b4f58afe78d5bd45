# Linear segmentation of people on a frozen Swin-T of SOLIDER or DINO at one
# lambda (model.backbone.semantic_weight), 256 x 128 px, eight classes, on one
# GPU. Cost: that of a forward pass of each photo and epoch.
_base_ = [
    '../_base_/models/parsing_swin.py',
    '../_base_/datasets/parsing_people.py',
    '../_base_/schedules/parsing_20e.py',
    '../_base_/parsing_runtime.py',
]
