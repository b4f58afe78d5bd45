# No foreground: parts are made of all cells.
# ablates: model.part_labels.foreground
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(part_labels=dict(foreground=False))
