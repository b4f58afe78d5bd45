# 100 epochs as published: 10 of linear warm-up from 0, then cosine to 1e-6;
# the weight decay by a cosine to 0.4. All by steps of the optimiser.
param_scheduler = [
    dict(
        type='StepCosineLR', final=1e-6, warmup=10, convert_to_iter_based=True
    ),
    dict(type='StepCosineWeightDecay', final=0.4, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=100)
val_cfg = None
test_cfg = None
