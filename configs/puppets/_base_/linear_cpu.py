# One linear layer on frozen features, in a minute of a CPU: whatever backbone
# is put in stays as it is.
_base_ = './classification_cpu.py'
optim_wrapper = dict(
    optimizer=dict(lr=0.01),
    paramwise_cfg=dict(
        custom_keys={'backbone.': dict(lr_mult=0.0, decay_mult=0.0)}
    ),
)
