/* SPDX-License-Identifier: MIT */
/* The keyboard: which surface has the keys, and what its client is told of them. */
#include "seat.h"

#include <xkbcommon/xkbcommon-keysyms.h>

#define REPEAT_RATE    25  /* keys a second */
#define REPEAT_DELAY   600 /* ms */

#define CORE_MODIFIERS 0xff /* Shift, Lock, Control and Mod1 to Mod5 */

/* ---- modifiers ------------------------------------------------------------------------------ */

static void send_modifiers(const struct seat *seat, struct wl_resource *resource, uint32_t serial)
{
	const struct modifiers *modifiers = &seat->keyboard.modifiers;

	wl_keyboard_send_modifiers(resource, serial, modifiers->depressed, modifiers->latched,
				   modifiers->locked, modifiers->group);
}

static struct modifiers read_modifiers(struct xkb_state *state)
{
	if (!state)
		return (struct modifiers){0};
	return (struct modifiers){
		.depressed = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED),
		.latched = xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED),
		.locked = xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED),
		.group = xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE),
	};
}

/* Takes over what the keymap makes of the keys that are down. True if it changed. */
static bool take_modifiers(struct keyboard *keyboard)
{
	const struct modifiers now =
		read_modifiers(keyboard->speaker ? keyboard->speaker->state : NULL);
	bool changed = memcmp(&now, &keyboard->modifiers, sizeof(now)) != 0;

	keyboard->modifiers = now;
	return changed;
}

static void tell_modifiers(struct seat *seat)
{
	struct keyboard *keyboard = &seat->keyboard;
	struct wl_resource *resource = NULL;

	if (!keyboard->focus)
		return;
	uint32_t serial = seat_serial(seat);
	while ((resource = seat_next_object(&keyboard->resources, resource, keyboard->focus)))
		send_modifiers(seat, resource, serial);
}

/* The lamps are the devices', whoever speaks. */
static void update_leds(struct seat *seat)
{
	static const char *const names[] = {XKB_LED_NAME_NUM, XKB_LED_NAME_CAPS,
					    XKB_LED_NAME_SCROLL};
	struct keyboard *keyboard = &seat->keyboard;
	uint32_t leds = 0;

	for (unsigned i = 0; keyboard->devices.state && i < 3; i++)
		if (xkb_state_led_name_is_active(keyboard->devices.state, names[i]) > 0)
			leds |= 1u << i;
	if (leds == keyboard->leds)
		return;
	keyboard->leds = leds;
	if (seat->bindings.set_leds)
		seat->bindings.set_leds(seat->bindings.data, leds);
}

static void update_modifiers(struct seat *seat)
{
	update_leds(seat);
	if (take_modifiers(&seat->keyboard))
		tell_modifiers(seat);
	shortcuts_update(seat);
}

/* ---- the keymap that clients know ----------------------------------------------------------- */

static void send_keymap(const struct seat *seat, struct wl_resource *resource)
{
	const struct keymap *keymap = seat->keyboard.keymap;

	wl_keyboard_send_keymap(resource, keymap->format, keymap->fd, keymap->size);
}

void keyboard_catch_up(struct seat *seat, const struct wl_client *client)
{
	struct wl_resource *resource, *next;

	wl_resource_for_each_safe(resource, next, &seat->keyboard.stale)
	{
		if (wl_resource_get_client(resource) != client)
			continue;
		wl_list_remove(wl_resource_get_link(resource));
		seat_add_object(&seat->keyboard.resources, resource);
		send_keymap(seat, resource);
	}
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

static void let_go(struct seat *seat, const struct pressed *pressed)
{
	for (uint32_t key = 0; pressed->count && key < KEY_CNT; key++)
		if (pressed_has(pressed, key))
			send_key(seat, seat_now_ms(), key, false);
}

/*
 * Keys that are down are let go first, since with another keymap they are others. Whoever does not
 * have the keys hears of the keymap when it gets them: it may be long that it does not listen, and
 * each one needs a descriptor.
 */
static void use_keymap(struct seat *seat, struct keymap *keymap)
{
	struct keyboard *keyboard = &seat->keyboard;
	const struct pressed known = keyboard->known;

	if (keymap_is_same(keyboard->keymap, keymap)) {
		update_modifiers(seat);
		return;
	}
	let_go(seat, &known);
	keymap_unreference(keyboard->keymap);
	keyboard->keymap = keymap_reference(keymap);
	wl_list_insert_list(&keyboard->stale, &keyboard->resources);
	wl_list_init(&keyboard->resources);
	update_leds(seat);
	take_modifiers(keyboard);
	if (keyboard->focus)
		keyboard_catch_up(seat, wl_resource_get_client(keyboard->focus->resource));
	tell_modifiers(seat);
}

/* What clients hear of is that origin's, from now on; what the one before holds they see let go. */
static void speak(struct seat *seat, struct keys *keys)
{
	const struct pressed known = seat->keyboard.known;

	if (seat->keyboard.speaker == keys)
		return;
	let_go(seat, &known);
	seat->keyboard.speaker = keys;
	use_keymap(seat, keys->keymap);
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
		selections_update(seat);
	keyboard_catch_up(seat, wl_resource_get_client(surface->resource));
	serial = seat_entry(seat, surface);
	while ((resource = seat_next_object(&keyboard->resources, resource, surface)))
		send_enter(seat, resource, serial);
}

void keyboard_update(struct seat *seat)
{
	const struct popup *top = grab_top(seat);

	if (seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD))
		set_focus(seat, top ? top->surface : seat->keyboard.wanted);
}

/* ---- origins of keys ------------------------------------------------------------------------ */

/* The virtual terminal that the key asks for, as things are; 0: none. */
static unsigned asks_for_vt(const struct seat *seat, const struct keys *keys, uint32_t key)
{
	if (!keys->state || !seat->bindings.switch_vt)
		return 0;
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(keys->state, key + XKB_OFFSET);
	if (symbol < XKB_KEY_XF86Switch_VT_1 || symbol > XKB_KEY_XF86Switch_VT_12)
		return 0;
	return symbol - XKB_KEY_XF86Switch_VT_1 + 1;
}

void keys_press(struct seat *seat, struct keys *keys, uint64_t time_us, uint32_t key, bool pressed)
{
	if (!seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD) || !keys->keymap ||
	    !pressed_set(&keys->down, key, pressed))
		return;
	seat_active(seat);
	unsigned vt = pressed ? asks_for_vt(seat, keys, key) : 0;
	bool ours =
		pressed && !vt && (drag_press(seat, keys, key) || shortcuts_press(seat, keys, key));
	if (keys->state && !keys->says_modifiers)
		xkb_state_update_key(keys->state, key + XKB_OFFSET,
				     pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
	if (vt) { /* may end the device: what follows does nothing then */
		seat->bindings.switch_vt(seat->bindings.data, vt);
	} else if (!ours && (pressed || seat->keyboard.speaker == keys)) {
		speak(seat, keys);
		send_key(seat, (uint32_t)(time_us / 1000), key, pressed);
	}
	update_modifiers(seat);
}

void keys_set_modifiers(struct seat *seat, struct keys *keys, const struct modifiers *modifiers)
{
	if (!seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD) || !keys->state ||
	    !xkb_state_update_mask(keys->state, modifiers->depressed, modifiers->latched,
				   modifiers->locked, 0, 0, modifiers->group))
		return;
	speak(seat, keys);
	update_modifiers(seat);
}

/* Keys that are down do what they do there, and what is locked stays so: these modifiers are the
 * same in all keymaps. */
static struct xkb_state *carry_over(const struct keys *keys, struct xkb_keymap *keymap)
{
	struct xkb_state *state = keymap ? xkb_state_new(keymap) : NULL;

	if (!state)
		return NULL;
	xkb_state_update_mask(state, 0, 0, read_modifiers(keys->state).locked & CORE_MODIFIERS, 0,
			      0, 0);
	for (uint32_t key = 0; !keys->says_modifiers && key < KEY_CNT; key++)
		if (pressed_has(&keys->down, key))
			xkb_state_update_key(state, key + XKB_OFFSET, XKB_KEY_DOWN);
	return state;
}

int keys_take_keymap(struct seat *seat, struct keys *keys, struct keymap *keymap)
{
	if (keymap_is_same(keys->keymap, keymap)) {
		keymap_unreference(keymap);
		return 0;
	}
	struct xkb_state *state = carry_over(keys, keymap->xkb);
	if (keymap->xkb && !state) {
		keymap_unreference(keymap);
		return fail(-ENOMEM, "out of memory for a keymap's state");
	}
	xkb_state_unref(keys->state);
	keymap_unreference(keys->keymap);
	keys->state = state;
	keys->keymap = keymap;
	if (seat->keyboard.speaker == keys)
		use_keymap(seat, keymap);
	return 0;
}

/* Keys that are locked stay so for the next device. */
static void let_go_all(struct seat *seat, struct keys *keys)
{
	const struct pressed down = keys->down;

	for (uint32_t key = 0; keys->state && !keys->says_modifiers && key < KEY_CNT; key++)
		if (pressed_has(&down, key))
			xkb_state_update_key(keys->state, key + XKB_OFFSET, XKB_KEY_UP);
	keys->down = (struct pressed){0};
	if (seat->keyboard.speaker != keys)
		return;
	let_go(seat, &down);
	update_modifiers(seat);
}

/* Its keymap stays until another origin speaks: X programs ask for it when they handle the keys,
 * which may be later. */
void keys_finish(struct seat *seat, struct keys *keys)
{
	let_go_all(seat, keys);
	if (seat->keyboard.speaker == keys) {
		seat->keyboard.speaker = NULL;
		update_modifiers(seat);
	}
	xkb_state_unref(keys->state);
	keymap_unreference(keys->keymap);
	*keys = (struct keys){0};
}

/* ---- from devices --------------------------------------------------------------------------- */

void seat_keyboard_key(struct seat *seat, uint64_t time_us, uint32_t key, bool pressed)
{
	keys_press(seat, &seat->keyboard.devices, time_us, key, pressed);
}

void seat_keyboard_modifiers(struct seat *seat, uint32_t depressed, uint32_t latched,
			     uint32_t locked, uint32_t group)
{
	const struct modifiers modifiers = {depressed, latched, locked, group};

	keys_set_modifiers(seat, &seat->keyboard.devices, &modifiers);
}

int seat_set_keymap(struct seat *seat, const char *text)
{
	struct keys *keys = &seat->keyboard.devices;
	struct keymap *keymap;

	if (keys->keymap && text && strcmp(keys->keymap->text, text) == 0)
		return 0; /* without compiling it */
	int ret = text ? keymap_create_from_text(text, &keymap)
		       : keymap_create(seat->server, &keymap);
	return ret < 0 ? ret : keys_take_keymap(seat, keys, keymap);
}

void keyboard_device_went(struct seat *seat)
{
	let_go_all(seat, &seat->keyboard.devices);
}

/* ---- objects and capability ----------------------------------------------------------------- */

void keyboard_init(struct keyboard *keyboard)
{
	wl_list_init(&keyboard->resources);
	wl_list_init(&keyboard->stale);
	keyboard->speaker = &keyboard->devices;
}

void keyboard_finish(struct keyboard *keyboard)
{
	xkb_state_unref(keyboard->devices.state);
	keymap_unreference(keyboard->devices.keymap);
	keymap_unreference(keyboard->keymap);
}

void keyboard_add(struct seat *seat, struct wl_resource *resource)
{
	struct keyboard *keyboard = &seat->keyboard;
	const struct surface *focus = keyboard->focus;

	seat_add_object(&keyboard->resources, resource);
	send_keymap(seat, resource);
	if (wl_resource_get_version(resource) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION)
		wl_keyboard_send_repeat_info(resource, REPEAT_RATE, REPEAT_DELAY);
	if (focus && wl_resource_get_client(focus->resource) == wl_resource_get_client(resource))
		send_enter(seat, resource, seat_serial(seat));
}

/* The keymap takes milliseconds to make, which a server without a keyboard need not spend. */
bool keyboard_open(struct seat *seat)
{
	int ret = seat->keyboard.devices.keymap ? 0 : seat_set_keymap(seat, NULL);

	if (ret < 0)
		server_log(seat->server, LEND_LOG_ERROR, "no keyboard: %s", fail_text());
	return ret == 0;
}

void keyboard_enable(struct seat *seat, bool enable)
{
	struct keyboard *keyboard = &seat->keyboard;

	if (enable) {
		keyboard_update(seat);
		return;
	}
	set_focus(seat, NULL);
	let_go_all(seat, &keyboard->devices);
	keyboard->known = (struct pressed){0};
	seat_retire_objects(&keyboard->resources);
	seat_retire_objects(&keyboard->stale);
}
