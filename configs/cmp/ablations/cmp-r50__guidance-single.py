# One random moving pixel as the only guidance.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.strategies
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-2].strategies = ['single']
_base_.val_dataloader.dataset.pipeline[-2].strategies = ['single']
_base_.test_dataloader.dataset.pipeline[-2].strategies = ['single']
