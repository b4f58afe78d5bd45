# Frame pairs of the videos below data/videos/train and data/videos/val, with
# flow computed in the workers: nothing is stored. Sizes and guidance are
# those of the published COCO recipe; augmentations stand in the pipeline,
# switched off. The guidance is always next to last: pipeline[-2].
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DrawSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='VideoPairDataset',
        data_root='data/videos',
        videos='train',
        estimator=dict(name='dis'),
        stride=1,
        short_size=333,
        pipeline=[
            dict(
                type='ResizeCropImageFlow',
                short_size=333,
                size=256,
                mode='random',
            ),
            dict(type='FlipImageFlow', prob=0.0),
            dict(type='ReverseFlow', prob=0.0),
            dict(type='ScaleFlow', low=1.0, high=1.0),
            dict(type='RotateFlow', prob=0.0, published_arctan=False),
            dict(
                type='SampleGuidance',
                strategies=['grid', 'watershed'],
                bg_ratio=5.632e-5,
                nms_size=49,
                max_points=-1,
            ),
            dict(type='PackFlowInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='VideoPairDataset',
        data_root='data/videos',
        videos='val',
        estimator=dict(name='dis'),
        stride=1,
        short_size=333,
        samples_per_epoch=200,
        test_mode=True,
        pipeline=[
            dict(
                type='ResizeCropImageFlow',
                short_size=333,
                size=256,
                mode='center',
            ),
            dict(
                type='SampleGuidance',
                strategies=['grid', 'watershed'],
                bg_ratio=5.632e-5,
                nms_size=49,
                max_points=-1,
            ),
            dict(type='PackFlowInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='FlowMetric')
test_evaluator = val_evaluator
