from mmssl.probes.dense_classifiers import DenseLinear
from mmssl.registry import TASK_UTILS


def test_build__by_config():
    probe = TASK_UTILS.build(
        dict(
            type='mmssl.DenseLinearProbe',
            loader=None,
            bank_loader=None,
            l2=0.5,
            max_iter=30,
            max_cells=None,
        )
    )
    assert isinstance(probe.classifier, DenseLinear)
    assert (probe.classifier.l2, probe.classifier.max_iter) == (0.5, 30)
    assert (probe.name, probe.max_cells) == ('parsing_linear', None)
