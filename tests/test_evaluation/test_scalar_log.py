import json

import pytest

from mmssl.evaluation import scalar_log


def write(path, records, tail=''):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record) for record in records]
    path.write_text('\n'.join(lines) + '\n' + tail)
    return path


def train(step, loss):
    return dict(lr=0.1, loss=loss, iter=step, step=step)


def test_read_curves__training_and_validation_of_one_file(tmp_path):
    log = write(
        tmp_path / 'scalars.json',
        [train(10, 3.0), train(20, 2.0), {'flow/EPE': 1.5, 'step': 20}],
    )
    assert scalar_log.read_curves(log) == {
        'lr': ([10, 20], [0.1, 0.1]),
        'loss': ([10, 20], [3.0, 2.0]),
        'flow/EPE': ([20], [1.5]),
    }


def test_read_curves__resumed_run_replaces_what_it_did_again(tmp_path):
    first = [train(n, 10.0 - n) for n in (1, 2, 3, 4)]
    first.insert(2, {'flow/EPE': 7.0, 'step': 2})
    second = [train(3, 0.3), train(4, 0.4), {'flow/EPE': 0.5, 'step': 4}]
    write(tmp_path / '20260102_000000/vis_data/scalars.json', second)
    write(tmp_path / '20260101_000000/vis_data/scalars.json', first)
    write(tmp_path / '20260101_000000/vis_data/config.json', [{'step': 9}])
    curves = scalar_log.read_curves(tmp_path)
    assert curves['loss'] == ([1, 2, 3, 4], [9.0, 8.0, 0.3, 0.4])
    assert curves['flow/EPE'] == ([2, 4], [7.0, 0.5])


def test_read_curves__new_run_from_scratch_hides_the_old_one(tmp_path):
    for day, loss in ((1, 9.0), (2, 5.0)):
        log = tmp_path / f'2026010{day}_000000/vis_data/scalars.json'
        write(log, [train(1, loss), train(2, loss)][: 3 - day])
    assert scalar_log.read_curves(tmp_path)['loss'] == ([1], [5.0])


def test_curves_of__validation_by_epochs_moves_to_iterations():
    records = [
        dict(train(50, 1.0), epoch=1),
        dict(train(100, 0.9), epoch=1),
        {'flow/EPE': 2.0, 'step': 1},
        dict(train(200, 0.8), epoch=2),
        {'flow/EPE': 1.0, 'step': 2},
    ]
    assert scalar_log.curves_of(records)['flow/EPE'] == ([100, 200], [2, 1])


def test_curves_of__what_is_no_number_is_left_out():
    records = [{'step': 1, 'loss': 1.0, 'note': 'x'}, {'loss': 5.0}]
    assert scalar_log.curves_of(records) == {'loss': ([1], [1.0])}


def test_continue_curves__of_nothing():
    curves = {'a': ([1.0], [2.0])}
    assert scalar_log.continue_curves({}, curves) == curves
    assert scalar_log.continue_curves(curves, {}) == curves


def test_read_records__cut_last_line_is_dropped_others_are_errors(tmp_path):
    path = write(tmp_path / 'scalars.json', [train(1, 1.0)], '{"loss": 3')
    assert len(scalar_log.read_records(path)) == 1
    path.write_text('{"loss": 3\n{"loss": 3, "step": 1}\n')
    with pytest.raises(ValueError, match=r'scalars\.json, line 1: not a log'):
        scalar_log.read_records(path)
    path.write_text('[1, 2]\n')
    with pytest.raises(ValueError, match='line 1: not a JSON object'):
        scalar_log.read_records(path)


def test_read_curves__nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='written by LocalVisBackend'):
        scalar_log.read_curves(tmp_path)
