/* SPDX-License-Identifier: MIT */
/* Views that are where, and as large as, somebody made them: LEND_LAYOUT_FREE. */
#include "server/server.h"

bool view_is_movable(const struct lend_view *view)
{
	return view_is_free(view) && view->output->layout == LEND_LAYOUT_FREE;
}

/* No output is farther out, and sums with it fit. */
static int32_t within_reach(int32_t place)
{
	const int32_t most = 1 << 24;

	return place < -most ? -most : place > most ? most : place;
}

LEND_EXPORT void lend_view_move(struct lend_view *view, int32_t x, int32_t y)
{
	view->moved = true;
	view->from_right = view->from_bottom = false;
	view->free_x = within_reach(x);
	view->free_y = within_reach(y);
	layout_arrange(view->server);
	scene_changed(view->server);
}

static int32_t limit(int32_t size, int32_t least, int32_t most)
{
	if (most > 0 && size > most)
		size = most;
	if (size < least)
		size = least;
	return size < 1 ? 1 : size;
}

void view_resize(struct lend_view *view, int32_t width, int32_t height)
{
	view->free_width = limit(width, view->min_width, view->max_width);
	view->free_height = limit(height, view->min_height, view->max_height);
	view_changed(view);
}

/* Without a window geometry of the client's own it is the surface that counts: a subsurface that
 * sticks out does not push the window away. */
void view_free_origin(const struct lend_view *view, int32_t *x, int32_t *y)
{
	struct lend_rect box = {.width = view->surface->width, .height = view->surface->height};

	if (view->geometry_set)
		box = view->geometry;
	*x = view->free_x - view->output->x - box.x - (view->from_right ? box.width : 0);
	*y = view->free_y - view->output->y - box.y - (view->from_bottom ? box.height : 0);
}
