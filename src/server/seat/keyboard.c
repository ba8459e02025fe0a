/* SPDX-License-Identifier: MIT */
/* The keyboard: which surface has the keys, and what its client is told of them. */
#include "seat.h"

#include <xkbcommon/xkbcommon-keysyms.h>

#define REPEAT_RATE  25	 /* keys a second */
#define REPEAT_DELAY 600 /* ms */

/* What libxkbcommon adds to a kernel's key code. */
#define XKB_OFFSET 8

/* ---- modifiers ------------------------------------------------------------------------------ */

static void send_modifiers(const struct seat *seat, struct wl_resource *resource, uint32_t serial)
{
	const struct keyboard *keyboard = &seat->keyboard;

	wl_keyboard_send_modifiers(resource, serial, keyboard->depressed, keyboard->latched,
				   keyboard->locked, keyboard->group);
}

static bool change(uint32_t *value, uint32_t now)
{
	bool changed = *value != now;

	*value = now;
	return changed;
}

/* Takes over what the keymap makes of the keys that are down. True if it changed. */
static bool read_modifiers(struct keyboard *keyboard)
{
	struct xkb_state *state = keyboard->state;
	bool changed = false;

	changed |= change(&keyboard->depressed,
			  xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED));
	changed |=
		change(&keyboard->latched, xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED));
	changed |=
		change(&keyboard->locked, xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED));
	changed |= change(&keyboard->group,
			  xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE));
	return changed;
}

static void update_leds(struct seat *seat)
{
	static const char *const names[] = {XKB_LED_NAME_NUM, XKB_LED_NAME_CAPS,
					    XKB_LED_NAME_SCROLL};
	uint32_t leds = 0;

	for (unsigned i = 0; i < 3; i++)
		if (xkb_state_led_name_is_active(seat->keyboard.state, names[i]) > 0)
			leds |= 1u << i;
	if (change(&seat->keyboard.leds, leds) && seat->bindings.set_leds)
		seat->bindings.set_leds(seat->bindings.data, leds);
}

static void update_modifiers(struct seat *seat)
{
	struct keyboard *keyboard = &seat->keyboard;
	struct wl_resource *resource = NULL;

	if (!keyboard->state || !read_modifiers(keyboard))
		return;
	update_leds(seat);
	uint32_t serial = seat_serial(seat);
	while ((resource = seat_next_object(&keyboard->resources, resource, keyboard->focus)))
		send_modifiers(seat, resource, serial);
}

/* ---- focus ---------------------------------------------------------------------------------- */

/* False: no memory. */
static bool list_keys(const struct pressed *pressed, struct wl_array *keys)
{
	for (uint32_t code = 0; code < KEY_CNT; code++) {
		if (!pressed_has(pressed, code))
			continue;
		uint32_t *key = wl_array_add(keys, sizeof(*key));
		if (!key)
			return false;
		*key = code;
	}
	return true;
}

static void send_enter(struct seat *seat, struct wl_resource *resource, uint32_t serial)
{
	struct keyboard *keyboard = &seat->keyboard;
	struct wl_array keys;

	wl_array_init(&keys);
	if (list_keys(&keyboard->known, &keys))
		wl_keyboard_send_enter(resource, serial, keyboard->focus->resource, &keys);
	else
		wl_resource_post_no_memory(resource);
	wl_array_release(&keys);
	send_modifiers(seat, resource, serial);
}

static bool is_of_same_client(const struct surface *a, const struct surface *b)
{
	return a && b && a->client == b->client;
}

static void set_focus(struct seat *seat, struct surface *surface)
{
	struct keyboard *keyboard = &seat->keyboard;
	struct wl_resource *resource = NULL;

	if (surface == keyboard->focus)
		return;
	uint32_t serial = seat_serial(seat);
	while ((resource = seat_next_object(&keyboard->resources, resource, keyboard->focus)))
		wl_keyboard_send_leave(resource, serial, keyboard->focus->resource);
	bool same = is_of_same_client(keyboard->focus, surface);
	keyboard->focus = surface;
	if (!surface)
		return;
	if (!same)
		clipboard_update(seat);
	serial = seat_serial(seat);
	while ((resource = seat_next_object(&keyboard->resources, resource, surface)))
		send_enter(seat, resource, serial);
}

void keyboard_update(struct seat *seat)
{
	const struct popup *top = grab_top(seat);

	if (seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD))
		set_focus(seat, top ? top->surface : seat->keyboard.wanted);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* The virtual terminal that the key asks for, as things are; 0: none. */
static unsigned asks_for_vt(const struct seat *seat, uint32_t key)
{
	const struct keyboard *keyboard = &seat->keyboard;

	if (!keyboard->state || !seat->bindings.switch_vt)
		return 0;
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(keyboard->state, key + XKB_OFFSET);
	if (symbol < XKB_KEY_XF86Switch_VT_1 || symbol > XKB_KEY_XF86Switch_VT_12)
		return 0;
	return symbol - XKB_KEY_XF86Switch_VT_1 + 1;
}

static void send_key(struct seat *seat, uint32_t time, uint32_t key, bool pressed)
{
	struct keyboard *keyboard = &seat->keyboard;
	struct wl_resource *resource = NULL;

	if (!pressed_set(&keyboard->known, key, pressed) || !keyboard->focus)
		return;
	uint32_t serial = seat_action(seat, keyboard->focus);
	while ((resource = seat_next_object(&keyboard->resources, resource, keyboard->focus)))
		wl_keyboard_send_key(resource, serial, time, key, pressed);
}

void seat_keyboard_key(struct seat *seat, uint64_t time_us, uint32_t key, bool pressed)
{
	struct keyboard *keyboard = &seat->keyboard;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD) ||
	    !pressed_set(&keyboard->down, key, pressed))
		return;
	unsigned vt = pressed ? asks_for_vt(seat, key) : 0;
	if (keyboard->state)
		xkb_state_update_key(keyboard->state, key + XKB_OFFSET,
				     pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
	if (vt) /* may end the device: what follows does nothing then */
		seat->bindings.switch_vt(seat->bindings.data, vt);
	else
		send_key(seat, (uint32_t)(time_us / 1000), key, pressed);
	update_modifiers(seat);
}

/* ---- the device ----------------------------------------------------------------------------- */

void keyboard_init(struct keyboard *keyboard)
{
	wl_list_init(&keyboard->resources);
	keyboard->keymap.fd = -1;
}

void keyboard_finish(struct keyboard *keyboard)
{
	xkb_state_unref(keyboard->state);
	keymap_close(&keyboard->keymap);
}

void keyboard_add(struct seat *seat, struct wl_resource *resource)
{
	struct keyboard *keyboard = &seat->keyboard;
	const struct surface *focus = keyboard->focus;

	seat_add_object(&keyboard->resources, resource);
	wl_keyboard_send_keymap(resource, keyboard->keymap.format, keyboard->keymap.fd,
				keyboard->keymap.size);
	if (wl_resource_get_version(resource) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION)
		wl_keyboard_send_repeat_info(resource, REPEAT_RATE, REPEAT_DELAY);
	if (focus && wl_resource_get_client(focus->resource) == wl_resource_get_client(resource))
		send_enter(seat, resource, seat_serial(seat));
}

/* The keymap takes milliseconds to make, which a server without a keyboard need not spend. */
bool keyboard_open(struct seat *seat)
{
	struct keyboard *keyboard = &seat->keyboard;

	if (keyboard->keymap.fd >= 0)
		return true;
	int ret = keymap_open(seat->server, &keyboard->keymap);
	if (ret == 0 && keyboard->keymap.xkb) {
		keyboard->state = xkb_state_new(keyboard->keymap.xkb);
		ret = keyboard->state ? 0 : -ENOMEM;
	}
	if (ret < 0) {
		keymap_close(&keyboard->keymap);
		server_log(seat->server, LEND_LOG_ERROR, "no keyboard: %s", strerror(-ret));
	}
	return ret == 0;
}

/* Keys that are locked stay so for the next device. */
static void release_all(struct keyboard *keyboard)
{
	for (uint32_t key = 0; keyboard->state && key < KEY_CNT; key++)
		if (pressed_has(&keyboard->down, key))
			xkb_state_update_key(keyboard->state, key + XKB_OFFSET, XKB_KEY_UP);
	keyboard->down = keyboard->known = (struct pressed){0};
	if (keyboard->state)
		read_modifiers(keyboard);
}

void keyboard_enable(struct seat *seat, bool enable)
{
	if (enable) {
		keyboard_update(seat);
		return;
	}
	set_focus(seat, NULL);
	release_all(&seat->keyboard);
	seat_retire_objects(&seat->keyboard.resources);
}
