"""The numbers stand in the right rows."""

from mmssl.engine.profiling.report_table import report_table


def rows(report):
    found = {}
    for line in report_table(report).splitlines():
        cells = line.rsplit(None, 3)
        found.setdefault(line[:30].strip(), cells)
    return found


def test_table__cpu(report):
    text = report_table(report)
    assert max(map(len, text.splitlines())) <= 79
    found = rows(report)
    assert found['0 Load'][-2:] == ['3.000', '333']
    assert found['backbone'][-3:] == ['100.00', '200.00', '75.0%']
    assert found['head.loss_module (method)'][-3:] == [
        '100.00',
        '0.00',
        '25.0%',
    ]
    assert found['data wait'][-1] == '20.0%'
    assert found['forward'][-1] == '20.0%'
    assert found['method-specific'][-1] == '20.0%'
    assert found['method-specific, of the step'][-1] == '25.0%'
    assert 'unknown' in text
    assert 'channels_last' in text.splitlines()[0]
    assert 'A processor' in text


def test_table__gpu(gpu_report):
    text = report_table(gpu_report)
    assert 'NVIDIA T4' in text
    assert 'step, ms of stream time' in text
    found = rows(gpu_report)
    assert found['backbone'][-3:-1] == ['200.00', '400.00']
    assert found['peak memory of the GPU, MiB'][-1] == '512'
    assert found['MFU, training on data'][-1] == '25.0%'
    assert found['MFU, random tensors'][-1] == '50.0%'
