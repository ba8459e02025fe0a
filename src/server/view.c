/* SPDX-License-Identifier: MIT */
/* What an embedder sees of views. */
#include "server/server.h"

LEND_EXPORT int lend_view_describe(const struct lend_view *view, struct lend_view_info *info)
{
	const struct surface *surface = view->surface;
	const struct buffer *buffer = surface->current.buffer;
	const struct lend_view_info own = {
		.peer = surface->client->peer,
		.title = view->title ? view->title : "",
		.app_id = view->app_id ? view->app_id : "",
		.output = view->output ? view->output->name : "",
		.place = surface->path.place,
		.path = surface->path.kind,
		.reason = surface->reason,
		.memory = buffer ? buffer->kind : LEND_MEMORY_UNKNOWN,
		.caching = buffer ? buffer->caching : LEND_CACHING_UNKNOWN,
		.frames = surface->frames,
		.copied = surface->copied,
		.unreleased = surface_unreleased(surface),
	};

	return info_write(info, &own, sizeof(own));
}

LEND_EXPORT void lend_view_close(struct lend_view *view)
{
	view_send_close(view);
}
