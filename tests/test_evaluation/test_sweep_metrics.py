import json

import pytest

from mmssl.evaluation.sweep_metrics import (
    last_loss,
    last_validation,
    numbers_of,
    read_metrics,
)


def write_log(work_dir, *records, start='20260101_000000'):
    log = work_dir / start / 'vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(map(json.dumps, records)) + '\n')


def test_numbers__rows_of_a_probe():
    accuracy = dict(top1=61.0, mean_class=60.0, number=20, classes=4)
    report = dict(
        seconds=3.0,
        backbone_config=dict(depth=50),
        rows=[
            dict(backbone='e.pth', classifier='linear', **accuracy),
            dict(backbone='random weights', classifier='linear', top1=40),
            dict(backbone='no network', classifier='place', top1=30),
        ],
    )
    assert numbers_of(report, 'probe') == {
        'probe/linear/top1': 61.0,
        'probe/linear/mean_class': 60.0,
        'probe/random weights/linear/top1': 40.0,
        'probe/no network/place/top1': 30.0,
    }


def test_numbers__rows_of_several_lambdas():
    rows = [
        dict(classifier='knn', semantic_weight=w, mIoU=10 + w) for w in (0, 1)
    ]
    assert numbers_of(dict(rows=rows)) == {
        'lambda 0/knn/mIoU': 10.0,
        'lambda 1/knn/mIoU': 11.0,
    }
    assert numbers_of(dict(rows=rows[1:])) == {'knn/mIoU': 11.0}


def test_numbers__metrics_of_a_test():
    content = {'coco/AP': 0.5, 'b': {'c': 1, 'd': 'text', 'e': True}}
    content['accuracy/number'] = 7
    assert numbers_of(content, 'test') == {
        'test/coco/AP': 0.5,
        'test/b/c': 1.0,
    }


def test_validation__last_one(tmp_path):
    write_log(
        tmp_path,
        dict(loss=3.0, lr=0.1, iter=1, step=1),
        {'mIoU': 10.0, 'data_time': 0.1, 'time': 0.2, 'step': 1},
        {'probe/top1': 55.0, 'step': 1, 'iter': 1},
        dict(loss=2.0, lr=0.1, iter=2, step=2),
        {'mIoU': 12.0, 'x/number': 4.0, 'step': 2},
    )
    assert last_validation(tmp_path) == {'mIoU': 12.0, 'probe/top1': 55.0}


def test_validation__a_resumed_training(tmp_path):
    write_log(tmp_path, {'a/b': 1.0, 'step': 1}, {'a/b': 2.0, 'step': 2})
    write_log(tmp_path, {'a/b': 5.0, 'step': 2}, start='20260102_000000')
    assert last_validation(tmp_path) == {'a/b': 5.0}


def test_loss__where_nothing_was_measured(tmp_path):
    records = [dict(loss=3.0 - i, iter=i, step=i) for i in (1, 2)]
    write_log(tmp_path / 'train', *records)
    assert last_validation(tmp_path / 'train') == {}
    assert last_loss(tmp_path / 'train') == {'loss': 1.0}
    assert read_metrics(tmp_path) == {'loss': 1.0}
    (tmp_path / 'probe.json').write_text('{"top1": 61}')
    assert read_metrics(tmp_path) == {'probe/top1': 61.0}


def test_read__all_files_of_a_run(tmp_path):
    write_log(tmp_path / 'train', {'a/b': 1.0, 'step': 1})
    # a log of mmengine's own, which no one asked for
    (tmp_path / 'train/20260101_000000/x.json').write_text('{"k": 3}')
    (tmp_path / 'run.json').write_text('{"seconds": 1, "x": 2}')
    (tmp_path / 'probe.json').write_text('{"top1": 61}')
    (tmp_path / 'test.json').write_text('{"AP": NaN}')
    found = read_metrics(tmp_path)
    assert list(found) == ['a/b', 'probe/top1', 'test/AP']
    assert found['probe/top1'] == 61


def test_read__nothing(tmp_path):
    assert read_metrics(tmp_path) == {}


def test_read__a_broken_file_is_named(tmp_path):
    (tmp_path / 'a.json').write_text('{"x": 1')
    with pytest.raises(ValueError, match=r'a\.json is no JSON'):
        read_metrics(tmp_path)
