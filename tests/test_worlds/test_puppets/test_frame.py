from mmssl.worlds.puppets.frame import Frame, FramePair


def test_frame__fields_say_what_they_hold(moving_pairs):
    """A frame of a pair is the frame at that time, field by field."""
    scene, pair = moving_pairs[2]
    assert isinstance(pair, FramePair)
    frame = scene.render(3.0)
    assert isinstance(frame, Frame)
    for field in ('image', 'parts', 'instances', 'objects_map'):
        assert (getattr(frame, field) == getattr(pair.first, field)).all()
    for i, person in enumerate(frame.people):
        assert person.identity == i
        assert person.keypoints.shape == (17, 3)
        assert 0 <= person.visibility <= 1
    for thing in frame.objects:
        assert thing.category in ('ball', 'box', 'sign')
