# DINO's runs, with pictures of the parts: labels over the images, images
# without a part, and the features' main components at several lambdas.
_base_ = './dino_runtime.py'

default_hooks = dict(
    parts=dict(type='PartVisualizationHook', number=4, interval=5000)
)
