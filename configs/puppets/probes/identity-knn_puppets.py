# Frozen features: who is seen by another camera, by cosine; mAP of
# Market-1501's protocol.
_base_ = '../_base_/probe_identities.py'
benchmark = dict(
    name='identity-knn',
    title='Identities, k-NN (mAP)',
    metric='identity_knn_map',
)
probe = dict(type='IdentityKnnProbe')
