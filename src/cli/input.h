/* SPDX-License-Identifier: MIT */
/* A person's hands for scripts: a virtual keyboard and a virtual pointer of a running server. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "remote.h"

#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#define KEYS_MAX 8 /* of a combination */

/* What is pressed together: modifiers first. */
struct combination {
	xkb_keysym_t symbols[KEYS_MAX];
	size_t count;
};

struct input {
	struct remote remote;
	const char *output; /* as the user names it; NULL: the first */
	uint32_t delay_ms;  /* after each key and each step of a movement */
	struct wl_registry *registry;
	struct wl_seat *seat;
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
	struct zwlr_virtual_pointer_manager_v1 *pointers;
	struct typist *typist;			 /* from the first key on */
	struct zwlr_virtual_pointer_v1 *pointer; /* from the first movement on */
	const struct remote_output *place;	 /* that it moves on */
};

/* All return 0, or an exit status after they have said what is wrong. */

/* Everything sent so far has been handled; then the delay. */
int input_pace(struct input *input);
int input_sleep(uint32_t ms);

/* ---- input_keys.c --------------------------------------------------------------------------- */

/* "ctrl+shift+Left": modifiers, names of libxkbcommon or single characters. */
int keys_parse(const char *text, struct combination *keys);
/* The symbols that make the text, for free(), also on failure; it is UTF-8. */
int keys_from_text(const char *text, xkb_keysym_t **symbols, size_t *count);

int typist_type(struct input *input, const xkb_keysym_t *symbols, size_t count);
int typist_press(struct input *input, const struct combination *keys);
int typist_release(struct input *input, const struct combination *keys);
void typist_close(struct typist *typist); /* NULL is fine */

/* ---- input_pointer.c ------------------------------------------------------------------------ */

/* "left", "right", "middle", "back", "forward" or a code. */
int button_parse(const char *text, uint32_t *button);

int pointer_move(struct input *input, uint32_t x, uint32_t y);
int pointer_move_by(struct input *input, int32_t dx, int32_t dy);
int pointer_button(struct input *input, uint32_t button, bool pressed);
/* Moves there with the left button down. */
int pointer_drag(struct input *input, const uint32_t from[2], const uint32_t to[2]);
/* Clicks of a wheel, down or to the right. */
int pointer_scroll(struct input *input, bool sideways, int32_t clicks);
void pointer_close(struct input *input);

#endif
