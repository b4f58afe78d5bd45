"""A whole check of a config's data."""

import io
import json

import pytest
from mmengine.config import Config

from mmssl.apis import check_dataset as module
from mmssl.apis.check_dataset import check_dataset, folder_config
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_flow_list, make_toy_frames

GUIDANCE = dict(type='SampleGuidance', strategies=['grid'], bg_ratio=0.01)


def loader(folder, name, **options):
    dataset = dict(
        type='FlowPairDataset',
        data_root=str(folder),
        ann_file=[name],
        pipeline=[dict(type='LoadImageRGB'), dict(type='LoadFlow'), GUIDANCE],
        **options,
    )
    return dict(dataset=dataset)


@pytest.fixture
def config(tmp_path):
    make_toy_flow_list(tmp_path, n=6, size=(32, 40))
    make_toy_flow_list(tmp_path, n=2, size=(32, 40), name='val.txt')
    (tmp_path / 'train_002_y.jpg').unlink()
    (tmp_path / 'train_005_0.png').write_bytes(b'oops')
    (tmp_path / 'val_001_0.png').write_bytes(b'')
    val = loader(tmp_path, 'val.txt', test_mode=True, unreadable='leave_out')
    return Config(
        dict(
            train_dataloader=loader(tmp_path, 'train.txt', seed=3),
            val_dataloader=val,
            test_dataloader=val,
        )
    )


def test_check__table_report_and_progress(config, tmp_path):
    stream = io.StringIO()
    report = tmp_path / 'out' / 'bad.json'
    result = check_dataset(config, report=report, workers=2, stream=stream)
    # test repeats the data of val
    assert result.rows == [
        ('train', 'lines', 6, {'flow': 1, 'image': 1}),
        ('val', 'lines', 2, {'image': 1}),
    ]
    found = {row['file']: row for row in json.loads(report.read_text())}
    assert {name.rsplit('/', 1)[1] for name in found} == {
        'train_002_y.jpg',
        'train_005_0.png',
        'val_001_0.png',
    }
    gone = found[str(tmp_path / 'train_002_y.jpg')]
    assert gone['reason'] == 'no such file'
    assert (gone['list'], gone['line']) == (str(tmp_path / 'train.txt'), 3)
    assert [p.name for p in report.parent.iterdir()] == ['bad.json']
    text = result.text()
    assert 'split  checked  bad: flow  bad: image\n' in text
    assert 'train  6 lines  1          1\n' in text
    assert text.endswith(f'3 bad files; report: {report}')
    assert 'lines 8/8 [########################]' in stream.getvalue()
    assert stream.getvalue().endswith('left, 3 bad\n')


def test_check__clean_list_has_the_good_lines(config, tmp_path):
    check_dataset(
        config,
        ['train'],
        report=tmp_path / 'r.tsv',
        workers=1,
        write_clean=tmp_path / 'clean.txt',
    )
    before = (tmp_path / 'train.txt').read_text().splitlines()
    clean = (tmp_path / 'clean.txt').read_text().splitlines()
    assert clean == [before[i] for i in (0, 1, 3, 4)]
    data = FlowPairDataset(
        'clean.txt',
        data_root=str(tmp_path),
        pipeline=[dict(type='LoadImageRGB'), dict(type='LoadFlow')],
        test_mode=True,
    )
    assert all(data[i]['flow'].shape == (32, 40, 2) for i in range(4))


@pytest.mark.parametrize('fast', [False, True])
def test_check__interrupted_goes_on(config, tmp_path, monkeypatch, fast):
    class Stops(module.CheckRun):
        """Ctrl-C before the last chunk."""

        def _next(self, worker):
            if self._record.done[0]:
                raise KeyboardInterrupt
            return super()._next(worker)

    report = tmp_path / 'r.tsv'
    with monkeypatch.context() as patch:
        patch.setattr(module, 'CheckRun', Stops)
        with pytest.raises(KeyboardInterrupt):
            check_dataset(config, report=report, workers=1, fast=fast)
    assert not report.exists()
    stream = io.StringIO()
    result = check_dataset(
        config, report=report, workers=1, fast=fast, stream=stream
    )
    assert 'lines 2/2' in stream.getvalue()  # the six are done
    assert result.bad == 3
    assert len(report.read_text().splitlines()) == 4


def test_check__videos(tmp_path):
    clip = make_toy_frames(tmp_path / 'v' / 'c', n=5, size=(32, 40))
    make_toy_frames(tmp_path / 'v' / 'd', n=5, size=(32, 40))
    (clip / '00004.png').write_bytes(b'oops')
    dataset = dict(
        type='VideoPairDataset',
        data_root=str(tmp_path),
        videos='v',
        pipeline=[GUIDANCE],
    )
    result = check_dataset(
        Config(dict(train_dataloader=dict(dataset=dataset))),
        report=tmp_path / 'r.tsv',
        workers=1,
    )
    assert result.rows == [('train', 'videos', 2, {'video': 1})]
    assert '00004.png: not a readable image' in result.text()


def test_check__nothing_to_check(config, tmp_path):
    with pytest.raises(ValueError, match=r'no data for test: no test_datal'):
        check_dataset(
            Config(dict(train_dataloader=config.train_dataloader)),
            ['test'],
            report=tmp_path / 'r.tsv',
        )


def test_check__folder_of_images(tmp_path):
    photos = make_toy_images(tmp_path / 'photos', 5, (24, 32), classes=2)
    (photos / 'class_0' / '0002.jpg').write_bytes(b'oops')
    report = tmp_path / 'r.json'
    result = check_dataset(folder_config(photos), report=report, workers=1)
    assert result.rows == [('train', 'images', 5, {'image': 1})]
    (row,) = json.loads(report.read_text())
    assert row['file'] == str(photos / 'class_0' / '0002.jpg')
    assert (row['list'], row['line']) == ('', '')


def test_check__another_folder_is_not_continued(tmp_path, monkeypatch):
    """As many files with other names: what was done is done again."""

    class Stops(module.CheckRun):
        def drive(self, workers, time_limit_s):
            raise KeyboardInterrupt

    photos = make_toy_images(tmp_path / 'photos', 3, (24, 32))
    report = tmp_path / 'r.tsv'
    with monkeypatch.context() as patch:
        patch.setattr(module, 'CheckRun', Stops)
        with pytest.raises(KeyboardInterrupt):
            check_dataset(folder_config(photos), report=report)
    partial = tmp_path / 'r.tsv.partial'
    before = partial.read_text()
    (photos / '0001.jpg').rename(photos / '0009.jpg')
    with monkeypatch.context() as patch:
        patch.setattr(module, 'CheckRun', Stops)
        with pytest.raises(KeyboardInterrupt):
            check_dataset(folder_config(photos), report=report)
    assert partial.read_text() != before
