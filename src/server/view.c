/* SPDX-License-Identifier: MIT */
/* What an embedder sees of views, and which view a surface is in. */
#include "server/server.h"

static bool has_popup(const struct wl_list *popups, const struct surface *surface)
{
	const struct popup *popup;

	wl_list_for_each (popup, popups, link) {
		if (popup->surface == surface || has_popup(&popup->popups, surface))
			return true;
	}
	return false;
}

struct lend_view *view_from_surface(struct surface *surface)
{
	struct lend_server *server = surface->server;
	struct lend_view *view;

	while (surface->subsurface && surface->subsurface->parent)
		surface = surface->subsurface->parent;
	wl_list_for_each (view, &server->views, link) {
		if (view->surface == surface || has_popup(&view->popups, surface))
			return view;
	}
	return NULL;
}

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

LEND_EXPORT void lend_view_activate(struct lend_view *view)
{
	view_activate(view);
}

LEND_EXPORT void lend_view_close(struct lend_view *view)
{
	view_send_close(view);
}
