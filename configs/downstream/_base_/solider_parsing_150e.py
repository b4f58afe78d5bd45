# SOLIDER's schedule for parsing, by epochs: lr 7e-3 (64 images) reached in 30
# epochs from its 500th, cosine back to that in epoch 120, three restarts of 10
# epochs from half the lr. SGD without decay.
_base_ = './parsing_epochs.py'
_base_.optim_wrapper.optimizer = dict(
    type='SGD', lr=7e-3, momentum=0.9, weight_decay=0.0
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1 / 500, by_epoch=True, end=30),
    dict(
        type='CosineAnnealingLR',
        eta_min=7e-3 / 500,
        by_epoch=True,
        begin=30,
        end=120,
    ),
    dict(
        type='CosineRestartLR',
        periods=[10, 10, 10],
        restart_weights=[0.5, 0.5, 0.5],
        eta_min=7e-3 / 500,
        by_epoch=True,
        begin=120,
        end=150,
    ),
]
train_cfg = dict(max_epochs=150)
