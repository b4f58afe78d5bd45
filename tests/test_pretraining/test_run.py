import json

import pytest

from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.run import PretrainRun


def test_run__before_it_is_trained(tmp_path):
    path = tmp_path / 'config' / 'a.py'
    path.parent.mkdir()
    path.write_text(
        "_base_ = 'mmssl::cmp/cmp_r18_cpu-demo.py'\n"
        'train_cfg = dict(max_iters=5)\n'
    )
    run = PretrainRun(path, tmp_path)
    assert run.config.train_cfg.max_iters == 5
    assert '_scope_' not in run.config.train_dataloader.collate_fn
    assert run.checkpoint is None
    assert run.metrics == {}
    for use in (lambda: run.export('x.pth'), run.propagator):
        with pytest.raises(PretrainError, match=r'no checkpoint yet: train'):
            use()


def test_metrics__last_values_of_all_runs(tmp_path):
    for name, records in (
        ('1', [dict(step=1, loss=3.0), dict(step=1, **{'flow/EPE': 2.0})]),
        ('2', [dict(step=2, loss=1.0)]),
    ):
        folder = tmp_path / name / 'vis_data'
        folder.mkdir(parents=True)
        text = '\n'.join(json.dumps(record) for record in records)
        (folder / 'scalars.json').write_text(text)
    run = PretrainRun(tmp_path / 'none.py', tmp_path)
    assert run.metrics == {'loss': 1.0, 'flow/EPE': 2.0}
