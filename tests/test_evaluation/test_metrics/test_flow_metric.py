import math
import multiprocessing

import numpy as np
import pytest
import torch
from mmengine import dist as mm_dist
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.structures import BaseDataElement

from mmssl.evaluation import FlowMetric
from mmssl.registry import LOG_PROCESSORS, METRICS
from mmssl.utils.host import config_file


def make_images(sizes, seed=0):
    """Batches of one image each, as the validation loop hands them over."""
    rng = np.random.default_rng(seed)
    images = []
    for n, (height, width) in enumerate(sizes):
        gt = rng.normal(size=(2, height, width)).astype(np.float32) * 5
        pred = gt + rng.normal(size=gt.shape).astype(np.float32) * 2
        points = rng.integers(0, (height, width), (3, 2))
        vectors = gt[:, points[:, 0], points[:, 1]].T
        batch = dict(
            inputs=dict(
                guidance_points=[torch.from_numpy(points)],
                guidance_vectors=[torch.from_numpy(vectors.copy())],
            )
        )
        sample = BaseDataElement(
            pred_flow=torch.from_numpy(pred), gt_flow=torch.from_numpy(gt)
        )
        sample.set_metainfo(dict(loss=0.5 * n))
        images.append((batch, sample))
    return images


def naive_epe_fl(flows, targets):
    errors, outliers = [], []
    for flow, gt in zip(flows, targets):
        for row in range(gt.shape[1]):
            for col in range(gt.shape[2]):
                epe = math.dist(flow[:, row, col], gt[:, row, col])
                length = math.hypot(*gt[:, row, col])
                errors.append(epe)
                outliers.append(epe > 3 and epe > 0.05 * length)
    return np.mean(errors), 100 * np.mean(outliers)


def naive_nearest(batch, gt):
    points = batch['inputs']['guidance_points'][0].tolist()
    fill = np.zeros(gt.shape)
    for row in range(gt.shape[1]):
        for col in range(gt.shape[2]):
            r, c = min(
                points,
                key=lambda p: ((p[0] - row) ** 2 + (p[1] - col) ** 2, p),
            )
            fill[:, row, col] = gt[:, r, c]
    return fill


def evaluate(images, **kwargs):
    evaluator = Evaluator(FlowMetric(print_table=False, **kwargs))
    for batch, sample in images:
        evaluator.process([sample], batch)
    return evaluator.evaluate(len(images))


def test_flow_metric__equals_naive_loops():
    images = make_images([(4, 6), (5, 3), (4, 6)])
    metrics = evaluate(images)
    targets = [s.gt_flow.numpy() for _, s in images]
    predictions = {
        '': [s.pred_flow.numpy() for _, s in images],
        '_zero': [gt * 0 for gt in targets],
        '_nearest': [
            naive_nearest(b, gt) for (b, _), gt in zip(images, targets)
        ],
    }
    for suffix, flows in predictions.items():
        epe, rate = naive_epe_fl(flows, targets)
        assert metrics[f'flow/EPE{suffix}'] == pytest.approx(epe, rel=1e-5)
        assert metrics[f'flow/Fl{suffix}'] == pytest.approx(rate, rel=1e-5)
    assert metrics['flow/loss'] == pytest.approx((0 + 0.5 + 1.0) / 3)
    assert metrics['flow/improvement_over_zero'] == pytest.approx(
        100 * (1 - metrics['flow/EPE'] / metrics['flow/EPE_zero'])
    )
    assert metrics['flow/ignored_pixels'] == 0


def test_flow_metric__pixels_count_equally_not_images():
    (small, one), (large, two) = make_images([(1, 1), (1, 3)])
    for sample, error in ((one, 4.0), (two, 0.0)):
        sample.pred_flow = sample.gt_flow.clone()
        sample.pred_flow[0] += error
    metrics = evaluate([(small, one), (large, two)])
    assert metrics['flow/EPE'] == pytest.approx(1.0)  # 4 px / 4 pixels
    assert metrics['flow/Fl'] == pytest.approx(25.0)


def test_flow_metric__unknown_target_ignored_in_every_row_and_counted():
    images = make_images([(4, 6)])
    before = evaluate(images)
    batch, sample = images[0]
    gt, pred = sample.gt_flow, sample.pred_flow
    sample.gt_flow = torch.cat([gt, torch.full((2, 1, 6), math.nan)], dim=1)
    sample.pred_flow = torch.cat([pred, pred[:, :1] * 9], dim=1)
    after = evaluate([(batch, sample)])
    assert after.pop('flow/ignored_pixels') == 6
    before.pop('flow/ignored_pixels')
    assert after == pytest.approx(before)


def test_flow_metric__without_guidance_or_loss_rows_are_left_out():
    (_, sample), *_ = make_images([(4, 6)])
    sample.pop('loss')
    metrics = evaluate([(dict(inputs={}), sample)])
    assert sorted(metrics) == [
        'flow/EPE',
        'flow/EPE_zero',
        'flow/Fl',
        'flow/Fl_zero',
        'flow/ignored_pixels',
        'flow/improvement_over_zero',
    ]


def test_flow_metric__no_points_fall_back_to_zero_flow():
    (batch, sample), *_ = make_images([(4, 6)])
    batch['inputs']['guidance_points'] = [torch.zeros(0, 2).long()]
    batch['inputs']['guidance_vectors'] = [torch.zeros(0, 2)]
    metrics = evaluate([(batch, sample)])
    assert metrics['flow/EPE_nearest'] == metrics['flow/EPE_zero'] > 0


def test_flow_metric__still_target_has_no_improvement():
    (batch, sample), *_ = make_images([(4, 6)])
    sample.gt_flow = sample.gt_flow * 0
    metrics = evaluate([(batch, sample)])
    assert metrics['flow/EPE_zero'] == 0
    assert math.isnan(metrics['flow/improvement_over_zero'])


def test_flow_metric__half_precision_prediction():
    images = make_images([(4, 6)])
    expected = evaluate(images)['flow/EPE']
    images[0][1].pred_flow = images[0][1].pred_flow.bfloat16()
    assert evaluate(images)['flow/EPE'] == pytest.approx(expected, rel=0.02)


def test_flow_metric__missing_field():
    (batch, sample), *_ = make_images([(4, 6)])
    sample.pop('pred_flow')
    with pytest.raises(ValueError, match=r"needs 'pred_flow'.*got keys"):
        evaluate([(batch, sample)])


def test_flow_metric__empty_set():
    with pytest.raises(ValueError, match='got no image'):
        FlowMetric().compute_metrics([])


def test_flow_metric__table_is_logged(caplog):
    from mmengine.logging import MMLogger

    logger = MMLogger.get_instance('test_flow_metric', log_level='INFO')
    logger.addHandler(caplog.handler)
    metric = METRICS.build(dict(type='FlowMetric', name='CMP'))
    batch, sample = make_images([(4, 6)])[0]
    metric.process(batch, [sample.to_dict()])
    metric.evaluate(1)
    assert '| nearest guidance vector |' in caplog.text
    assert 'on 1 images' in caplog.text


def test_flow_metric__loss_is_logged_as_it_is():
    """mmengine would log the mean over the last ten validations."""
    config = Config.fromfile(config_file('_base_/default_runtime.py'))
    processor = LOG_PROCESSORS.build(config.log_processor)
    assert not processor.mean_pattern.search('flow/loss')
    for key in ('loss', 'loss_flow', 'data_time', 'grad_norm'):
        assert processor.mean_pattern.search(key)


def _worker(rank, folder, device, queue):
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/init', rank=rank, world_size=2
    )
    images = make_images([(4, 6), (5, 3), (4, 6)])
    # The sampler pads the shorter rank with the head of the list.
    mine = [images[0], images[2]] if rank == 0 else [images[1], images[0]]
    evaluator = Evaluator(
        FlowMetric(
            print_table=False,
            collect_device=device,
            collect_dir=f'{folder}/parts' if device == 'cpu' else None,
        )
    )
    for batch, sample in mine:
        evaluator.process([sample], batch)
    queue.put((rank, mm_dist.get_world_size(), evaluator.evaluate(3)))
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize('device', ['gpu', 'cpu'])
def test_flow_metric__two_processes_equal_one(tmp_path, device):
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    processes = [
        context.Process(
            target=_worker,
            args=(rank, tmp_path, device, queue),
            daemon=True,
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    results = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    expected = evaluate(make_images([(4, 6), (5, 3), (4, 6)]))
    for _, world_size, metrics in results:
        assert world_size == 2
        assert metrics == pytest.approx(expected, rel=1e-12)
