# LIP by SOLIDER's Swin-S, as Swin-T: the commands of the larger networks are
# not published.
_base_ = './solider_swin-t_psp_8xb8-150e_lip-572x384.py'
model = dict(backbone=dict(depths=(2, 2, 18, 2)))
