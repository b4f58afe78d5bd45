# 10 epochs on from another run, as published: one of linear warm-up from 0,
# then cosine to 1e-6; the weight decay begins anew, by a cosine to 0.4.
param_scheduler = [
    dict(
        type='StepCosineLR', final=1e-6, warmup=1, convert_to_iter_based=True
    ),
    dict(type='StepCosineWeightDecay', final=0.4, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10)
val_cfg = None
test_cfg = None
