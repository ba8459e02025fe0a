/* SPDX-License-Identifier: MIT */
/*
 * Keys for scripts: in the server's own keymap where that has all that is needed, so that programs
 * see the keys that a person would press; else in a keymap made for the purpose, with a key for
 * each symbol.
 */
#include "input.h"

#include "cli.h"
#include "virtual-keyboard-client-protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wchar.h>
#include <wctype.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#define MADE_MAX   240 /* keys of a made keymap: X programs know of codes up to 255 */
#define XKB_OFFSET 8   /* what libxkbcommon adds to a kernel's key code */

struct modifiers {
	uint32_t depressed, latched, locked, group;
};

struct typist {
	struct zwp_virtual_keyboard_v1 *keyboard;
	struct xkb_context *context;
	struct xkb_keymap *keymap; /* the server's; NULL: it has none */
	struct xkb_state *state;   /* of that: what is held */
	int fd;			   /* of the server's keymap, or -1 */
	uint32_t size;
	enum { NO_KEYMAP, SERVERS, MADE } in_use;
	xkb_keysym_t made[MADE_MAX]; /* the first one's code is 1 */
	size_t n_made;
	uint32_t held; /* modifiers */
	struct modifiers told;
};

/* ---- names ---------------------------------------------------------------------------------- */

/* Modifiers are the same bits in all keymaps, as X has them. */
static const struct {
	const char *name;
	xkb_keysym_t symbol;
	uint32_t mask;
} modifiers[] = {
	{"shift", XKB_KEY_Shift_L, 1},
	{"ctrl", XKB_KEY_Control_L, 4},
	{"alt", XKB_KEY_Alt_L, 8},
	{"super", XKB_KEY_Super_L, 64},
	{"altgr", XKB_KEY_ISO_Level3_Shift, 128},
};

#define N_MODIFIERS (sizeof(modifiers) / sizeof(*modifiers))

static uint32_t mask_of(xkb_keysym_t symbol)
{
	for (size_t i = 0; i < N_MODIFIERS; i++)
		if (modifiers[i].symbol == symbol)
			return modifiers[i].mask;
	return 0;
}

static xkb_keysym_t symbol_of_character(wchar_t character)
{
	switch (character) {
	case L'\b': return XKB_KEY_BackSpace;
	case L'\t': return XKB_KEY_Tab;
	case L'\n':
	case L'\r': return XKB_KEY_Return;
	case 0x1b: return XKB_KEY_Escape;
	case 0x7f: return XKB_KEY_Delete;
	default: break;
	}
	return iswcntrl((wint_t)character) ? XKB_KEY_NoSymbol
					   : xkb_utf32_to_keysym((uint32_t)character);
}

/* Of one character alone; else XKB_KEY_NoSymbol. */
static xkb_keysym_t symbol_of_text(const char *text)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t length = mbrtowc(&character, text, MB_CUR_MAX, &state);
	if (length == 0 || length > MB_CUR_MAX || text[length])
		return XKB_KEY_NoSymbol;
	return symbol_of_character(character);
}

static xkb_keysym_t symbol_of_name(const char *name)
{
	for (size_t i = 0; i < N_MODIFIERS; i++)
		if (strcasecmp(name, modifiers[i].name) == 0)
			return modifiers[i].symbol;
	xkb_keysym_t symbol = xkb_keysym_from_name(name, XKB_KEYSYM_NO_FLAGS);
	if (symbol == XKB_KEY_NoSymbol)
		symbol = symbol_of_text(name);
	if (symbol == XKB_KEY_NoSymbol)
		symbol = xkb_keysym_from_name(name, XKB_KEYSYM_CASE_INSENSITIVE);
	return symbol;
}

static int parse_names(char *names, const char *text, struct combination *keys)
{
	const char *name;
	while ((name = strsep(&names, "+"))) {
		if (keys->count == KEYS_MAX)
			return misuse("keys '%s': more than %d at once", text, KEYS_MAX);
		xkb_keysym_t symbol = symbol_of_name(name);
		if (symbol == XKB_KEY_NoSymbol)
			return misuse(
				"keys '%s': no key '%s': shift, ctrl, alt, super, altgr, a "
				"character, or a name of libxkbcommon such as Return, Left, F1, "
				"plus",
				text, name);
		keys->symbols[keys->count++] = symbol;
	}
	return STATUS_OK;
}

int keys_parse(const char *text, struct combination *keys)
{
	char *names = strdup(text);
	*keys = (struct combination){0};
	if (!names)
		return complain("out of memory");
	int status = parse_names(names, text, keys);
	free(names);
	return status;
}

static int read_text(const char *text, xkb_keysym_t *symbols, size_t *count)
{
	mbstate_t state = {0};
	wchar_t character;
	const char *at = text;
	while (*at) {
		size_t length = mbrtowc(&character, at, MB_CUR_MAX, &state);
		if (length == 0 || length > MB_CUR_MAX)
			return misuse("the text is not UTF-8 after %zu characters", *count);
		xkb_keysym_t symbol = symbol_of_character(character);
		if (symbol == XKB_KEY_NoSymbol)
			return misuse("no key makes the character U+%04X, number %zu of the text",
				      (unsigned)character, *count + 1);
		symbols[(*count)++] = symbol;
		at += length;
	}
	return STATUS_OK;
}

int keys_from_text(const char *text, xkb_keysym_t **symbols, size_t *count)
{
	*count = 0;
	*symbols = calloc(strlen(text) + 1, sizeof(**symbols));
	if (!*symbols)
		return complain("out of memory");
	return read_text(text, *symbols, count);
}

/* ---- the server's keymap -------------------------------------------------------------------- */

static void take_keymap(struct typist *typist, const char *text, uint32_t size)
{
	typist->keymap =
		xkb_keymap_new_from_buffer(typist->context, text, strnlen(text, size),
					   XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (typist->keymap)
		typist->state = xkb_state_new(typist->keymap);
}

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			  uint32_t size)
{
	struct typist *typist = data;
	void *text = MAP_FAILED;
	if (format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 && !typist->keymap)
		text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		close(fd);
		return;
	}
	take_keymap(typist, text, size);
	munmap(text, size);
	if (typist->fd >= 0)
		close(typist->fd);
	typist->fd = fd;
	typist->size = size;
}

static void handle_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 struct wl_surface *surface, struct wl_array *keys)
{
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 struct wl_surface *surface)
{
}

static void handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		       uint32_t key, uint32_t state)
{
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			     uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_enter,
	.leave = handle_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
};

static int read_servers_keymap(struct input *input)
{
	struct wl_keyboard *keyboard = wl_seat_get_keyboard(input->seat);
	if (!keyboard)
		return complain("out of memory");
	wl_keyboard_add_listener(keyboard, &keyboard_listener, input->typist);
	int status = remote_sync(&input->remote);
	wl_keyboard_destroy(keyboard);
	return status;
}

/* Where a symbol is in the server's keymap. */
struct spot {
	xkb_keycode_t code;
	xkb_layout_index_t layout;
	uint32_t mask; /* modifiers that it takes */
};

static bool find_at_level(struct xkb_keymap *keymap, xkb_keysym_t symbol, xkb_layout_index_t layout,
			  xkb_level_index_t level, struct spot *spot)
{
	xkb_keycode_t last = xkb_keymap_max_keycode(keymap);
	for (xkb_keycode_t code = xkb_keymap_min_keycode(keymap); code <= last; code++) {
		const xkb_keysym_t *symbols;
		xkb_mod_mask_t mask = 0;
		if (xkb_keymap_key_get_syms_by_level(keymap, code, layout, level, &symbols) != 1 ||
		    symbols[0] != symbol ||
		    !xkb_keymap_key_get_mods_for_level(keymap, code, layout, level, &mask, 1))
			continue;
		*spot = (struct spot){code, layout, mask};
		return true;
	}
	return false;
}

/* The lowest level counts: it takes the fewest modifiers. */
static bool find_symbol(struct xkb_keymap *keymap, xkb_keysym_t symbol, struct spot *spot)
{
	for (xkb_layout_index_t i = 0; i < xkb_keymap_num_layouts(keymap); i++)
		for (xkb_level_index_t level = 0; level < 8; level++)
			if (find_at_level(keymap, symbol, i, level, spot))
				return true;
	return false;
}

static bool has_all(const struct typist *typist, const xkb_keysym_t *symbols, size_t count)
{
	struct spot spot;
	if (!typist->state)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!find_symbol(typist->keymap, symbols[i], &spot))
			return false;
	return true;
}

/* ---- a made keymap -------------------------------------------------------------------------- */

/* 0: not there. */
static uint32_t made_code(const struct typist *typist, xkb_keysym_t symbol)
{
	for (size_t i = 0; i < typist->n_made; i++)
		if (typist->made[i] == symbol)
			return (uint32_t)i + 1;
	return 0;
}

static void print_made(const struct typist *typist, FILE *file)
{
	char name[64];
	fprintf(file, "xkb_keymap {\nxkb_keycodes \"made\" {\nminimum = 8;\nmaximum = 255;\n");
	for (size_t i = 0; i < typist->n_made; i++)
		fprintf(file, "<K%zu> = %zu;\n", i + 1, i + 1 + XKB_OFFSET);
	fprintf(file, "};\nxkb_types \"made\" { include \"complete\" };\n"
		      "xkb_compatibility \"made\" { include \"complete\" };\n"
		      "xkb_symbols \"made\" {\n");
	for (size_t i = 0; i < typist->n_made; i++) {
		xkb_keysym_get_name(typist->made[i], name, sizeof(name));
		fprintf(file, "key <K%zu> { [ %s ] };\n", i + 1, name);
	}
	fprintf(file, "};\n};\n");
}

static int send_made(struct typist *typist)
{
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return complain("no memory for a keymap");
	}
	print_made(typist, file);
	int failed = fflush(file);
	long size = ftell(file);
	if (!failed)
		zwp_virtual_keyboard_v1_keymap(typist->keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1,
					       fd, (uint32_t)size);
	fclose(file); /* libwayland has a copy of the descriptor */
	return failed ? complain("no memory for a keymap") : 0;
}

/* The first of the symbols, as many as fit. */
static int make_keymap(struct typist *typist, const xkb_keysym_t *symbols, size_t count)
{
	typist->n_made = 0;
	for (size_t i = 0; i < count && typist->n_made < MADE_MAX; i++)
		if (!made_code(typist, symbols[i]))
			typist->made[typist->n_made++] = symbols[i];
	typist->in_use = MADE;
	typist->told = (struct modifiers){0};
	return send_made(typist);
}

/* ---- pressing ------------------------------------------------------------------------------- */

static void tell(struct typist *typist, const struct modifiers *now)
{
	if (memcmp(now, &typist->told, sizeof(*now)) == 0)
		return;
	typist->told = *now;
	zwp_virtual_keyboard_v1_modifiers(typist->keyboard, now->depressed, now->latched,
					  now->locked, now->group);
}

/* What is held, for a key on that layout that takes some more. */
static struct modifiers held_for(struct typist *typist, const struct spot *spot)
{
	struct xkb_state *state = typist->state;
	return (struct modifiers){
		.depressed = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED) | spot->mask,
		.latched = xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED),
		.locked = xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED),
		.group = spot->layout,
	};
}

static void use_servers(struct typist *typist)
{
	if (typist->in_use == SERVERS)
		return;
	zwp_virtual_keyboard_v1_keymap(typist->keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1,
				       typist->fd, typist->size);
	typist->in_use = SERVERS;
	typist->told = (struct modifiers){0};
}

/* Whichever keymap is in use, the other one's idea of what is held stays right. */
static void note_held(struct typist *typist, xkb_keysym_t symbol, bool pressed)
{
	struct spot spot;
	uint32_t mask = mask_of(symbol);
	typist->held = pressed ? typist->held | mask : typist->held & ~mask;
	if (typist->state && find_symbol(typist->keymap, symbol, &spot))
		xkb_state_update_key(typist->state, spot.code, pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
}

static void set_servers(struct typist *typist, xkb_keysym_t symbol, bool pressed)
{
	struct spot spot = {0};
	struct modifiers now;
	if (!find_symbol(typist->keymap, symbol, &spot))
		return;
	now = held_for(typist, &spot);
	if (pressed)
		tell(typist, &now);
	zwp_virtual_keyboard_v1_key(typist->keyboard, 0, spot.code - XKB_OFFSET, pressed);
	note_held(typist, symbol, pressed);
	spot.mask = pressed ? spot.mask : 0;
	now = held_for(typist, &spot);
	tell(typist, &now);
}

/* Modifiers are told, not pressed. */
static void set_made(struct typist *typist, xkb_keysym_t symbol, bool pressed)
{
	uint32_t code = mask_of(symbol) ? 0 : made_code(typist, symbol);
	note_held(typist, symbol, pressed);
	const struct modifiers now = {.depressed = typist->held};
	tell(typist, &now);
	if (code)
		zwp_virtual_keyboard_v1_key(typist->keyboard, 0, code, pressed);
}

static int set_key(struct input *input, xkb_keysym_t symbol, bool pressed)
{
	struct typist *typist = input->typist;
	if (typist->in_use == SERVERS)
		set_servers(typist, symbol, pressed);
	else if (typist->in_use == MADE)
		set_made(typist, symbol, pressed);
	return input_pace(input);
}

/* ---- the device ----------------------------------------------------------------------------- */

static struct typist *create(struct input *input)
{
	struct typist *typist = calloc(1, sizeof(*typist));
	if (!typist)
		return NULL;
	typist->fd = -1;
	typist->context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	typist->keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(input->keyboards,
										   input->seat);
	if (typist->context && typist->keyboard)
		return typist;
	typist_close(typist);
	return NULL;
}

/* The server has a keymap by the time that it has a keyboard. */
static int open_typist(struct input *input)
{
	if (input->typist)
		return 0;
	if (!input->keyboards || !input->seat)
		return complain("the server at %s lets nobody press keys "
				"(it has no zwp_virtual_keyboard_manager_v1)",
				input->remote.name);
	input->typist = create(input);
	if (!input->typist)
		return complain("out of memory");
	int status = remote_sync(&input->remote);
	return status ? status : read_servers_keymap(input);
}

void typist_close(struct typist *typist)
{
	if (!typist)
		return;
	if (typist->keyboard)
		zwp_virtual_keyboard_v1_destroy(typist->keyboard);
	xkb_state_unref(typist->state);
	xkb_keymap_unref(typist->keymap);
	xkb_context_unref(typist->context);
	if (typist->fd >= 0)
		close(typist->fd);
	free(typist);
}

/* ---- what it does --------------------------------------------------------------------------- */

/* Chooses the keymap for all of them. */
static int prepare(struct input *input, const xkb_keysym_t *symbols, size_t count)
{
	int status = open_typist(input);
	if (status)
		return status;
	if (!has_all(input->typist, symbols, count))
		return make_keymap(input->typist, symbols, count);
	use_servers(input->typist);
	return 0;
}

int typist_type(struct input *input, const xkb_keysym_t *symbols, size_t count)
{
	int status = prepare(input, symbols, count);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct typist *typist = input->typist;
		if (typist->in_use == MADE && !made_code(typist, symbols[i]))
			status = make_keymap(typist, symbols + i, count - i);
		if (status == 0)
			status = set_key(input, symbols[i], true);
		if (status == 0)
			status = set_key(input, symbols[i], false);
	}
	return status;
}

int typist_press(struct input *input, const struct combination *keys)
{
	int status = prepare(input, keys->symbols, keys->count);
	for (size_t i = 0; i < keys->count && status == 0; i++)
		status = set_key(input, keys->symbols[i], true);
	return status;
}

int typist_release(struct input *input, const struct combination *keys)
{
	int status = open_typist(input);
	for (size_t i = keys->count; i-- > 0 && status == 0;)
		status = set_key(input, keys->symbols[i], false);
	return status;
}
