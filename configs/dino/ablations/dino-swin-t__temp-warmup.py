# The teacher's temperature rises from 0.04 to 0.07 in 30 epochs, as published
# for 300 epochs.
# ablates: default_hooks.temperature
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
default_hooks = dict(
    temperature=dict(type='TeacherTempHook', start=0.04, end=0.07, epochs=30)
)
