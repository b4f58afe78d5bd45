# 1000 epochs: 10 of linear warm-up from 0, then cosine to 0, by iterations.
param_scheduler = [
    dict(type='WarmupCosineLR', warmup=10, convert_to_iter_based=True)
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1000)
val_cfg = None
test_cfg = None
