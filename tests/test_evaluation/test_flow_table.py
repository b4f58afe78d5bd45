import json

import pytest

from mmssl.evaluation import format_flow_table, save_flow_metrics

METRICS = {
    'flow/EPE': 1.84,
    'flow/Fl': 12.25,
    'flow/EPE_nearest': 1.5,
    'flow/Fl_nearest': 9,
    'flow/EPE_zero': 2.0,
    'flow/Fl_zero': 20,
    'flow/loss': 5.12346,
    'flow/ignored_pixels': 0,
    'lr': 0.1,
}


def test_format_flow_table__all_rows():
    assert format_flow_table(METRICS, 'CMP') == (
        '| prediction              | EPE (px) | Fl (%) '
        '| EPE against zero flow |\n'
        '| :---------------------- | -------: | -----: '
        '| --------------------: |\n'
        '| CMP                     |    1.840 |   12.2 '
        '|                -8.0 % |\n'
        '| nearest guidance vector |    1.500 |    9.0 '
        '|               -25.0 % |\n'
        '| zero flow               |    2.000 |   20.0 '
        '|                       |\n'
        '\nLoss of CMP: 5.1235.'
    )


def test_format_flow_table__prefix_is_optional():
    bare = {key.replace('flow/', ''): v for key, v in METRICS.items()}
    assert format_flow_table(bare) == format_flow_table(METRICS)


def test_format_flow_table__only_what_is_there():
    text = format_flow_table({'EPE': 1.0, 'ignored_pixels': 7})
    assert 'zero flow ' not in text.splitlines()[-1]
    assert len(text.splitlines()) == 4
    assert text.endswith('7 pixels of unknown flow are left out.')


def test_format_flow_table__nothing_to_show():
    with pytest.raises(ValueError, match=r"no flow/EPE; keys: \['loss'\]"):
        format_flow_table({'loss': 1.0})


def test_save_flow_metrics__valid_json_sorted(tmp_path):
    path = tmp_path / 'deep' / 'metrics.json'
    save_flow_metrics({'b': float('nan'), 'a': 1.5, 'c': 3}, path)
    assert json.loads(path.read_text()) == {'a': 1.5, 'b': None, 'c': 3.0}
    assert path.read_text().index('"a"') < path.read_text().index('"b"')
