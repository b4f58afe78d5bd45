import json

import pytest
import torch

from mmssl.evaluation.metrics.miss_rate_metric import (
    MissRateMetric,
    check_images,
    read_people,
)
from mmssl.registry import METRICS

LABELS = dict(
    categories=[dict(id=0, name='region'), dict(id=3, name='person')],
    images=[dict(id=5), dict(id=9)],
    annotations=[
        dict(id=1, image_id=5, category_id=3, bbox=[0, 0, 40, 100], seen=1.0),
        dict(id=2, image_id=9, category_id=3, bbox=[5, 0, 40, 100], seen=0.5),
        dict(id=3, image_id=9, category_id=3, bbox=[99, 0, 40, 90], seen=0.9),
        dict(id=4, image_id=9, category_id=0, bbox=[300, 0, 99, 99], ignore=1),
        dict(id=5, image_id=9, category_id=0, bbox=[500, 0, 99, 99]),
    ],
)


@pytest.fixture
def labels(tmp_path):
    file = tmp_path / 'labels.json'
    file.write_text(json.dumps(LABELS))
    return str(file)


def _sample(image, *rows):
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 6)
    return dict(
        img_id=image,
        pred_instances=dict(
            bboxes=table[:, :4],
            scores=table[:, 4],
            labels=table[:, 5].long(),
        ),
    )


def test_read_people__boxes_shares_and_ignored_regions(labels):
    people = read_people(labels, 'person', 'seen')
    assert set(people) == {5, 9}
    assert people[9].boxes_xyxy.tolist() == [
        [5, 0, 45, 100],
        [99, 0, 139, 90],
        [300, 0, 399, 99],
    ]
    assert people[9].visibility.tolist() == [0.5, 0.9, 0.0]
    assert people[9].ignored.tolist() == [False, False, True]


def test_metric__counts_people_by_visibility(labels):
    metric = METRICS.build(
        dict(
            type='MissRateMetric',
            ann_file=labels,
            visibility='seen',
            setups=('reasonable', 'heavy', 'small'),
        )
    )
    metric.dataset_meta = dict(classes=('ball', 'person'))
    samples = [
        # the person of image 5; the same place as a ball; the ignored region
        _sample(5, (0, 0, 40, 100, 0.9, 1), (200, 0, 240, 100, 0.8, 0)),
        _sample(9, (310, 0, 350, 90, 0.9, 1)),
    ]
    metric.process({}, samples)
    found = metric.evaluate(size=2)
    # one of the two who are well seen, none of those hidden; no small one
    assert found == {
        'miss_rate/reasonable': pytest.approx(50),
        'miss_rate/heavy': pytest.approx(100),
    }


def test_metric__mistakes_are_told(labels):
    with pytest.raises(ValueError, match=r"'tiny'; there are \['all', 'heavy"):
        MissRateMetric(labels, setups=('tiny',))
    with pytest.raises(ValueError, match=r"'pedestrian', only \['person'"):
        read_people(labels, 'pedestrian', 'seen')
    with pytest.raises(ValueError, match=r"annotation 1 .*no 'visibility'"):
        read_people(labels, 'person', 'visibility')
    metric = MissRateMetric(labels)
    metric.dataset_meta = dict(classes=('ball',))
    with pytest.raises(ValueError, match=r"'person', but the .*\['ball'\]"):
        metric.process({}, [_sample(5)])
    with pytest.raises(ValueError, match='no image'):
        metric.compute_metrics([])


def test_metric__other_numbers_of_the_same_images_are_told(tmp_path):
    """CityPersons has two jsons: one trains detectors, one judges them."""
    named = [dict(id=5, im_name='a.png'), dict(id=9, file_name='x/b.png')]
    file = tmp_path / 'labels.json'
    file.write_text(json.dumps(dict(LABELS, images=named)))
    metric = MissRateMetric(str(file), visibility='seen')
    metric.dataset_meta = dict(classes=('person',))
    right = dict(_sample(5), img_path='leftImg8bit/val/a.png')
    metric.process({}, [right])
    assert metric.evaluate(size=1)['miss_rate/reasonable'] == 100
    metric.process({}, [dict(right, img_id=9)])
    with pytest.raises(ValueError, match=r'image 9 .* is a.png, .* b.png:'):
        metric.evaluate(size=1)
    with pytest.raises(ValueError, match=r'image 4 .* not named, .* none:'):
        check_images(str(file), [(5, ''), (4, '')])
