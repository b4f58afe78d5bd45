import os

from mmssl.flow.layout import (
    clear_folder,
    count_files,
    flow_files,
    image_file,
    list_line,
    marker_file,
    pair_folder,
    remove_if_empty,
)


def test_names__sort_in_order_of_frames():
    names = [image_file(i) for i in (0, 9, 10, 99999, 123456)]
    assert names == sorted(names)
    assert image_file(1234567) == '1234567.jpg'


def test_list_line__published_columns():
    assert list_line(5, 3, 'jpg', 'pairs/v') == (
        'pairs/v/000005.jpg pairs/v/000008.jpg '
        'pairs/v/000005_x.jpg pairs/v/000005_y.jpg'
    )
    assert len(list_line(5, 3, 'flo', 'pairs/v').split()) == 3


def test_folders__below_out():
    assert pair_folder('o', 'v') == os.path.join('o', 'pairs', 'v')
    assert marker_file('o', 'v') == os.path.join('o', 'done', 'v.json')


def test_clear_folder__removes_own_files_and_nothing_else(tmp_path):
    own = [image_file(3), *flow_files(3, 'jpg'), *flow_files(1234567, 'flo')]
    foreign = ['notes.txt', '3.jpg', '000003_z.jpg', 'x000003.jpg', '000003']
    for name in own + foreign:
        (tmp_path / name).touch()
    assert count_files(str(tmp_path)) == len(own) == 4
    clear_folder(str(tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(foreign)
    remove_if_empty(str(tmp_path))
    assert tmp_path.is_dir()


def test_clear_folder__makes_it_and_remove_if_empty_takes_it_away(tmp_path):
    folder = str(tmp_path / 'a' / 'b')
    assert count_files(folder) == 0
    clear_folder(folder)
    assert os.path.isdir(folder)
    remove_if_empty(folder)
    remove_if_empty(folder)
    assert not os.path.exists(folder)
