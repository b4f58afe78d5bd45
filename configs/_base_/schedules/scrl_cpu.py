# Minutes on a CPU: one epoch of warm-up, then cosine to 0, by iterations.
param_scheduler = [
    dict(type='WarmupCosineLR', warmup=1, convert_to_iter_based=True)
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=20)
val_cfg = None
test_cfg = None
