import cv2
import numpy as np

from mmssl.worlds.puppets.raster import mask_box


def test_mask_box__by_loops():
    rng = np.random.default_rng(0)
    for _ in range(10):
        mask = rng.random((9, 7)) < 0.05
        points = [(c, r) for r in range(9) for c in range(7) if mask[r, c]]
        expected = [0.0] * 4
        if points:
            xs, ys = zip(*points)
            expected = [min(xs) + 3, min(ys) + 2, max(xs) + 4, max(ys) + 3]
        assert mask_box(mask, 3, 2).tolist() == expected


def test_rasterize__front_most_of_every_pixel(crowds):
    """Each piece painted alone; the one of highest rank is in front."""
    for scene, _ in crowds[:3]:
        moment = scene._moment(2.0)
        found, placed = moment.raster, moment.geometry
        best = np.full(found.ids.shape, -1)
        for row in range(len(scene.table.owner) - 2):
            points = placed.outlines[row]
            if not placed.shown[row] or abs(points).max() > 1e4:
                continue
            fixed = np.rint(16 * points).astype(np.int32)
            mask = np.zeros(found.ids.shape, np.uint8)
            cv2.fillPoly(mask, [fixed], 1, 8, 4)
            best = np.where(mask > 0, np.maximum(best, found.rank[row]), best)
        on = best >= 0
        assert on.mean() > 0.1
        np.testing.assert_array_equal(found.rank[found.ids][on], best[on])
        assert (found.ids[~on] >= len(scene.table.owner) - 2).all()


def test_rasterize__nearer_owners_have_higher_ranks(crowds):
    for scene, _ in crowds:
        moment = scene._moment(2.0)
        order = np.argsort(moment.raster.rank)
        near = moment.placement.near[scene.table.owner[order]]
        assert (np.diff(near) >= 0).all()
