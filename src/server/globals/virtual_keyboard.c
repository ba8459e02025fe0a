/* SPDX-License-Identifier: MIT */
/* zwp_virtual_keyboard_v1: keys that a privileged client presses, in a keymap of its own. */
#include "server/seat/virtual.h"

#include <stdlib.h>

#include "buffer/fds.h"
#include "virtual-keyboard-server-protocol.h"

#define VERSION 1

struct virtual_keyboard {
	struct seat *seat;
	struct keys keys;
	bool has_keymap; /* or will have one, when its turn comes */
};

/* ---- events, when their turn comes ---------------------------------------------------------- */

static void apply_keymap(struct seat *seat, struct virtual_event *event)
{
	struct virtual_keyboard *keyboard = event->device;

	if (keys_take_keymap(seat, &keyboard->keys, event->keymap) < 0)
		server_log(seat->server, LEND_LOG_ERROR, "virtual keyboard: %s", fail_text());
}

static void apply_key(struct seat *seat, struct virtual_event *event)
{
	struct virtual_keyboard *keyboard = event->device;

	keys_press(seat, &keyboard->keys, event->time_us, event->press.code, event->press.pressed);
}

static void apply_modifiers(struct seat *seat, struct virtual_event *event)
{
	struct virtual_keyboard *keyboard = event->device;

	keys_set_modifiers(seat, &keyboard->keys, &event->modifiers);
}

static void apply_end(struct seat *seat, struct virtual_event *event)
{
	struct virtual_keyboard *keyboard = event->device;

	keys_finish(seat, &keyboard->keys);
	free(keyboard);
}

static void post(struct virtual_keyboard *keyboard, struct virtual_event event)
{
	event.device = keyboard;
	event.time_us = virtual_now();
	virtual_post(keyboard->seat, &event);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static int read_keymap(uint32_t format, int fd, uint32_t size, struct keymap **keymap)
{
	char *text;

	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1)
		return fail(-EINVAL, "format %u: the only one is xkb_v1 (%d)", format,
			    WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	int ret = keymap_read(fd, size, &text);
	if (ret < 0)
		return ret;
	ret = keymap_create_from_text(text, keymap);
	free(text);
	return ret;
}

static void handle_keymap(struct wl_client *client, struct wl_resource *resource, uint32_t format,
			  int fd, uint32_t size)
{
	struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);
	struct virtual_event event = {.apply = apply_keymap};

	int ret = read_keymap(format, fd, size, &event.keymap);
	fds_close(&fd, 1);
	if (ret == -ENOMEM) {
		client_post_no_memory(client_get(client), "zwp_virtual_keyboard_v1.keymap");
	} else if (ret < 0) {
		wl_resource_post_error(resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
				       "zwp_virtual_keyboard_v1.keymap: %s", fail_text());
	} else {
		keyboard->has_keymap = true;
		post(keyboard, event);
	}
}

static bool check_keymap(struct wl_resource *resource, const char *request)
{
	const struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);

	if (!keyboard->has_keymap)
		wl_resource_post_error(resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
				       "zwp_virtual_keyboard_v1.%s: send a keymap first", request);
	return keyboard->has_keymap;
}

static void handle_key(struct wl_client *client, struct wl_resource *resource, uint32_t time,
		       uint32_t key, uint32_t state)
{
	const struct virtual_event event = {
		.apply = apply_key,
		.needs = WL_SEAT_CAPABILITY_KEYBOARD,
		.press = {key, state != WL_KEYBOARD_KEY_STATE_RELEASED},
	};

	if (check_keymap(resource, "key"))
		post(wl_resource_get_user_data(resource), event);
}

static void handle_modifiers(struct wl_client *client, struct wl_resource *resource,
			     uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	const struct virtual_event event = {
		.apply = apply_modifiers,
		.modifiers = {depressed, latched, locked, group},
	};

	if (check_keymap(resource, "modifiers"))
		post(wl_resource_get_user_data(resource), event);
}

static const struct zwp_virtual_keyboard_v1_interface keyboard_interface = {
	.keymap = handle_keymap,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_resource *resource)
{
	post(wl_resource_get_user_data(resource), (struct virtual_event){.apply = apply_end});
}

/* ---- manager -------------------------------------------------------------------------------- */

static void handle_create(struct wl_client *client, struct wl_resource *manager,
			  struct wl_resource *seat, uint32_t id)
{
	struct virtual_keyboard *keyboard = calloc(1, sizeof(*keyboard));
	struct wl_resource *resource =
		keyboard ? wl_resource_create(client, &zwp_virtual_keyboard_v1_interface,
					      wl_resource_get_version(manager), id)
			 : NULL;

	if (!resource) {
		free(keyboard);
		wl_client_post_no_memory(client);
		return;
	}
	keyboard->seat = wl_resource_get_user_data(manager);
	keyboard->keys.says_modifiers = true;
	wl_resource_set_implementation(resource, &keyboard_interface, keyboard, handle_destroy);
	virtual_announce(keyboard->seat, WL_SEAT_CAPABILITY_KEYBOARD);
}

static const struct zwp_virtual_keyboard_manager_v1_interface manager_interface = {
	.create_virtual_keyboard = handle_create,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_server *server = data;
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_virtual_keyboard_manager_v1_interface, (int)version, id);

	if (resource)
		wl_resource_set_implementation(resource, &manager_interface, server->seat, NULL);
	else
		wl_client_post_no_memory(client);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwp_virtual_keyboard_manager_v1_interface,
				VERSION, server, bind)
		       ? 0
		       : -ENOMEM;
}

const struct global global_virtual_keyboard = {
	.name = "zwp_virtual_keyboard_manager_v1",
	.create = create,
	.privileged = true,
};
