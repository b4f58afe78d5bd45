import numpy as np


def test_geometry__surface_is_zero_at_the_start_of_an_axis(crowds):
    for scene, _ in crowds:
        moment = scene._moment(2.0)
        table, placed = scene.table, moment.geometry
        rows = np.arange(len(table.owner) - 2)
        start = moment.placement.joints[table.start[rows]]
        points = np.concatenate([start[:, :2], np.ones((len(rows), 1))], 1)
        on = np.einsum('pij,pj->pi', placed.surface[rows], points)
        yaw = moment.placement.yaw[table.owner[rows], table.turns[rows]]
        np.testing.assert_allclose(
            on[:, 0], -table.radius[rows] * yaw, atol=1e-6
        )
        np.testing.assert_allclose(on[:, 1:], 0, atol=1e-6)


def test_geometry__along_an_axis_is_its_length(crowds):
    """At the end of a bone that is not seen end on."""
    scene, _ = crowds[0]
    moment = scene._moment(2.0)
    table = scene.table
    for row in range(len(table.owner) - 2):
        a, b = moment.placement.joints[[table.start[row], table.end[row]], :2]
        px = moment.placement.px[table.owner[row]]
        seen = np.hypot(*(b - a)) / px
        reached = moment.geometry.surface[row, 1] @ [*b, 1]
        if seen > 0.4 * table.length[row]:
            np.testing.assert_allclose(reached, table.length[row], rtol=1e-6)
        else:
            assert reached < table.length[row] * 1.2


def test_geometry__no_motion_of_a_stiff_piece_along_its_outline(crowds):
    """Silhouettes of stiff, unturned pieces move with their surface."""
    checked = 0
    for scene, _ in crowds:
        first, second = (scene._moment(t).geometry for t in (2.0, 2.5))
        table = scene.table
        moves = (table.turns > 0) | (table.spreads > 0)
        moves |= table.beyond.any(1)
        for row in np.flatnonzero(~moves[:-2]):
            ones = np.ones((20, 1))
            on = [
                np.c_[g.outlines[row], ones] @ g.surface[row, :2].T
                for g in (first, second)
            ]
            np.testing.assert_allclose(on[0], on[1], atol=1e-6)
            checked += 1
    assert checked > 5


def test_geometry__ground_slides_more_where_it_is_nearer(crowds):
    scene, _ = crowds[2]
    still = np.zeros(4)
    slide = np.array([0.05, 0.0, 0.0])
    path = scene.stage.path._replace(speed=still, sway=still, slide=slide)
    scene.stage, kept = scene.stage._replace(path=path), scene.stage
    pair = scene.pair(0.0, 2.0)
    ids = scene._moment(0.0).raster.ids
    scene.stage = kept
    rows, cols = np.nonzero(ids == len(scene.table.owner) - 1)
    ground = scene.stage.ground
    near = (rows / 128 - ground.horizon) / ground.eye
    np.testing.assert_allclose(
        pair.flow[rows, cols, 0], -0.1 * near * 128, atol=0.02
    )
    assert np.abs(pair.flow[rows, cols, 1]).max() < 0.02


def test_geometry__backs_of_people_hide_their_fronts(alone, persons):
    person = persons[0]
    front, back = (
        alone(person, yaw)._moment(0.0).geometry.shown for yaw in (0, np.pi)
    )
    rolls = alone(person).table.rolls > 0
    assert front[~rolls].all()
    assert back[~rolls].all()
    assert front[rolls].sum() > back[rolls].sum()
