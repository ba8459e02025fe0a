/* SPDX-License-Identifier: MIT */
/*
 * What a user and a window manager do to the first window of $DISPLAY. usage: nested-x11-hand
 * WORD... with the words: move X Y, button N (a click), press N, release N, key CODE (of the
 * kernel), hold CODE, let CODE, resize W H, place X Y, close, destroy, unmap, map, focus, unfocus,
 * cover, uncover, list (the window's properties), cursor (its picture)
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>
#include <xcb/xtest.h>

static xcb_connection_t *xcb;
static const xcb_screen_t *screen;
static xcb_window_t window;
static char **words;

static uint32_t number(void)
{
	if (!*words) {
		fprintf(stderr, "a number is missing\n");
		exit(2);
	}
	return (uint32_t)strtoul(*words++, NULL, 10);
}

static xcb_atom_t atom(const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
		xcb, xcb_intern_atom(xcb, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t found = reply ? reply->atom : 0;

	free(reply);
	return found;
}

static xcb_window_t find_window(void)
{
	xcb_query_tree_reply_t *tree =
		xcb_query_tree_reply(xcb, xcb_query_tree(xcb, screen->root), NULL);
	xcb_window_t found = 0;

	if (tree && xcb_query_tree_children_length(tree) > 0)
		found = xcb_query_tree_children(tree)[0];
	free(tree);
	return found;
}

static void fake(uint8_t type, uint32_t detail, uint32_t x, uint32_t y)
{
	xcb_test_fake_input(xcb, type, (uint8_t)detail, 0, screen->root, (int16_t)x, (int16_t)y, 0);
}

static void tap(uint8_t press, uint8_t release, uint32_t detail)
{
	fake(press, detail, 0, 0);
	fake(release, detail, 0, 0);
}

static void send_close(void)
{
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = atom("WM_PROTOCOLS"),
		.data.data32 = {atom("WM_DELETE_WINDOW")},
	};

	xcb_send_event(xcb, 0, window, 0, (const char *)&message);
}

static void print_property(const char *name)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(
		xcb, xcb_get_property(xcb, 0, window, atom(name), XCB_ATOM_ANY, 0, 256), NULL);
	if (reply && reply->format == 8) {
		printf("%s=", name);
		fwrite(xcb_get_property_value(reply), 1,
		       (size_t)xcb_get_property_value_length(reply), stdout);
		printf("\n");
	} else if (reply && reply->format == 32) {
		printf("%s=%u\n", name, *(const uint32_t *)xcb_get_property_value(reply));
	}
	free(reply);
}

static void list(void)
{
	xcb_get_geometry_reply_t *place =
		xcb_get_geometry_reply(xcb, xcb_get_geometry(xcb, window), NULL);

	if (place)
		printf("place=%d,%d %ux%u depth %u\n", place->x, place->y, place->width,
		       place->height, place->depth);
	free(place);
	print_property("WM_NAME");
	print_property("_NET_WM_NAME");
	print_property("WM_CLASS");
	print_property("_NET_WM_PID");
	printf("fullscreen=%u\n", atom("_NET_WM_STATE_FULLSCREEN"));
	print_property("_NET_WM_STATE");
}

static void print_cursor(void)
{
	unsigned opaque = 0;

	free(xcb_xfixes_query_version_reply(xcb, xcb_xfixes_query_version(xcb, 4, 0), NULL));
	xcb_xfixes_get_cursor_image_reply_t *image =
		xcb_xfixes_get_cursor_image_reply(xcb, xcb_xfixes_get_cursor_image(xcb), NULL);
	if (!image)
		return;
	const uint32_t *pixels = xcb_xfixes_get_cursor_image_cursor_image(image);
	for (int i = 0; i < image->width * image->height; i++)
		opaque += pixels[i] >> 24 == 0xff;
	printf("cursor %ux%u hot %u,%u at %d,%d opaque %u\n", image->width, image->height,
	       image->xhot, image->yhot, image->x, image->y, opaque);
	free(image);
}

/* Until this program ends. */
static void cover(void)
{
	const uint32_t values[] = {0, 1};
	xcb_window_t above = xcb_generate_id(xcb);

	xcb_create_window(xcb, 0, above, screen->root, 0, 0, screen->width_in_pixels,
			  screen->height_in_pixels, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, 0,
			  XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(xcb, above);
	free(xcb_get_input_focus_reply(xcb, xcb_get_input_focus(xcb), NULL));
	printf("covered\n");
	fflush(stdout);
	(void)getchar();
}

static void resize(void)
{
	const uint32_t size[] = {number(), number()};

	xcb_configure_window(xcb, window, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
}

static void move(void)
{
	uint32_t x = number(), y = number();

	fake(XCB_MOTION_NOTIFY, 0, x, y);
}

static void click(void)
{
	tap(XCB_BUTTON_PRESS, XCB_BUTTON_RELEASE, number());
}

static void press(void)
{
	fake(XCB_BUTTON_PRESS, number(), 0, 0);
}

static void release(void)
{
	fake(XCB_BUTTON_RELEASE, number(), 0, 0);
}

static void key(void)
{
	tap(XCB_KEY_PRESS, XCB_KEY_RELEASE, number() + 8);
}

static void hold(void)
{
	fake(XCB_KEY_PRESS, number() + 8, 0, 0);
}

static void let(void)
{
	fake(XCB_KEY_RELEASE, number() + 8, 0, 0);
}

static void destroy(void)
{
	xcb_destroy_window(xcb, window);
}

static void unmap(void)
{
	xcb_unmap_window(xcb, window);
}

static void map(void)
{
	xcb_map_window(xcb, window);
}

static void focus(void)
{
	xcb_set_input_focus(xcb, XCB_INPUT_FOCUS_POINTER_ROOT, window, XCB_CURRENT_TIME);
}

static void unfocus(void)
{
	xcb_set_input_focus(xcb, XCB_INPUT_FOCUS_NONE, XCB_NONE, XCB_CURRENT_TIME);
}

static const struct {
	const char *word;
	void (*act)(void);
} acts[] = {
	{"move", move},
	{"button", click},
	{"press", press},
	{"release", release},
	{"key", key},
	{"hold", hold},
	{"let", let},
	{"resize", resize},
	{"close", send_close},
	{"destroy", destroy},
	{"unmap", unmap},
	{"map", map},
	{"focus", focus},
	{"unfocus", unfocus},
	{"cover", cover},
	{"list", list},
	{"cursor", print_cursor},
};

static bool act(const char *word)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(word, acts[i].word) == 0) {
			acts[i].act();
			return true;
		}
	}
	fprintf(stderr, "nobody can %s\n", word);
	return false;
}

int main(int argc, char **argv)
{
	xcb = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(xcb) != 0)
		return 1;
	screen = xcb_setup_roots_iterator(xcb_get_setup(xcb)).data;
	window = find_window();
	words = argv + 1;
	while (*words)
		if (!act(*words++))
			return 2;
	/* All of it is done when this is answered. */
	free(xcb_get_input_focus_reply(xcb, xcb_get_input_focus(xcb), NULL));
	xcb_disconnect(xcb);
	return window ? 0 : 3;
}
