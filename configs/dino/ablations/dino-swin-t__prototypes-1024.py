# 1024 prototypes instead of 65536.
# ablates: model.neck.num_prototypes, model.head.num_prototypes
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
model = dict(neck=dict(num_prototypes=1024), head=dict(num_prototypes=1024))
