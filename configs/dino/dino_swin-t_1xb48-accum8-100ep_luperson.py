# DINO, Swin-T, LUPerson at 256x128 on one GPU: the published batch of 384
# by accumulation, rates and decay of the published steps. Not measured yet.
# Cost: 1 GPU, 8,708,300 batches of 48 images: eight times the days.
# ablates: optim_wrapper.accumulative_counts
_base_ = './dino_swin-t_8xb48-100ep_luperson.py'
optim_wrapper = dict(accumulative_counts=8)
