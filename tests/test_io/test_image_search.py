"""Images below a folder, and what is left out."""

import os

import pytest

from mmssl.io.image_search import find_images


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(search):
    return [search.table[i] for i in range(len(search.table))]


def test_search__all_folders_in_order(tmp_path):
    touch(tmp_path, 'b/2.png', 'b/10.PNG', 'b/a/1.JPEG', 'a/1.webp', 'z.jpg')
    touch(tmp_path, 'c.jpg/inside.tif')  # a folder with a name like an image
    search = find_images(tmp_path)
    assert names(search) == [
        'z.jpg',
        'a/1.webp',
        'b/10.PNG',
        'b/2.png',
        'b/a/1.JPEG',
        'c.jpg/inside.tif',
    ]
    assert search.top_folders == ('a', 'b', 'c.jpg')
    assert search.left_out.lines() == []


def test_search__says_what_is_left_out(tmp_path):
    touch(tmp_path, 'a/1.jpg', 'a/._1.jpg', '.git/x.jpg', '.DS_Store')
    touch(tmp_path, *(f'a/{i}.txt' for i in range(5)), 'a/README', 'b.gif')
    os.symlink(tmp_path / 'gone.jpg', tmp_path / 'a' / 'link.jpg')
    search = find_images(tmp_path)
    assert names(search) == ['a/1.jpg']
    assert search.left_out.counts == {
        'hidden': 3,
        '.txt, no image': 5,
        'without a suffix, no image': 1,
        '.gif, no image': 1,
        'broken links or devices': 1,
    }
    lines = search.left_out.lines()
    assert lines[0].startswith('5 .txt, no image: a/')
    assert lines[0].endswith(', ...')
    assert lines[1].startswith('3 hidden: ')
    assert '._1.jpg' in lines[1]
    assert '1 broken links or devices: a/link.jpg' in lines


def test_search__links_are_followed_once(tmp_path):
    touch(tmp_path, 'real/1.jpg')
    root = tmp_path / 'root'
    touch(root, 'x/2.jpg')
    os.symlink(tmp_path / 'real', root / 'a')
    os.symlink(tmp_path / 'real', root / 'b')
    os.symlink(root, root / 'x' / 'loop')
    os.symlink(tmp_path / 'real' / '1.jpg', root / 'file.jpg')
    search = find_images(root)
    assert names(search) == ['file.jpg', 'a/1.jpg', 'x/2.jpg']
    (line,) = search.left_out.lines()
    assert line == '2 folders linked twice: b, x/loop'


def test_search__folder_that_cannot_be_listed(tmp_path, monkeypatch):
    touch(tmp_path, 'a/1.jpg', 'b/1.jpg')
    scandir = os.scandir

    def refuses(path):
        if os.path.basename(path) == 'a':
            raise PermissionError(13, 'Permission denied')
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuses)
    search = find_images(tmp_path)
    assert names(search) == ['b/1.jpg']
    assert search.left_out.lines() == [
        '1 folders that cannot be listed (Permission denied): a'
    ]


def test_search__tells_how_far_it_is(tmp_path):
    touch(tmp_path, *(f'{k}/{i}.jpg' for k in range(3) for i in range(4)))
    told = []
    find_images(tmp_path, lambda *n: told.append(n), interval_s=0)
    assert told == [(1, 0), (2, 4), (3, 8), (4, 12)]
    find_images(tmp_path, lambda *n: told.append(n), interval_s=60)
    assert len(told) == 4


def test_search__no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such folder of images: '):
        find_images(tmp_path / 'nope')
