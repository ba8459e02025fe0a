/* SPDX-License-Identifier: MIT */
#include "client/keyboard.h"
#include "client/client.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#define SECOND UINT64_C(1000000000)
/* XKB's number of a key is evdev's plus this. */
#define CODE_OFFSET 8

struct keyboard {
	struct lend_client *client;
	struct xkb_context *context;
	struct xkb_keymap *keymap; /* NULL: not known */
	struct xkb_state *state;
	struct xkb_compose_table *table;
	struct xkb_compose_state *compose; /* NULL: there is no table for this locale */
	bool own_state;			   /* the modifiers follow the keys */
	uint32_t modifiers;
	struct lend_surface *focus; /* NULL: none of ours */

	struct alarm repeat;
	uint64_t interval, delay; /* ns; an interval of 0: keys do not repeat */
	uint32_t repeating;	  /* the code */
};

/* ---- libxkbcommon --------------------------------------------------------------------------- */

static struct xkb {
	__typeof__(xkb_context_new) *context_new;
	__typeof__(xkb_context_unref) *context_unref;
	__typeof__(xkb_context_set_log_fn) *context_set_log_fn;
	__typeof__(xkb_keymap_new_from_buffer) *keymap_new_from_buffer;
	__typeof__(xkb_keymap_new_from_names) *keymap_new_from_names;
	__typeof__(xkb_keymap_unref) *keymap_unref;
	__typeof__(xkb_keymap_key_repeats) *keymap_key_repeats;
	__typeof__(xkb_state_new) *state_new;
	__typeof__(xkb_state_unref) *state_unref;
	__typeof__(xkb_state_update_key) *state_update_key;
	__typeof__(xkb_state_update_mask) *state_update_mask;
	__typeof__(xkb_state_mod_name_is_active) *state_mod_name_is_active;
	__typeof__(xkb_state_key_get_one_sym) *state_key_get_one_sym;
	__typeof__(xkb_state_key_get_utf8) *state_key_get_utf8;
	__typeof__(xkb_compose_table_new_from_locale) *compose_table_new_from_locale;
	__typeof__(xkb_compose_table_unref) *compose_table_unref;
	__typeof__(xkb_compose_state_new) *compose_state_new;
	__typeof__(xkb_compose_state_unref) *compose_state_unref;
	__typeof__(xkb_compose_state_reset) *compose_state_reset;
	__typeof__(xkb_compose_state_feed) *compose_state_feed;
	__typeof__(xkb_compose_state_get_status) *compose_state_get_status;
	__typeof__(xkb_compose_state_get_utf8) *compose_state_get_utf8;
	__typeof__(xkb_compose_state_get_one_sym) *compose_state_get_one_sym;
} xkb;

static const struct symbol {
	const char *name;
	size_t place;
} symbols[] = {
	{"xkb_context_new", offsetof(struct xkb, context_new)},
	{"xkb_context_unref", offsetof(struct xkb, context_unref)},
	{"xkb_context_set_log_fn", offsetof(struct xkb, context_set_log_fn)},
	{"xkb_keymap_new_from_buffer", offsetof(struct xkb, keymap_new_from_buffer)},
	{"xkb_keymap_new_from_names", offsetof(struct xkb, keymap_new_from_names)},
	{"xkb_keymap_unref", offsetof(struct xkb, keymap_unref)},
	{"xkb_keymap_key_repeats", offsetof(struct xkb, keymap_key_repeats)},
	{"xkb_state_new", offsetof(struct xkb, state_new)},
	{"xkb_state_unref", offsetof(struct xkb, state_unref)},
	{"xkb_state_update_key", offsetof(struct xkb, state_update_key)},
	{"xkb_state_update_mask", offsetof(struct xkb, state_update_mask)},
	{"xkb_state_mod_name_is_active", offsetof(struct xkb, state_mod_name_is_active)},
	{"xkb_state_key_get_one_sym", offsetof(struct xkb, state_key_get_one_sym)},
	{"xkb_state_key_get_utf8", offsetof(struct xkb, state_key_get_utf8)},
	{"xkb_compose_table_new_from_locale", offsetof(struct xkb, compose_table_new_from_locale)},
	{"xkb_compose_table_unref", offsetof(struct xkb, compose_table_unref)},
	{"xkb_compose_state_new", offsetof(struct xkb, compose_state_new)},
	{"xkb_compose_state_unref", offsetof(struct xkb, compose_state_unref)},
	{"xkb_compose_state_reset", offsetof(struct xkb, compose_state_reset)},
	{"xkb_compose_state_feed", offsetof(struct xkb, compose_state_feed)},
	{"xkb_compose_state_get_status", offsetof(struct xkb, compose_state_get_status)},
	{"xkb_compose_state_get_utf8", offsetof(struct xkb, compose_state_get_utf8)},
	{"xkb_compose_state_get_one_sym", offsetof(struct xkb, compose_state_get_one_sym)},
};

static bool loaded;

static void load(void)
{
	void *library = dlopen("libxkbcommon.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL)
		return;
	loaded = true;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *function = dlsym(library, symbols[i].name);
		memcpy((char *)&xkb + symbols[i].place, &function, sizeof(function));
		loaded = loaded && function != NULL;
	}
	dlclose(library);
}

__attribute__((format(printf, 3, 0))) static void ignore_log(struct xkb_context *context,
							     enum xkb_log_level level,
							     const char *format, va_list args)
{
}

/* ---- creation ------------------------------------------------------------------------------- */

static void forget_keymap(struct keyboard *keyboard)
{
	if (keyboard->state != NULL)
		xkb.state_unref(keyboard->state);
	if (keyboard->keymap != NULL)
		xkb.keymap_unref(keyboard->keymap);
	keyboard->state = NULL;
	keyboard->keymap = NULL;
}

static const char *locale_name(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);
		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "C";
}

static void prepare_meanings(struct keyboard *keyboard)
{
	keyboard->context = xkb.context_new(XKB_CONTEXT_NO_FLAGS);
	if (keyboard->context == NULL)
		return;
	xkb.context_set_log_fn(keyboard->context, ignore_log);
	keyboard->table = xkb.compose_table_new_from_locale(keyboard->context, locale_name(),
							    XKB_COMPOSE_COMPILE_NO_FLAGS);
	if (keyboard->table != NULL)
		keyboard->compose =
			xkb.compose_state_new(keyboard->table, XKB_COMPOSE_STATE_NO_FLAGS);
}

static void ring(struct alarm *alarm);

struct keyboard *keyboard_create(struct lend_client *client)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL)
		return NULL;
	keyboard->client = client;
	keyboard->repeat.ring = ring;
	keyboard_set_repeat(keyboard, 25, 600);
	pthread_once(&once, load);
	if (loaded)
		prepare_meanings(keyboard);
	else
		client_log(client, LEND_LOG_WARNING,
			   "libxkbcommon.so.0 cannot be loaded: keys have codes only; install it");
	return keyboard;
}

void keyboard_destroy(struct keyboard *keyboard)
{
	if (keyboard == NULL)
		return;
	alarm_cancel(keyboard->client, &keyboard->repeat);
	forget_keymap(keyboard);
	if (keyboard->compose != NULL)
		xkb.compose_state_unref(keyboard->compose);
	if (keyboard->table != NULL)
		xkb.compose_table_unref(keyboard->table);
	if (keyboard->context != NULL)
		xkb.context_unref(keyboard->context);
	free(keyboard);
}

static void note_modifiers(struct keyboard *keyboard)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} known[] = {
		{XKB_MOD_NAME_SHIFT, LEND_KEYS_SHIFT}, {XKB_MOD_NAME_CAPS, LEND_KEYS_CAPS},
		{XKB_MOD_NAME_CTRL, LEND_KEYS_CTRL},   {XKB_MOD_NAME_ALT, LEND_KEYS_ALT},
		{XKB_MOD_NAME_NUM, LEND_KEYS_NUM},     {XKB_MOD_NAME_LOGO, LEND_KEYS_LOGO},
	};
	uint32_t before = keyboard->modifiers;
	keyboard->modifiers = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && keyboard->state != NULL; i++)
		if (xkb.state_mod_name_is_active(keyboard->state, known[i].name,
						 XKB_STATE_MODS_EFFECTIVE) > 0)
			keyboard->modifiers |= known[i].bit;
	if (keyboard->modifiers != before && keyboard->focus != NULL)
		surface_input(keyboard->focus,
			      &(struct lend_input){.kind = LEND_INPUT_KEYBOARD_MODIFIERS,
						   .modifiers = keyboard->modifiers});
}

static int take_keymap(struct keyboard *keyboard, struct xkb_keymap *keymap)
{
	forget_keymap(keyboard);
	keyboard->keymap = keymap;
	if (keymap != NULL)
		keyboard->state = xkb.state_new(keymap);
	if (keyboard->state == NULL)
		forget_keymap(keyboard);
	note_modifiers(keyboard);
	return keyboard->keymap != NULL ? 0 : -EINVAL;
}

int keyboard_set_keymap(struct keyboard *keyboard, const char *text, size_t length)
{
	if (keyboard->context == NULL)
		return -ENOTSUP;
	return take_keymap(keyboard, xkb.keymap_new_from_buffer(keyboard->context, text,
								strnlen(text, length),
								XKB_KEYMAP_FORMAT_TEXT_V1,
								XKB_KEYMAP_COMPILE_NO_FLAGS));
}

int keyboard_set_layout(struct keyboard *keyboard)
{
	keyboard->own_state = true;
	if (keyboard->context == NULL)
		return -ENOTSUP;
	return take_keymap(keyboard, xkb.keymap_new_from_names(keyboard->context, NULL,
							       XKB_KEYMAP_COMPILE_NO_FLAGS));
}

/* ---- keys ----------------------------------------------------------------------------------- */

void keyboard_set_repeat(struct keyboard *keyboard, uint32_t rate, uint32_t delay_ms)
{
	keyboard->interval = rate > 0 ? SECOND / rate : 0;
	keyboard->delay = (uint64_t)delay_ms * 1000000;
	if (rate == 0)
		alarm_cancel(keyboard->client, &keyboard->repeat);
}

void keyboard_set_modifiers(struct keyboard *keyboard, uint32_t depressed, uint32_t latched,
			    uint32_t locked, uint32_t group)
{
	if (keyboard->state == NULL)
		return;
	xkb.state_update_mask(keyboard->state, depressed, latched, locked, 0, 0, group);
	note_modifiers(keyboard);
}

void keyboard_enter(struct keyboard *keyboard, struct lend_surface *surface, uint64_t time)
{
	keyboard->focus = surface;
	surface_input(surface, &(struct lend_input){.kind = LEND_INPUT_KEYBOARD_ENTER,
						    .time = time,
						    .modifiers = keyboard->modifiers});
}

void keyboard_leave(struct keyboard *keyboard, uint64_t time)
{
	if (keyboard->focus != NULL)
		surface_input(keyboard->focus,
			      &(struct lend_input){.kind = LEND_INPUT_KEYBOARD_LEAVE,
						   .time = time,
						   .modifiers = keyboard->modifiers});
	keyboard->focus = NULL;
	alarm_cancel(keyboard->client, &keyboard->repeat);
	if (keyboard->compose != NULL)
		xkb.compose_state_reset(keyboard->compose);
}

/* Accents come before their letters, and more such. */
static void compose(struct keyboard *keyboard, struct lend_input *input)
{
	if (keyboard->compose == NULL ||
	    xkb.compose_state_feed(keyboard->compose, input->keysym) != XKB_COMPOSE_FEED_ACCEPTED)
		return;
	enum xkb_compose_status status = xkb.compose_state_get_status(keyboard->compose);
	if (status == XKB_COMPOSE_NOTHING)
		return;
	input->text[0] = '\0';
	if (status != XKB_COMPOSE_COMPOSED)
		return;
	input->keysym = xkb.compose_state_get_one_sym(keyboard->compose);
	xkb.compose_state_get_utf8(keyboard->compose, input->text, sizeof(input->text));
}

static void tell(struct keyboard *keyboard, uint64_t time, uint32_t code, bool pressed,
		 bool repeated)
{
	struct lend_input input = {
		.kind = LEND_INPUT_KEYBOARD_KEY,
		.time = time,
		.modifiers = keyboard->modifiers,
		.code = code,
		.pressed = pressed,
		.repeated = repeated,
	};
	if (keyboard->state != NULL) {
		xkb_keycode_t key = code + CODE_OFFSET;
		input.keysym = xkb.state_key_get_one_sym(keyboard->state, key);
		if (pressed)
			xkb.state_key_get_utf8(keyboard->state, key, input.text,
					       sizeof(input.text));
	}
	if (pressed && !repeated)
		compose(keyboard, &input);
	surface_input(keyboard->focus, &input);
}

static void ring(struct alarm *alarm)
{
	struct keyboard *keyboard =
		(struct keyboard *)((char *)alarm - offsetof(struct keyboard, repeat));
	if (keyboard->focus == NULL)
		return;
	tell(keyboard, 0, keyboard->repeating, true, true);
	/* Those that a program was too slow for are not made up for. */
	uint64_t next = alarm->due + keyboard->interval, now = time_now();
	alarm_set(keyboard->client, alarm, next > now ? next : now + keyboard->interval);
}

static void start_or_stop_repeating(struct keyboard *keyboard, uint32_t code, bool pressed)
{
	if (!pressed) {
		if (code == keyboard->repeating)
			alarm_cancel(keyboard->client, &keyboard->repeat);
		return;
	}
	if (keyboard->keymap == NULL || keyboard->interval == 0 ||
	    !xkb.keymap_key_repeats(keyboard->keymap, code + CODE_OFFSET))
		return;
	keyboard->repeating = code;
	alarm_set(keyboard->client, &keyboard->repeat, time_now() + keyboard->delay);
}

void keyboard_key(struct keyboard *keyboard, uint64_t time, uint32_t code, bool pressed)
{
	if (keyboard->focus != NULL) {
		tell(keyboard, time, code, pressed, false);
		start_or_stop_repeating(keyboard, code, pressed);
	}
	if (!keyboard->own_state || keyboard->state == NULL)
		return;
	xkb.state_update_key(keyboard->state, code + CODE_OFFSET,
			     pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
	note_modifiers(keyboard);
}

uint32_t keyboard_modifiers(const struct keyboard *keyboard)
{
	return keyboard != NULL ? keyboard->modifiers : 0;
}

void keyboard_forget(struct keyboard *keyboard, const struct lend_surface *surface)
{
	if (keyboard == NULL || keyboard->focus != surface)
		return;
	keyboard->focus = NULL;
	alarm_cancel(keyboard->client, &keyboard->repeat);
}
