# Pictures count whose foreground is more than a quarter instead of half.
# ablates: model.part_labels.min_foreground
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(part_labels=dict(min_foreground=0.25))
