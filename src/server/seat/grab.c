/* SPDX-License-Identifier: MIT */
/* Presses: what they activate, and popups that take the keys until one lands elsewhere. */
#include "seat.h"

struct popup *grab_top(const struct seat *seat)
{
	if (wl_list_empty(&seat->grabs))
		return NULL;
	struct popup *top = wl_container_of(seat->grabs.next, top, grab_link);
	return top;
}

void grab_dismiss_all(struct seat *seat)
{
	struct popup *top;

	while ((top = grab_top(seat)))
		popup_dismiss(top);
}

static bool is_child(const struct popup *popup, const struct popup *parent)
{
	const struct popup *child;

	wl_list_for_each (child, &parent->popups, link) {
		if (child == popup)
			return true;
	}
	return false;
}

/* A menu stays for its submenu; any other goes. */
void seat_grab_begin(struct seat *seat, struct popup *popup)
{
	struct popup *top;

	while ((top = grab_top(seat)) && !is_child(popup, top))
		popup_dismiss(top);
	wl_list_insert(&seat->grabs, &popup->grab_link);
	keyboard_update(seat);
	pointer_update(seat);
}

void seat_grab_end(struct seat *seat, struct popup *popup)
{
	wl_list_remove(&popup->grab_link);
	wl_list_init(&popup->grab_link);
	keyboard_update(seat);
	pointer_update(seat);
}

static bool is_outside(const struct popup *top, const struct surface *surface)
{
	return top && (!surface || surface->client != top->surface->client);
}

struct spot grab_pick(const struct seat *seat, double x, double y)
{
	struct spot spot = pick(seat->server, x, y);

	return is_outside(grab_top(seat), spot.surface) ? (struct spot){0} : spot;
}

bool grab_press(struct seat *seat, double x, double y)
{
	struct spot spot = pick(seat->server, x, y);
	struct lend_view *view = spot.surface ? view_from_surface(spot.surface) : NULL;
	bool outside = is_outside(grab_top(seat), spot.surface);

	if (outside)
		grab_dismiss_all(seat);
	if (view)
		view_activate(view);
	return !outside;
}
