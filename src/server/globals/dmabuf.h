/* SPDX-License-Identifier: MIT */
/* What linux_dmabuf.c (buffers) and dmabuf_feedback.c (which ones would be best) share. */
#ifndef SERVER_DMABUF_H
#define SERVER_DMABUF_H

#include "server/server.h"

#include "linux-dmabuf-v1-server-protocol.h"

struct dmabuf {
	struct lend_server *server;
	struct wl_global *global; /* NULL: no output has had a device yet */
	struct wl_list feedbacks; /* feedback.link */
	struct wl_listener arranged, destroyed;
};

/* As the protocol's table has them. */
struct dmabuf_format {
	uint32_t format, padding;
	uint64_t modifier;
};

struct dmabuf_cursor {
	size_t output, index;
};

/* All that the outputs' renderers read, one after the other, some of them twice. */
bool dmabuf_next_format(const struct lend_server *server, struct dmabuf_cursor *cursor,
			struct dmabuf_format *format);

/* surface: or NULL, for the default one. */
void dmabuf_feedback_create(struct dmabuf *dmabuf, struct wl_resource *manager,
			    struct surface *surface, uint32_t id);
/* Tells those whose answer has changed. */
void dmabuf_feedback_update(struct dmabuf *dmabuf);

#endif
