# Guidance at watershed points alone; nothing where all moves as one.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.strategies
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-2].strategies = ['watershed']
_base_.val_dataloader.dataset.pipeline[-2].strategies = ['watershed']
_base_.test_dataloader.dataset.pipeline[-2].strategies = ['watershed']
