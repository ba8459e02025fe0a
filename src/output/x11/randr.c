/* SPDX-License-Identifier: MIT */
/* The screen that the window is on: refresh rates and resolution. */
#include "output/x11/x11.h"

#include <stdlib.h>
#include <string.h>
#include <xcb/randr.h>

#define SCALE_MAX 10

/* mHz; 0: the mode does not say. */
static uint32_t mode_refresh(const xcb_randr_mode_info_t *mode)
{
	uint64_t pixels = (uint64_t)mode->htotal * mode->vtotal;

	if (mode->mode_flags & XCB_RANDR_MODE_FLAG_DOUBLE_SCAN)
		pixels *= 2;
	if (mode->mode_flags & XCB_RANDR_MODE_FLAG_INTERLACE)
		pixels /= 2;
	uint64_t refresh = pixels ? mode->dot_clock * UINT64_C(1000) / pixels : 0;
	return refresh <= 1000000 ? (uint32_t)refresh : 0;
}

static uint32_t find_refresh(const xcb_randr_get_screen_resources_current_reply_t *resources,
			     xcb_randr_mode_t id)
{
	xcb_randr_mode_info_iterator_t modes =
		xcb_randr_get_screen_resources_current_modes_iterator(resources);

	for (; modes.rem > 0; xcb_randr_mode_info_next(&modes))
		if (modes.data->id == id)
			return mode_refresh(modes.data);
	return 0;
}

static void add_crtc(struct xwindow *window,
		     const xcb_randr_get_screen_resources_current_reply_t *resources,
		     xcb_randr_crtc_t id)
{
	xcb_randr_get_crtc_info_reply_t *info = xcb_randr_get_crtc_info_reply(
		window->x11.xcb,
		xcb_randr_get_crtc_info(window->x11.xcb, id, resources->config_timestamp), NULL);

	if (info && info->mode && window->n_crtcs < CRTCS_MAX)
		window->crtcs[window->n_crtcs++] = (struct crtc){
			.place = {info->x, info->y, info->width, info->height},
			.refresh = find_refresh(resources, info->mode),
		};
	free(info);
}

void randr_read(struct xwindow *window)
{
	struct x11 *x11 = &window->x11;

	window->n_crtcs = 0;
	window->crtcs_stale = false;
	if (!x11->randr)
		return;
	xcb_randr_get_screen_resources_current_reply_t *resources =
		xcb_randr_get_screen_resources_current_reply(
			x11->xcb,
			xcb_randr_get_screen_resources_current(x11->xcb, x11->screen->root), NULL);
	if (!resources)
		return;
	const xcb_randr_crtc_t *ids = xcb_randr_get_screen_resources_current_crtcs(resources);
	int n = xcb_randr_get_screen_resources_current_crtcs_length(resources);
	for (int i = 0; i < n; i++)
		add_crtc(window, resources, ids[i]);
	free(resources);
}

void randr_begin(struct xwindow *window)
{
	randr_read(window);
	if (window->x11.randr)
		xcb_randr_select_input(window->x11.xcb, window->x11.screen->root,
				       XCB_RANDR_NOTIFY_MASK_CRTC_CHANGE);
}

static bool contains(const struct lend_rect *rect, int32_t x, int32_t y)
{
	return x >= rect->x && y >= rect->y && x - rect->x < rect->width &&
	       y - rect->y < rect->height;
}

/* Where its middle is. */
uint32_t randr_refresh(const struct xwindow *window)
{
	int32_t x = window->x + window->output->width / 2;
	int32_t y = window->y + window->output->height / 2;

	for (unsigned i = 0; i < window->n_crtcs; i++)
		if (contains(&window->crtcs[i].place, x, y) && window->crtcs[i].refresh)
			return window->crtcs[i].refresh;
	return REFRESH_DEFAULT;
}

/* The resources are lines of "NAME:\tVALUE". */
static uint32_t read_dpi(const char *resources)
{
	static const char name[] = "Xft.dpi:";
	const char *found = strstr(resources, name);

	while (found && found != resources && found[-1] != '\n')
		found = strstr(found + 1, name);
	return found ? (uint32_t)strtoul(found + strlen(name), NULL, 10) : 0;
}

uint32_t screen_scale(const struct x11 *x11)
{
	char text[16384];
	xcb_get_property_reply_t *reply = xcb_get_property_reply(
		x11->xcb,
		xcb_get_property(x11->xcb, 0, x11->screen->root, XCB_ATOM_RESOURCE_MANAGER,
				 XCB_ATOM_STRING, 0, (sizeof(text) - 1) / 4),
		NULL);
	int length = reply ? xcb_get_property_value_length(reply) : 0;

	memcpy(text, length > 0 ? xcb_get_property_value(reply) : "", (size_t)length);
	text[length] = '\0';
	free(reply);
	uint32_t scale = read_dpi(text) / 96;
	if (scale < 1)
		return 1;
	return scale < SCALE_MAX ? scale : SCALE_MAX;
}
