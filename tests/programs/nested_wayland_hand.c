/* SPDX-License-Identifier: MIT */
/* A mouse on a Wayland server that takes virtual ones, as sway does: moves it, waits until programs
 * have noticed that there is one, moves it and clicks.
 * usage: hand X Y WIDTH HEIGHT: the place, and the size of the output */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/input-event-codes.h>
#include <wayland-client.h>

#include "wlr-virtual-pointer-client-protocol.h"

#define NOTICE 1500000 /* us */

static struct zwlr_virtual_pointer_manager_v1 *manager;

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	if (strcmp(interface, zwlr_virtual_pointer_manager_v1_interface.name) == 0)
		manager = wl_registry_bind(registry, name,
					   &zwlr_virtual_pointer_manager_v1_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void move(struct zwlr_virtual_pointer_v1 *pointer, uint32_t x, uint32_t y, uint32_t width,
		 uint32_t height)
{
	zwlr_virtual_pointer_v1_motion_absolute(pointer, 0, x, y, width, height);
	zwlr_virtual_pointer_v1_frame(pointer);
}

static void button(struct zwlr_virtual_pointer_v1 *pointer, uint32_t state)
{
	zwlr_virtual_pointer_v1_button(pointer, 0, BTN_LEFT, state);
	zwlr_virtual_pointer_v1_frame(pointer);
}

static int click(struct wl_display *display, const uint32_t place[4])
{
	struct zwlr_virtual_pointer_v1 *pointer =
		zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, NULL);

	move(pointer, 0, 0, place[2], place[3]);
	wl_display_roundtrip(display);
	usleep(NOTICE);
	move(pointer, place[0], place[1], place[2], place[3]);
	button(pointer, 1);
	button(pointer, 0);
	wl_display_roundtrip(display);
	usleep(NOTICE / 5);
	zwlr_virtual_pointer_v1_destroy(pointer);
	return wl_display_roundtrip(display) < 0;
}

int main(int argc, char **argv)
{
	struct wl_display *display = wl_display_connect(NULL);
	uint32_t place[4];

	if (!display || argc != 5)
		return 2;
	for (int i = 0; i < 4; i++)
		place[i] = (uint32_t)strtoul(argv[i + 1], NULL, 10);
	struct wl_registry *registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	wl_display_roundtrip(display);
	int status = manager ? click(display, place) : 3;
	if (manager)
		zwlr_virtual_pointer_manager_v1_destroy(manager);
	wl_registry_destroy(registry);
	wl_display_disconnect(display);
	return status;
}
