import numpy as np
import pytest

from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.image_data import (
    images_changes,
    images_choice,
    inspect_images,
)
from mmssl.testing.toys import make_toy_flow_list, textured_image
from mmssl.testing.videos import (
    moving_frames,
    write_frame_folder,
    write_video,
)


def photos(folder, n, seed=0):
    rng = np.random.default_rng(seed)
    return write_frame_folder(
        folder, [textured_image(24, 32, rng) for _ in range(n)]
    )


def test_inspect_images__all_folders_and_what_was_left_out(tmp_path):
    photos(tmp_path / 'cats', 3)
    photos(tmp_path / 'dogs' / 'small', 2)
    (tmp_path / 'dogs' / 'notes.md').write_text('no image')
    write_video(
        tmp_path / 'dogs' / 'a.avi',
        moving_frames(3, 48, 64, np.random.default_rng(0)),
    )
    data = inspect_images(tmp_path)
    assert (data.kind, data.num_train, data.unit) == ('images', 5, 'images')
    assert data.items == ('cats', 'dogs')
    assert sorted(data.notes) == [
        '1 .avi, no image: dogs/a.avi',
        '1 .md, no image: dogs/notes.md',
    ]
    assert data.source == tmp_path
    choice = images_choice(data)
    assert choice.value == f'5 images in {tmp_path}'
    assert 'in 2 folders' in choice.why
    loader = images_changes(data)['train_dataloader']
    assert loader['dataset']['data_root'] == str(tmp_path)


def test_inspect_images__examples_come_from_all_over(tmp_path):
    photos(tmp_path / 'a', 1)
    photo = next((tmp_path / 'a').iterdir())
    for i in range(250):
        (tmp_path / 'a' / f'copy_{i:03d}.png').symlink_to(photo)
    examples = inspect_images(tmp_path).examples
    assert len(examples) == 84  # each third of 251
    assert len(set(examples)) == 84
    assert examples[0] != examples[1]


def test_inspect_images__another_list_beside_images(tmp_path):
    photos(tmp_path, 4)
    (tmp_path / 'train.txt').write_text('000001.jpg 3\n')
    data = inspect_images(tmp_path)
    assert (data.kind, data.num_train) == ('images', 4)
    assert 'folders' not in images_choice(data).why


def test_inspect_images__frames_of_videos_are_images(tmp_path):
    frames = moving_frames(4, 48, 64, np.random.default_rng(0))
    write_frame_folder(tmp_path / 'clip', frames)
    assert inspect_images(tmp_path).num_train == 4


def test_inspect_images__other_data_keeps_its_kind(tmp_path):
    """The recipe says what to do with it."""
    frames = moving_frames(3, 48, 64, np.random.default_rng(0))
    write_video(tmp_path / 'videos' / 'a.avi', frames)
    assert inspect_images(tmp_path / 'videos').kind == 'videos'
    assert inspect_images(tmp_path / 'videos' / 'a.avi').kind == 'videos'
    make_toy_flow_list(tmp_path / 'pairs', n=2, flow_format='jpg')
    assert inspect_images(tmp_path / 'pairs').kind == 'pairs'


def test_inspect_images__nothing_there(tmp_path):
    with pytest.raises(PretrainError, match='no folder or video'):
        inspect_images(tmp_path / 'none')
    (tmp_path / 'a.csv').write_text('1')
    with pytest.raises(
        PretrainError, match=r'no images, but 1 \.csv, no image: a\.csv'
    ):
        inspect_images(tmp_path)
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(PretrainError, match=r'holds no images$'):
        inspect_images(empty)
