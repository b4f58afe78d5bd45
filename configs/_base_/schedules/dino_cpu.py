# Minutes on a CPU: two epochs of warm-up, then cosine to 1e-6; the weight
# decay by a cosine to 0.4.
param_scheduler = [
    dict(
        type='StepCosineLR', final=1e-6, warmup=2, convert_to_iter_based=True
    ),
    dict(type='StepCosineWeightDecay', final=0.4, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=20)
val_cfg = None
test_cfg = None
