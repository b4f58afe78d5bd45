from mmssl.probes.dense_classifiers import DenseKnn
from mmssl.registry import TASK_UTILS


def test_build__by_config():
    probe = TASK_UTILS.build(
        dict(
            type='mmssl.DenseKnnProbe',
            loader=None,
            bank_loader=None,
            k=7,
            temperature=0.1,
            semantic_weights=(0, 1),
            stages=(2, 3),
        )
    )
    assert isinstance(probe.classifier, DenseKnn)
    assert (probe.classifier.k, probe.classifier.temperature) == (7, 0.1)
    assert (probe.name, probe.weights) == ('parsing_knn', [0.0, 1.0])
    assert probe.stages == (2, 3)
