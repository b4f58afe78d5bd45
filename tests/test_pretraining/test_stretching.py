from mmssl.engine.run_config import load_config
from mmssl.pretraining.stretching import schedule_changes

CPU_BASE = 'mmssl::cmp/cmp_r18_cpu-demo.py'
GPU_BASE = 'mmssl::cmp/cmp_r50_1xb32-20k_videos.py'


def test_schedule_changes__all_marks_move():
    base = load_config(GPU_BASE)
    changes = schedule_changes(base, 2000)
    assert changes['param_scheduler'][0]['milestones'] == [1200, 1700]
    assert changes['train_cfg'] == dict(max_iters=2000, val_interval=200)
    assert changes['default_hooks']['checkpoint']['interval'] == 200
    assert changes['default_hooks']['logger']['interval'] == 40
    small = load_config(CPU_BASE)
    changes = schedule_changes(small, 2)
    warm_up, cosine = changes['param_scheduler']
    assert (warm_up['begin'], warm_up['end'], cosine['begin']) == (0, 1, 1)
    same = schedule_changes(small, 900)
    assert same['param_scheduler'] == small.to_dict()['param_scheduler']


def test_schedule_changes__epochs_become_iterations():
    base = load_config('mmssl::scrl/scrl_r50_1xb128-100ep_images.py')
    changes = schedule_changes(base, 5000)
    assert changes['train_cfg'] == dict(
        _delete_=True,
        type='IterBasedTrainLoop',
        max_iters=5000,
        val_interval=5000,
    )
    [scheduler] = changes['param_scheduler']
    assert scheduler == dict(type='WarmupCosineLR', warmup=500, by_epoch=False)
    checkpoint = changes['default_hooks']['checkpoint']
    # every fifth of a hundred epochs
    assert checkpoint == dict(interval=250, by_epoch=False)
    assert changes['log_processor'] == dict(by_epoch=False)
    short = schedule_changes(base, 2)
    assert short['param_scheduler'][0]['warmup'] == 1
    assert 'log_processor' not in schedule_changes(load_config(CPU_BASE), 9)


def test_schedule_changes__hooks_of_the_first_epochs_count_steps():
    base = load_config('mmssl::dino/dino_swin-t_1xb64-100ep_people.py')
    hook = dict(type='TeacherTempHook', epochs=30)
    base.default_hooks['teacher_temp'] = hook
    base.default_hooks['off'] = None
    hooks = schedule_changes(base, 5000)['default_hooks']
    assert hooks['last_layer'] == dict(steps=50)
    assert hooks['teacher_temp'] == dict(steps=1500)
    assert set(hooks) == {'checkpoint', 'logger', 'last_layer', 'teacher_temp'}
