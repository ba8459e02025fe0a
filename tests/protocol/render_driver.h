/* SPDX-License-Identifier: MIT */
/* A server whose renderers can be called from outside. */
#ifndef TESTS_PROTOCOL_RENDER_DRIVER_H
#define TESTS_PROTOCOL_RENDER_DRIVER_H

#include <framelend/server.h>

#include <stdbool.h>

/* What draws the output: "pixman" or "gles2". */
const char *drive_renderer_name(const struct lend_output *output);
/* From now on another one does. The one before is kept for the way back, which must be gone before
 * the output goes. */
void drive_renderer_swap(struct lend_output *output);
/* Bytes of clients' memory that went to the GPU so far. */
uint64_t drive_uploaded(const struct lend_output *output);
/* The GPU is lost with the next frame. proven: after it has drawn others. */
void drive_lose_gpu(struct lend_output *output, bool proven);
/* The renderer reads nobody's buffers from now on, for that reason. */
void drive_refuse_buffers(struct lend_output *output, const char *reason);
/* A drawn cursor, square, of that premultiplied colour. size 0: none. Only one at a time. */
void drive_cursor(struct lend_output *output, int x, int y, int size, uint32_t colour);

#endif
