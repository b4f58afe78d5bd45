# Lists of frame pairs with stored flow, at the published AlexNet's settings.
# Every augmentation stands in the pipeline, switched off as published. The
# guidance is always next to last: pipeline[-2].
train_dataloader = dict(
    batch_size=12,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DrawSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='FlowPairDataset',
        data_root='data/flow_pairs',
        ann_file=['train.txt'],
        flow_file_type='jpg',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='LoadFlow'),
            dict(
                type='ResizeCropImageFlow',
                short_size=416,
                size=384,
                mode='random',
            ),
            dict(type='FlipImageFlow', prob=0.0),
            dict(type='ReverseFlow', prob=0.0),
            dict(type='ScaleFlow', low=1.0, high=1.0),
            dict(type='RotateFlow', prob=0.0, published_arctan=False),
            dict(
                type='SampleGuidance',
                strategies=['grid', 'watershed'],
                bg_ratio=1.5625e-4,
                nms_size=41,
                max_points=150,
            ),
            dict(type='PackFlowInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='FlowPairDataset',
        data_root='data/flow_pairs',
        ann_file=['val.txt'],
        flow_file_type='jpg',
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='LoadFlow'),
            dict(
                type='ResizeCropImageFlow',
                short_size=416,
                size=384,
                mode='center',
            ),
            dict(
                type='SampleGuidance',
                strategies=['grid', 'watershed'],
                bg_ratio=1.5625e-4,
                nms_size=41,
                max_points=150,
            ),
            dict(type='PackFlowInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='FlowMetric')
test_evaluator = val_evaluator
