/* SPDX-License-Identifier: MIT */
/* A client with dma-bufs of its own, on an output that a double plays. */
#ifndef TESTS_PROTOCOL_DMABUFS_H
#define TESTS_PROTOCOL_DMABUFS_H

#include "harness.h"
#include "linux-dmabuf-v1-client-protocol.h"

#include <framelend/alloc.h>
#include <sys/types.h>

struct dmabuf_format {
	uint32_t format, padding;
	uint64_t modifier;
};

struct dmabufs {
	struct lend_device *device;
	struct test *test;
	struct client *client;
	struct zwp_linux_dmabuf_v1 *global;
	uint32_t version;
	unsigned modifiers, formats;
};

struct dmabuf {
	int fd;
	int32_t width, height;
	uint32_t stride;
	uint8_t *pixels;
	size_t size;
	struct wl_buffer *buffer;
	unsigned released, created, failed;
};

/* lines: of the driver, before those of vkms. version: that is bound at most. */
void dmabufs_open(struct dmabufs *dmabufs, const char *lines, uint32_t version);
void dmabufs_close(struct dmabufs *dmabufs);
/* The memory alone. */
void dmabuf_allocate(struct dmabuf *dmabuf, int32_t width, int32_t height, uint32_t colour);
void dmabuf_fill(struct dmabuf *dmabuf, uint32_t colour);
/* And a wl_buffer, by `create`. */
void dmabuf_create(struct dmabufs *dmabufs, struct dmabuf *dmabuf, int32_t width, int32_t height,
		   uint32_t colour);
void dmabuf_destroy(struct dmabuf *dmabuf);
void dmabuf_listen(struct zwp_linux_buffer_params_v1 *params, struct dmabuf *dmabuf);

#endif
