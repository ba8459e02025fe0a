/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_GPU_H
#define ALLOC_GPU_H

struct lend_device;

/* Lets go of what was made of the device for GBM, if anything was. */
void gbm_close(struct lend_device *device);

#endif
