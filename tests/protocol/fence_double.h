/* SPDX-License-Identifier: MIT */
/* Fences without a driver that makes any: an eventfd stands for a sync_file, and a dma-buf of the
 * double (fake-drm) can be told to be drawn in still. */
#ifndef TESTS_PROTOCOL_FENCE_DOUBLE_H
#define TESTS_PROTOCOL_FENCE_DOUBLE_H

/* A sync_file that has not signalled. */
int fence_create(void);
void fence_signal(int fence);
/* From now on the dma-buf waits for a fence, one at a time. */
void fence_begin_drawing(int dmabuf);
void fence_end_drawing(void);
/* Nobody polls it any more. */
void fence_forget_drawing(void);

#endif
