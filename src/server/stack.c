/* SPDX-License-Identifier: MIT */
/* Which views are above which, and which one has the keys. */
#include "server/server.h"

static const struct lend_view *root_of(const struct lend_view *view)
{
	while (view->parent)
		view = view->parent;
	return view;
}

/* What is being cycled to is seen even if it is minimised. */
bool view_is_shown(const struct lend_view *view)
{
	const struct lend_view *candidate = view->server->candidate;

	if (!view->mapped || (candidate && root_of(candidate) == root_of(view)))
		return view->mapped;
	while (view && !view->minimized)
		view = view->parent;
	return !view;
}

struct lend_view *view_active(const struct lend_server *server)
{
	struct lend_view *view, *last = NULL;

	if (server->candidate)
		return server->candidate;
	wl_list_for_each (view, &server->views, link) {
		if (view->output && view_is_shown(view) &&
		    (!last || view->activated_at > last->activated_at))
			last = view;
	}
	return last;
}

/* ---- above and below ------------------------------------------------------------------------ */

static bool is_of(const struct lend_view *view, const struct lend_view *ancestor)
{
	while (view && view != ancestor)
		view = view->parent;
	return view != NULL;
}

/* Of the same grid, or above one of its tiles. */
static bool is_of_grid(const struct lend_view *view, const struct lend_view *tile)
{
	const struct lend_view *root = root_of(view);

	return root->output == tile->output && view_is_tiled(root);
}

/* Views that are chosen go to the top, or right above that one, in the order that they have. */
static void lift(struct lend_view *view, struct lend_view *above,
		 bool (*chosen)(const struct lend_view *other, const struct lend_view *view))
{
	struct wl_list *views = &view->server->views;
	struct lend_view *other, *next;
	struct wl_list lifted;

	wl_list_init(&lifted);
	wl_list_for_each_reverse_safe(other, next, views, link)
	{
		if (!chosen(other, view))
			continue;
		wl_list_remove(&other->link);
		wl_list_insert(&lifted, &other->link);
	}
	wl_list_insert_list(above ? above->link.prev : views, &lifted);
	scene_changed(view->server);
}

void view_raise(struct lend_view *view)
{
	struct lend_view *root = view;

	while (root->parent)
		root = root->parent;
	lift(root, NULL, view_is_tiled(root) ? is_of_grid : is_of);
	if (view != root)
		lift(view, NULL, is_of);
}

void view_set_parent(struct lend_view *view, struct lend_view *parent)
{
	view->parent = parent;
	if (parent)
		lift(view, parent, is_of);
}

void view_activate(struct lend_view *view)
{
	struct lend_server *server = view->server;

	server->candidate = NULL;
	view->activated_at = ++server->activations;
	for (struct lend_view *shown = view; shown; shown = shown->parent)
		shown->minimized = false;
	layout_arrange(server);
	view_raise(view);
}

/* ---- in the order of use -------------------------------------------------------------------- */

/* Of those that belong together, the one that was used last stands for all. */
static bool stands_for_all(const struct lend_view *view)
{
	const struct lend_view *other;

	if (!view->mapped || !view->output)
		return false;
	wl_list_for_each (other, &view->server->views, link) {
		if (other->mapped && root_of(other) == root_of(view) &&
		    other->activated_at > view->activated_at)
			return false;
	}
	return true;
}

/* How long before `now` it was used, in a circle that begins with the latest. */
static uint64_t steps(const struct lend_view *view, uint64_t now, bool backwards)
{
	uint64_t age = now - view->activated_at;

	/* Older than now: small; newer: it wraps around, to what is larger than all of these. */
	return backwards ? 0 - age : age;
}

void view_cycle(struct lend_server *server, bool backwards)
{
	const struct lend_view *active = view_active(server);
	uint64_t now = active ? active->activated_at : server->activations + 1;
	struct lend_view *view, *next = NULL;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no list has a NULL in it */
	wl_list_for_each (view, &server->views, link) {
		if (view != active && stands_for_all(view) &&
		    (!next || steps(view, now, backwards) < steps(next, now, backwards)))
			next = view;
	}
	if (!next)
		return;
	server->candidate = next;
	layout_arrange(server);
	view_raise(next);
}

void view_cycle_end(struct lend_server *server)
{
	if (server->candidate)
		view_activate(server->candidate);
}
