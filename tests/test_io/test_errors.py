"""Errors name the file, and survive the way from a worker."""

import pickle

import pytest
from torch.utils.data import DataLoader

from mmssl.io.errors import (
    BadDataError,
    DataFileError,
    MissingFileError,
    VideoError,
    plain_text,
)


def test_data_file_error__says_file_reason_source_and_hint():
    error = DataFileError('a.jpg', 'cut', 'l.txt, line 3', 'Repair it')
    assert str(error) == 'a.jpg: cut (from l.txt, line 3). Repair it'
    assert str(VideoError('a.mp4', 'no frame 3')) == 'a.mp4: no frame 3'
    named = VideoError('a.mp4', 'no frame 3').named_by('l.txt, line 9')
    assert type(named) is VideoError
    assert str(named) == 'a.mp4: no frame 3 (from l.txt, line 9)'


def test_missing__is_a_file_not_found_error_as_well():
    error = MissingFileError('a.jpg', 'no such file')
    assert isinstance(error, FileNotFoundError)
    assert isinstance(error, ValueError)
    assert str(error) == 'a.jpg: no such file'


@pytest.mark.parametrize('kind', [DataFileError, MissingFileError, VideoError])
def test_error__survives_pickling(kind):
    again = pickle.loads(pickle.dumps(kind('a', 'bad', 'l, line 1', 'Do.')))
    assert type(again) is kind
    assert str(again) == 'a: bad (from l, line 1). Do.'
    assert again.path == 'a'


class Broken:
    """A data set of one sample that cannot be had."""

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise self.error


@pytest.mark.parametrize(
    'error',
    [
        DataFileError('a.jpg', 'cut', 'l, line 2'),
        BadDataError('many:\n  a.jpg: cut\n  b'),
    ],
)
def test_plain_text__of_what_a_worker_raised(error):
    loader = DataLoader(Broken(error), num_workers=1)
    with pytest.raises(type(error)) as raised:
        next(iter(loader))
    assert 'Traceback' in str(raised.value)
    assert plain_text(raised.value) == str(error)
