/* SPDX-License-Identifier: MIT */
/* A window that the pointer has taken hold of, because its client asked for that: it is moved, or
 * resized by some of its edges, until the buttons are up. */
#include "seat.h"

#include <math.h>

#include "xdg-shell-server-protocol.h"

/* In the space that outputs share: its window geometry, or, if the client set none, the surface. */
static struct lend_rect find_box(const struct lend_view *view)
{
	struct lend_rect box = {.width = view->surface->width, .height = view->surface->height};

	view_origin(view, &box.x, &box.y);
	box.x += view->output->x;
	box.y += view->output->y;
	if (view->geometry_set)
		box = (struct lend_rect){box.x + view->geometry.x, box.y + view->geometry.y,
					 view->geometry.width, view->geometry.height};
	return box;
}

static void resize(struct grip *grip, int32_t dx, int32_t dy)
{
	const uint32_t edges = grip->edges;
	struct lend_rect box = grip->box;

	if (edges & XDG_TOPLEVEL_RESIZE_EDGE_LEFT)
		box.width -= dx;
	else if (edges & XDG_TOPLEVEL_RESIZE_EDGE_RIGHT)
		box.width += dx;
	if (edges & XDG_TOPLEVEL_RESIZE_EDGE_TOP)
		box.height -= dy;
	else if (edges & XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM)
		box.height += dy;
	view_resize(grip->view, box.width, box.height);
}

/* It may be told where the pointer is again because of what it changed. */
void grip_follow(struct seat *seat)
{
	struct grip *grip = &seat->grip;

	if (!grip->view)
		return;
	int32_t dx = (int32_t)floor(seat->pointer.x - grip->x);
	int32_t dy = (int32_t)floor(seat->pointer.y - grip->y);
	if (dx == grip->dx && dy == grip->dy)
		return;
	grip->dx = dx;
	grip->dy = dy;
	if (grip->edges)
		resize(grip, dx, dy);
	else
		lend_view_move(grip->view, grip->box.x + dx, grip->box.y + dy);
}

/* The edges that are not dragged stay where they are. */
static void anchor(struct lend_view *view, const struct lend_rect *box, uint32_t edges)
{
	view->moved = view->resizing = true;
	view->from_right = edges & XDG_TOPLEVEL_RESIZE_EDGE_LEFT;
	view->from_bottom = edges & XDG_TOPLEVEL_RESIZE_EDGE_TOP;
	view->free_x = box->x + (view->from_right ? box->width : 0);
	view->free_y = box->y + (view->from_bottom ? box->height : 0);
	view_resize(view, box->width, box->height);
}

void seat_grip(struct seat *seat, struct lend_view *view, uint32_t serial, uint32_t edges)
{
	const struct pointer *pointer = &seat->pointer;
	struct surface *focus = pointer->focus.surface;

	if (!view_is_movable(view) || !focus || pointer->buttons.count == 0 ||
	    serial != pointer->press_serial || view_from_surface(focus) != view)
		return;
	seat->grip = (struct grip){
		.view = view,
		.edges = edges,
		.x = pointer->x,
		.y = pointer->y,
		.box = find_box(view),
	};
	if (edges)
		anchor(view, &seat->grip.box, edges);
	pointer_take_away(seat);
	cursor_reset(seat);
}

void grip_end(struct seat *seat)
{
	struct lend_view *view = seat->grip.view;

	seat->grip.view = NULL;
	if (view && view->resizing) {
		view->resizing = false;
		view_changed(view);
	}
}

void seat_forget_view(struct seat *seat, const struct lend_view *view)
{
	if (seat->grip.view == view)
		grip_end(seat);
}
