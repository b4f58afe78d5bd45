# BYOL on a ResNet-50: SCRL's networks, one region for each view, all of it.
_base_ = './scrl_r50.py'
model = dict(region=dict(_delete_=True, type='GlobalRegions'))
