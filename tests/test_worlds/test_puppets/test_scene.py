"""Whole frames: labels agree with pixels, and flow with images."""

import cv2
import numpy as np
import pytest

from mmssl.worlds.puppets import CameraLook, Identity, Part, Scene
from mmssl.worlds.puppets.stage import Standing


def same(first, second):
    """Tell whether nested tuples of arrays are equal."""
    if isinstance(first, tuple):
        pairs = zip(first, second)
        return len(first) == len(second) and all(same(*p) for p in pairs)
    return np.array_equal(first, second)


def fetch(image, flow):
    """Bring the second image back to the first: image(x + flow(x))."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, x + flow[..., 0], y + flow[..., 1], 1)


def inner(mask):
    return cv2.erode(mask.astype(np.uint8), np.ones((5, 5))) > 0


def flat(ids):
    """Pixels whose neighbourhood belongs to one piece."""
    square = np.ones((5, 5))
    return cv2.erode(ids, square) == cv2.dilate(ids, square)


def test_draw__equal_seeds_equal_scenes():
    frames = [
        Scene.draw(np.random.default_rng(3), (64, 80)).pair(1.0, 2.0)
        for _ in range(2)
    ]
    assert same(*frames)


def test_draw__other_seeds_other_scenes():
    first, second = (
        Scene.draw(np.random.default_rng(seed), (64, 64)).render()
        for seed in (3, 4)
    )
    assert np.abs(first.image.astype(int) - second.image).mean() > 10


def test_render__order_of_calls_does_not_matter():
    scene, again = (
        Scene.draw(np.random.default_rng(8), (64, 64)) for _ in range(2)
    )
    early, late = scene.render(1.0), scene.render(9.0)
    assert same(again.render(9.0), late)
    assert same(again.render(1.0), early)
    assert same(scene.pair(1.0, 8.0).second, late)


@pytest.mark.parametrize('size_hw', [(16, 16), (50, 90), (200, 60)])
def test_render__any_size(size_hw):
    scene = Scene.draw(np.random.default_rng(2), size_hw)
    pair = scene.pair(0.0, 3.0)
    frame = pair.first
    assert frame.image.shape == (*size_hw, 3)
    assert frame.image.dtype == np.uint8
    assert frame.parts.dtype == np.uint8
    assert frame.instances.dtype == frame.objects_map.dtype == np.int16
    for array in (frame.parts, frame.instances, pair.occluded):
        assert array.shape == size_hw
    assert pair.flow.shape == (*size_hw, 2)
    assert pair.flow.dtype == np.float32
    assert np.isfinite(pair.flow).all()


def test_render__parts_are_where_people_are(crowds):
    for scene, frame in crowds:
        assert ((frame.parts > 0) == (frame.instances > 0)).all()
        assert not ((frame.instances > 0) & (frame.objects_map > 0)).any()
        assert frame.instances.max() <= len(scene.people)
        assert len(frame.people) == len(scene.people)


def test_render__boxes_from_masks(crowds):
    """Naive loops over the pixels of each person and thing."""
    for _, frame in crowds:
        for marks, states in (
            (frame.instances, frame.people),
            (frame.objects_map, frame.objects),
        ):
            for i, state in enumerate(states):
                rows, cols = np.nonzero(marks == i + 1)
                if not len(rows):
                    assert state.visibility == 0
                    assert not state.box_xyxy.any()
                    continue
                box = [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
                assert state.box_xyxy.tolist() == box
                assert (state.full_box_xyxy[:2] <= state.box_xyxy[:2]).all()
                assert (state.full_box_xyxy[2:] >= state.box_xyxy[2:]).all()


def only(scene, index):
    """Take away everybody and everything but one person."""
    far = np.full(len(scene.people), -1e3)
    far[index] = scene.stage.people_at.x[index]
    people = scene.stage.people_at._replace(x=far)
    things = scene.stage.things_at
    gone = Standing(np.full_like(things.x, -1e3), things.near)
    stage = scene.stage._replace(people_at=people, things_at=gone)
    return Scene(
        *(scene.people, stage, scene.table, scene.light, scene.look, 0)
    )


def test_render__visibility_by_painting_each_alone(crowds):
    hidden = 0
    for scene, frame in crowds:
        for i, person in enumerate(frame.people):
            alone = only(scene, i).render(2.0)
            mask = alone.instances == i + 1
            if not mask.any():
                assert person.visibility == 0
                continue
            share = (frame.instances == i + 1).sum() / mask.sum()
            assert person.visibility == pytest.approx(share, abs=1e-12)
            box = alone.people[i].box_xyxy
            assert person.full_box_xyxy.tolist() == box.tolist()
            hidden += share < 0.7
    assert hidden >= 3


def test_pair__flow_warps_the_second_image_to_the_first(moving_pairs):
    """Where nothing is hidden and no outline is near, up to bilinear blur."""
    totals = np.zeros(2)
    for scene, pair in moving_pairs:
        still = np.abs(pair.first.image.astype(int) - pair.second.image).mean(
            -1
        )
        for flow, hidden, one, two, t in (
            (pair.flow, pair.occluded, pair.first, pair.second, 3.0),
            (
                *(pair.backward_flow, pair.backward_occluded),
                *(pair.second, pair.first, 4.5),
            ),
        ):
            ids = scene._moment(t).raster.ids
            judged = flat(ids) & ~hidden & inner(~hidden)
            warped = fetch(two.image, flow).astype(int)
            error = np.abs(warped - one.image).mean(-1)
            # Texture that is magnified or fine enough to blur: a few levels.
            assert np.median(error[judged]) < 2.5
            assert np.percentile(error[judged], 90) < 16
            moved = judged & (np.hypot(*flow.transpose(2, 0, 1)) > 1)
            totals += [error[moved].sum(), still[moved].sum()]
    assert totals[0] < 0.35 * totals[1]


def test_pair__part_labels_move_with_the_flow(moving_pairs):
    for _, pair in moving_pairs:
        height, width = pair.occluded.shape
        y, x = np.nonzero(~pair.occluded)
        step = np.rint(pair.flow[y, x]).astype(int)
        rows, cols = y + step[:, 1], x + step[:, 0]
        inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        agree = (
            pair.second.parts[rows[inside], cols[inside]]
            == pair.first.parts[y[inside], x[inside]]
        )
        assert agree.mean() > 0.97


def test_pair__backward_of_forward_returns(moving_pairs):
    for scene, pair in moving_pairs:
        ids = scene._moment(3.0).raster.ids
        judged = ~pair.occluded & flat(ids) & inner(~pair.occluded)
        back = fetch(pair.backward_flow, pair.flow)
        error = np.linalg.norm(back + pair.flow, axis=-1)[judged]
        assert np.median(error) < 0.02
        assert np.percentile(error, 97) < 0.5


def test_pair__no_time_no_motion(moving_pairs):
    scene, _ = moving_pairs[0]
    pair = scene.pair(2.0, 0.0)
    assert np.abs(pair.flow).max() < 1e-3
    assert not pair.occluded.any()
    assert np.array_equal(pair.first.image, pair.second.image)


def test_pair__time_runs_backwards(moving_pairs):
    scene, pair = moving_pairs[1]
    other = scene.pair(4.5, -1.5)
    np.testing.assert_array_equal(other.flow, pair.backward_flow)
    np.testing.assert_array_equal(other.occluded, pair.backward_occluded)


def test_draw__camera_at_rest_keeps_the_background():
    scene = Scene.draw(np.random.default_rng(4), (64, 64), camera_motion=0.0)
    pair = scene.pair(0.0, 5.0)
    backdrop = scene._moment(0.0).raster.ids >= len(scene.table.owner) - 2
    assert np.abs(pair.flow[backdrop]).max() < 1e-3
    assert np.abs(pair.flow[pair.first.instances > 0]).max() > 0.1


def test_draw__identity_is_kept_under_another_camera(alone):
    person = Identity.draw(np.random.default_rng(12))
    frames = []
    for seed in (1, 2):
        scene = alone(person, seed=seed)
        scene.light = scene.light._replace(strength=0.0, across=0.0)
        frames.append(scene.render())
    colours = []
    for frame in frames:
        worn = frame.parts == Part.UPPER_CLOTHES
        worn |= (frame.parts == Part.COAT) | (frame.parts == Part.DRESS)
        worn |= frame.parts == Part.JUMPSUITS
        colours.append(frame.image[worn].mean(0))
    assert np.abs(colours[0] - colours[1]).max() < 12


def test_draw__centred_person_is_in_the_middle():
    for seed in range(5):
        scene = Scene.draw(
            np.random.default_rng(seed),
            (96, 48),
            num_people=(1, 1),
            person_height=(0.85, 0.95),
            num_objects=(0, 0),
            num_clutter=(0, 0),
            centred=True,
            actions=['stand'],
        )
        box = scene.render().people[0].full_box_xyxy
        assert abs(box[[0, 2]].mean() - 24) < 10
        assert abs(box[[1, 3]].mean() - 48) < 7
        assert box[3] - box[1] > 70


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(size_hw=(8, 64)), r'at least 16 px .* got \(8, 64\)'),
        (dict(num_people=(3, 2)), r'\(from, to\) .* got \(3, 2\)'),
        (dict(num_objects=(-1, 2)), r'got \(-1, 2\)'),
        (dict(num_clutter=(5, 2)), r'got \(5, 2\)'),
        (dict(person_height=(0.9, 0.2)), r'got \(0.9, 0.2\)'),
        (dict(num_people=(0, 0), centred=True), 'at least one person'),
        (dict(num_people=(2, 2), actions=['walk']), 'each of 2 people'),
        (dict(num_people=(1, 1), actions=['fly']), "turn.*got 'fly'"),
    ],
)
def test_draw__refuses(options, message):
    with pytest.raises(ValueError, match=message):
        Scene.draw(
            np.random.default_rng(0), **{'size_hw': (32, 32), **options}
        )


def test_draw__nobody():
    scene = Scene.draw(np.random.default_rng(0), (48, 48), num_people=(0, 0))
    pair = scene.pair()
    assert pair.first.people == ()
    assert not pair.first.instances.any()


def test_render__noise_is_new_at_each_time():
    look = CameraLook(1.0, np.ones(3), 1.0, 6.0, 0.0)
    scene = Scene.draw(
        *(np.random.default_rng(0), (64, 64), (0, 0)),
        look=look,
        num_objects=(0, 0),
        camera_motion=0.0,
    )
    first, second = (scene.render(t).image.astype(float) for t in (0.0, 1.0))
    inside = (first > 30) & (first < 225) & (second > 30) & (second < 225)
    # Two independent draws of deviation 6.
    assert (first - second)[inside].std() == pytest.approx(6 * 2**0.5, rel=0.1)
