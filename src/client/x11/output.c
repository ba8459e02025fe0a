/* SPDX-License-Identifier: MIT */
/* Outputs, which X calls monitors. */
#include "client/x11/x11.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/randr.h>

static void atom_name(struct display *display, xcb_atom_t atom, char *name, size_t size)
{
	xcb_get_atom_name_reply_t *reply = xcb_get_atom_name_reply(
		display->x11.xcb, xcb_get_atom_name(display->x11.xcb, atom), NULL);
	name[0] = '\0';
	if (reply != NULL)
		snprintf(name, size, "%.*s", xcb_get_atom_name_name_length(reply),
			 xcb_get_atom_name_name(reply));
	free(reply);
}

static xcb_randr_get_monitors_reply_t *get_monitors(struct display *display)
{
	if (!display->x11.randr)
		return NULL;
	return xcb_randr_get_monitors_reply(
		display->x11.xcb,
		xcb_randr_get_monitors(display->x11.xcb, display->x11.screen->root, 1), NULL);
}

/* The monitor of that name, for "" the primary one or else the first. */
static bool choose(struct display *display, const xcb_randr_get_monitors_reply_t *monitors,
		   const char *name, struct lend_rect *place, char *label, char *known, size_t size)
{
	bool found = false;
	xcb_randr_monitor_info_iterator_t i = xcb_randr_get_monitors_monitors_iterator(monitors);
	for (; i.rem > 0; xcb_randr_monitor_info_next(&i)) {
		const xcb_randr_monitor_info_t *monitor = i.data;
		char own[64];
		size_t length = strlen(known);
		atom_name(display, monitor->name, own, sizeof(own));
		snprintf(known + length, size - length, "%s%s", length > 0 ? ", " : "", own);
		bool better =
			name[0] != '\0' ? strcmp(own, name) == 0 : !found || monitor->primary != 0;
		if (!better)
			continue;
		found = true;
		*place =
			(struct lend_rect){monitor->x, monitor->y, monitor->width, monitor->height};
		memcpy(label, own, sizeof(own));
	}
	return found;
}

int output_find(struct display *display, const char *name, struct lend_rect *place, char *label,
		size_t size)
{
	char known[256] = "", own[64] = "";
	const xcb_screen_t *screen = display->x11.screen;
	*place = (struct lend_rect){0, 0, screen->width_in_pixels, screen->height_in_pixels};
	xcb_randr_get_monitors_reply_t *monitors = get_monitors(display);
	bool found = monitors != NULL &&
		     choose(display, monitors, name, place, own, known, sizeof(known));
	free(monitors);
	snprintf(label, size, "%s", own);
	if (!found && name[0] != '\0')
		return client_fail(display->client, -EINVAL,
				   "there is no output '%s'; there is: %s", name,
				   known[0] != '\0' ? known : "none with a name");
	return 0;
}
