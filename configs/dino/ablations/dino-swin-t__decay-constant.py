# A weight decay of 0.04 from beginning to end.
# ablates: param_scheduler.StepCosineWeightDecay
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.param_scheduler.pop(1)
