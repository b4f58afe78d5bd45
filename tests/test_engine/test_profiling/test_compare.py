"""Ratios, missing parts, and warnings."""

import copy

from mmssl.engine.profiling.compare import compare, differences


def test_compare__ratios(report):
    other = copy.deepcopy(report)
    other['loop']['images_per_s'] = 4.0
    other['step']['parts'][0]['cpu_ms'] = 50.0
    other['step']['parts'][2]['name'] = 'matching'
    lines = compare(report, other).splitlines()
    found = {line[:40].strip(): line[40:].split() for line in lines}
    assert found['training on data, images/s'] == ['2', '4', '0.500']
    assert found['forward backbone, ms'] == ['100', '50', '2.000']
    assert found['forward head.loss_module, ms'] == ['100', '-', '-']
    assert found['forward matching, ms'] == ['-', '100', '-']
    assert found['MFU'] == ['-', '-', '-']
    assert found['method-specific, share of the step'][-1] == '1.000'
    assert not any(line.startswith('warning') for line in lines)


def test_compare__a_report_of_before_lacks_a_figure(report):
    other = copy.deepcopy(report)
    other.pop('step_memory_mib')
    for one, two, cells in (
        (report, other, ['128', '-', '-']),
        (other, report, ['-', '128', '-']),
    ):
        (line,) = (x for x in compare(one, two).splitlines() if "step's" in x)
        assert line[40:].split() == cells


def test_compare__warns_of_what_differs(report, gpu_report):
    gpu_report['versions']['torch'] = '2.1.0'
    gpu_report['config']['batch_size'] = 8
    del gpu_report['config']['speed']
    assert set(differences(report, gpu_report)) == {
        'machine: gpu differs: None here, NVIDIA T4 there',
        'versions: torch differs: 2.11.0 here, 2.1.0 there',
        'config: batch_size differs: 2 here, 8 there',
        "config: speed differs: {'channels_last': True} here, None there",
    }
    text = compare(report, gpu_report)
    assert 'warning: versions: torch differs: 2.11.0 here' in text
