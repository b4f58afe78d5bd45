# 100 epochs as published for ResNets: 10 of linear warm-up from 0, then cosine
# to 1e-6; the weight decay stays.
param_scheduler = [
    dict(
        type='StepCosineLR', final=1e-6, warmup=10, convert_to_iter_based=True
    ),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=100)
val_cfg = None
test_cfg = None
