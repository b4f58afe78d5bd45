# The teacher's temperature rises from 0.04 to 0.07 in 30 epochs, as DINO's
# authors advise for long runs.
# ablates: default_hooks.temperature
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
default_hooks = dict(
    temperature=dict(type='TeacherTempHook', start=0.04, end=0.07, epochs=30)
)
