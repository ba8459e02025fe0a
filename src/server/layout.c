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
	view->mapped_at = view->activated_at = ++server->activations;
	server->candidate = NULL;
	layout_arrange(server);
	view_raise(view);
	server_tell_view(server, server->events.view_mapped, view);
}

void view_unmap(struct lend_view *view)
{
	struct lend_server *server = view->server;

	if (!view->mapped)
		return;
	view->mapped = false;
	seat_forget_view(server->seat, view);
	if (server->candidate == view)
		server->candidate = NULL;
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

/* The first one that is lit; if none is, the first one: what is on it stays as it is. */
static struct lend_output *primary_output(const struct lend_server *server)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		if (!output->off)
			return output;
	}
	if (wl_list_empty(&server->outputs))
		return NULL;
	return wl_container_of(server->outputs.next, output, link);
}

static struct lend_output *choose_output(const struct lend_view *view)
{
	const struct lend_server *server = view->server;

	/* The parent's own may not be up to date yet: what counts is where it will be. */
	while (view->parent && !(view->wants_fullscreen && view->wanted_output))
		view = view->parent;
	if (view->wants_fullscreen && view->wanted_output && !view->wanted_output->off)
		return view->wanted_output;
	struct lend_output *moved =
		view->moved ? output_at(server, view->free_x, view->free_y) : NULL;
	return moved ? moved : primary_output(server);
}

static bool covers_all(const struct lend_view *view)
{
	return view->wants_fullscreen || view->wants_maximized;
}

bool view_is_tiled(const struct lend_view *view)
{
	return view->output && view->output->layout == LEND_LAYOUT_TILE && !view->parent &&
	       !covers_all(view);
}

bool view_is_free(const struct lend_view *view)
{
	return view->output && (view->output->layout == LEND_LAYOUT_FREE || view->parent) &&
	       !covers_all(view);
}

static struct lend_rect whole(const struct lend_output *output)
{
	return (struct lend_rect){0, 0, output->logical_width, output->logical_height};
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
	split(output->logical_width, in_row, index % columns, &rect.x, &rect.width);
	split(output->logical_height, rows, row, &rect.y, &rect.height);
	return rect;
}

/* Of the output's tiles, those that were mapped before the view; all, if it is NULL. */
static int32_t count_tiles(const struct lend_output *output, const struct lend_view *before)
{
	const struct lend_view *view;
	int32_t n = 0;

	wl_list_for_each (view, &output->server->views, link)
		n += view->output == output && view_is_tiled(view) && view_is_shown(view) &&
		     (!before || view->mapped_at < before->mapped_at);
	return n;
}

/* One that is not to be seen yet learns the place it will have then. */
static struct lend_rect find_place(const struct lend_view *view)
{
	const struct lend_output *output = view->output;

	if (!view_is_tiled(view))
		return whole(output);
	int32_t n = count_tiles(output, NULL);
	return view_is_shown(view) ? tile(output, count_tiles(output, view), n)
				   : tile(output, n, n + 1);
}

static uint32_t find_states(const struct lend_view *view, const struct lend_view *active)
{
	/* What will be active once it is mapped need not draw itself twice; an embedder that places
	 * views may activate others. */
	bool expected = !view->mapped && view->output->layout != LEND_LAYOUT_FREE;
	uint32_t states = view == active || expected ? VIEW_ACTIVATED : 0;

	if (view->mapped && !view_is_shown(view))
		states |= VIEW_SUSPENDED;
	if (view->wants_maximized)
		states |= VIEW_MAXIMIZED;
	if (view->resizing)
		states |= VIEW_RESIZING;
	if (view_is_tiled(view))
		states |= VIEW_TILED;
	else if (view->wants_fullscreen ||
		 (view->output->layout == LEND_LAYOUT_FULL && !view_is_free(view)))
		states |= VIEW_FULLSCREEN;
	return states;
}

static int32_t limit(int32_t size, int32_t least, int32_t most)
{
	if (most > 0 && size > most)
		size = most;
	return size < least ? least : size;
}

static void arrange_view(struct lend_view *view, const struct lend_view *active)
{
	struct lend_rect place = find_place(view);
	uint32_t states = find_states(view, active);

	if (memcmp(&view->place, &place, sizeof(place)) != 0) {
		view->place = place;
		scene_changed(view->server);
	}
	if (view_is_free(view)) { /* as large as it likes, or somebody made it */
		place.width = view->free_width;
		place.height = view->free_height;
	}
	if (view_is_tiled(view)) {
		place.width = limit(place.width, view->min_width, view->max_width);
		place.height = limit(place.height, view->min_height, view->max_height);
	}
	view_configure(view, place.width, place.height, states);
}

/* Side by side, their tops aligned, except where somebody put them elsewhere. */
static void place_outputs(struct lend_server *server)
{
	struct lend_output *output;
	int32_t x = 0;

	wl_list_for_each (output, &server->outputs, link) {
		if (!output->placed && (output->x != x || output->y != 0)) {
			output->x = x;
			output->y = 0;
			output_send_state(output);
		}
		if (!output->off && output->x + output->logical_width > x)
			x = output->x + output->logical_width;
	}
}

void layout_arrange(struct lend_server *server)
{
	struct lend_view *view;

	place_outputs(server);
	wl_list_for_each (view, &server->views, link) {
		struct lend_output *chosen = choose_output(view);
		if (view->output != chosen)
			scene_changed(server);
		view->output = chosen;
	}
	struct lend_view *active = view_active(server);
	wl_list_for_each (view, &server->views, link) {
		if (view->output)
			arrange_view(view, active);
	}
	seat_layout_changed(server->seat, active);
	wl_signal_emit(&server->arranged, server);
}

void view_origin(const struct lend_view *view, int32_t *x, int32_t *y)
{
	const struct lend_rect *rect = &view->place;
	bool has_geometry = view->geometry.width > 0;
	int32_t width = has_geometry ? view->geometry.width : view->surface->width;
	int32_t height = has_geometry ? view->geometry.height : view->surface->height;

	if (view->moved && view_is_movable(view)) {
		view_free_origin(view, x, y);
		return;
	}
	/* Centred if it is smaller than its place; if larger, cut off at the right and below. */
	*x = rect->x + (width < rect->width ? (rect->width - width) / 2 : 0);
	*y = rect->y + (height < rect->height ? (rect->height - height) / 2 : 0);
	if (has_geometry) {
		*x -= view->geometry.x;
		*y -= view->geometry.y;
	}
}
