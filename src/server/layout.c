/* SPDX-License-Identifier: MIT */
/* Where views go: which output, which part of it, in which order. */
#include "server/server.h"

#define GAP 8 /* between tiles, pixels */

void view_init(struct lend_view *view, struct surface *surface)
{
	view->server = surface->server;
	view->surface = surface;
	wl_list_init(&view->popups);
	wl_list_insert(&view->server->views, &view->link);
}

static void forget_parent(struct lend_server *server, const struct lend_view *parent)
{
	struct lend_view *view;

	wl_list_for_each (view, &server->views, link) {
		if (view->parent == parent)
			view->parent = NULL;
	}
}

void view_finish(struct lend_view *view)
{
	view_unmap(view);
	forget_parent(view->server, view);
	wl_list_remove(&view->link);
}

void view_map(struct lend_view *view)
{
	struct lend_server *server = view->server;

	if (view->mapped)
		return;
	view->mapped = true;
	view->activated_at = ++server->activations;
	wl_list_remove(&view->link);
	wl_list_insert(&server->views, &view->link);
	layout_arrange(server);
	scene_changed(server);
	server_tell_view(server, server->events.view_mapped, view);
}

void view_unmap(struct lend_view *view)
{
	struct lend_server *server = view->server;

	if (!view->mapped)
		return;
	view->mapped = false;
	layout_arrange(server);
	scene_changed(server);
	server_tell_view(server, server->events.view_unmapped, view);
}

void view_changed(struct lend_view *view)
{
	struct lend_server *server = view->server;

	layout_arrange(server);
	if (!view->mapped)
		return;
	scene_changed(server);
	server_tell_view(server, server->events.view_changed, view);
}

static struct lend_output *choose_output(const struct lend_view *view)
{
	struct lend_server *server = view->server;

	/* The parent's own may not be up to date yet: what counts is where it will be. */
	while (view->parent && !(view->wants_fullscreen && view->wanted_output))
		view = view->parent;
	if (view->wants_fullscreen && view->wanted_output)
		return view->wanted_output;
	if (wl_list_empty(&server->outputs))
		return NULL;
	struct lend_output *primary = wl_container_of(server->outputs.next, primary, link);
	return primary;
}

/* A view that takes part in the grid, as opposed to one above it. */
static bool is_tiled(const struct lend_view *view, const struct lend_output *output)
{
	return view->output == output && output->layout == LEND_LAYOUT_TILE &&
	       !view->wants_fullscreen && !view->parent;
}

static struct lend_rect whole(const struct lend_output *output)
{
	return (struct lend_rect){0, 0, output->width, output->height};
}

/* The index-th of n equal parts of a length, with gaps around each. */
static void split(int32_t length, int32_t n, int32_t index, int32_t *start, int32_t *size)
{
	int32_t usable = length - (n + 1) * GAP;

	if (usable < n) { /* too small for gaps */
		*start = (int32_t)((int64_t)length * index / n);
		*size = (int32_t)((int64_t)length * (index + 1) / n) - *start;
	} else {
		int32_t from = (int32_t)((int64_t)usable * index / n);
		*start = GAP * (index + 1) + from;
		*size = (int32_t)((int64_t)usable * (index + 1) / n) - from;
	}
	if (*size < 1)
		*size = 1;
}

/* As square a grid as possible; the last row's tiles are wider if it is not full. */
static struct lend_rect tile(const struct lend_output *output, int32_t index, int32_t n)
{
	struct lend_rect rect;
	int32_t columns = 1;

	while (columns * columns < n)
		columns++;
	int32_t rows = (n + columns - 1) / columns, row = index / columns;
	int32_t in_row = row == rows - 1 ? n - row * columns : columns;
	split(output->width, in_row, index % columns, &rect.x, &rect.width);
	split(output->height, rows, row, &rect.y, &rect.height);
	return rect;
}

static void place(struct lend_view *view, const struct lend_rect *rect, uint32_t states)
{
	if (memcmp(&view->place, rect, sizeof(*rect)) != 0) {
		view->place = *rect;
		scene_changed(view->server);
	}
	view_configure(view, rect->width, rect->height, states);
}

static int32_t count_tiled(const struct lend_output *output)
{
	const struct lend_view *view;
	int32_t n = 0;

	wl_list_for_each (view, &output->server->views, link)
		n += view->mapped && is_tiled(view, output);
	return n;
}

static void arrange_view(struct lend_view *view, int32_t *tiled, int32_t n, uint32_t states)
{
	const struct lend_output *output = view->output;
	struct lend_rect rect = whole(output);

	if (view->parent && !view->wants_fullscreen) {
		/* A dialog is as large as it likes and centred on the output. */
		view->place = rect;
		view_configure(view, 0, 0, states);
	} else if (!is_tiled(view, output)) {
		place(view, &rect, states | VIEW_FULLSCREEN);
	} else {
		/* One that is not mapped yet learns the size it will have then. */
		rect = view->mapped ? tile(output, (*tiled)++, n) : tile(output, n, n + 1);
		place(view, &rect, states | VIEW_TILED);
	}
}

/* The one that was mapped or chosen last. */
static struct lend_view *activated(const struct lend_server *server)
{
	struct lend_view *view, *last = NULL;

	wl_list_for_each (view, &server->views, link) {
		if (view->mapped && view->output &&
		    (!last || view->activated_at > last->activated_at))
			last = view;
	}
	return last;
}

static void arrange_output(struct lend_output *output, const struct lend_view *active)
{
	int32_t tiled = 0, n = count_tiled(output);
	struct lend_view *view;

	/* From the oldest on, so that tiles keep their order. */
	wl_list_for_each_reverse (view, &output->server->views, link) {
		if (view->output == output)
			arrange_view(view, &tiled, n,
				     view == active || !view->mapped ? VIEW_ACTIVATED : 0);
	}
}

/* Side by side, their tops aligned. */
static void place_outputs(struct lend_server *server)
{
	struct lend_output *output;
	int32_t x = 0;

	wl_list_for_each (output, &server->outputs, link) {
		if (output->x != x) {
			output->x = x;
			output_send_place(output);
		}
		x += output->width;
	}
}

void layout_arrange(struct lend_server *server)
{
	struct lend_output *output;
	struct lend_view *view;

	place_outputs(server);
	wl_list_for_each (view, &server->views, link) {
		struct lend_output *chosen = choose_output(view);
		if (view->output != chosen)
			scene_changed(server);
		view->output = chosen;
	}
	struct lend_view *active = activated(server);
	wl_list_for_each (output, &server->outputs, link)
		arrange_output(output, active);
	seat_layout_changed(server->seat, active);
}

/* ---- chosen by the user --------------------------------------------------------------------- */

static bool belongs_to(const struct lend_view *view, const struct lend_view *ancestor)
{
	while (view && view != ancestor)
		view = view->parent;
	return view != NULL;
}

/* To the top, with all that belongs to it, which keeps its order. */
static void raise(struct lend_view *view)
{
	struct wl_list *views = &view->server->views;
	struct lend_view *other, *next;
	struct wl_list raised;

	wl_list_init(&raised);
	wl_list_for_each_reverse_safe(other, next, views, link)
	{
		if (!belongs_to(other, view))
			continue;
		wl_list_remove(&other->link);
		wl_list_insert(&raised, &other->link);
	}
	wl_list_insert_list(views, &raised);
}

/* Tiles do not cover each other, and their order is that of their places. */
void view_activate(struct lend_view *view)
{
	struct lend_view *root = view;

	view->activated_at = ++view->server->activations;
	while (root->parent)
		root = root->parent;
	if (root->output && !is_tiled(root, root->output))
		raise(root);
	if (view->output && !is_tiled(view, view->output))
		raise(view);
	layout_arrange(view->server);
	scene_changed(view->server);
}

void view_origin(const struct lend_view *view, int32_t *x, int32_t *y)
{
	const struct lend_rect *rect = &view->place;
	bool has_geometry = view->geometry.width > 0;
	int32_t width = has_geometry ? view->geometry.width : view->surface->width;
	int32_t height = has_geometry ? view->geometry.height : view->surface->height;

	/* Centred if it is smaller than its place; if larger, cut off at the right and below. */
	*x = rect->x + (width < rect->width ? (rect->width - width) / 2 : 0);
	*y = rect->y + (height < rect->height ? (rect->height - height) / 2 : 0);
	if (has_geometry) {
		*x -= view->geometry.x;
		*y -= view->geometry.y;
	}
}
