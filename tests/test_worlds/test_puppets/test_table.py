import numpy as np

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.body import body_pieces
from mmssl.worlds.puppets.table import Owned, piece_table


def table_of(persons, px=100.0):
    groups = [
        Owned(body_pieces(p), 35 * i, i, px) for i, p in enumerate(persons)
    ]
    return piece_table(groups, atlas(), np.random.default_rng(0))


def test_piece_table__rows_are_the_pieces(persons):
    table = table_of(persons[:2])
    pieces = [(i, p) for i in (0, 1) for p in body_pieces(persons[i])]
    assert len(table.owner) == len(pieces)
    for row, (owner, piece) in enumerate(pieces):
        assert table.owner[row] == owner
        assert table.start[row] == piece.bone.start + 35 * owner
        assert table.end[row] == piece.bone.end + 35 * owner
        assert table.part[row] == piece.part
        assert table.length[row] == piece.bone.length
        np.testing.assert_array_equal(
            table.azimuth[row], piece.outline.azimuth
        )
        # Channels at 0 and 255 give the cloth's own colours.
        ground, first, second = table.colours[row]
        np.testing.assert_allclose(ground, piece.cloth.colours[0])
        np.testing.assert_allclose(ground + first, piece.cloth.colours[1])
        np.testing.assert_allclose(ground + second, piece.cloth.colours[2])


def test_piece_table__clothes_begin_alike_in_every_scene(persons):
    first = table_of(persons[:1])
    second = table_of([persons[3], persons[0]])
    rows = second.owner == 1
    np.testing.assert_array_equal(first.phase, second.phase[rows])
    np.testing.assert_array_equal(first.density, second.density[rows])


def test_piece_table__coarser_patterns_for_smaller_people(persons):
    """The scale nearest to one texel a pixel, as far as there are any."""
    small, large = table_of(persons[:5], 40.0), table_of(persons[:5], 400.0)
    assert (small.density <= large.density).all()
    np.testing.assert_allclose(
        small.density / small.period, large.density / large.period
    )
    ratio = small.density / 40
    assert (ratio[small.density < large.density] > 0.7).all()
    assert (ratio < 1.42).mean() > 0.9


def test_piece_table__patterns_have_room(persons):
    """No piece spans more of a tile than is stored."""
    table = table_of(persons)
    spans = table.density * (1.5 * table.length + 3 * table.radius)
    assert (spans <= 1.5 * table.period).all()


def test_piece_table__faces_go_around_once(persons):
    table = table_of(persons[:5])
    rows = [
        i
        for i, piece in enumerate(
            p for person in persons[:5] for p in body_pieces(person)
        )
        if piece.wraps
    ]
    around = 2 * np.pi * table.radius[rows] * table.density[rows]
    np.testing.assert_allclose(around, table.period[rows])
