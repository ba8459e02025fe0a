/* SPDX-License-Identifier: MIT */
/* A keyboard as programs know it: what keys mean and write, and keys that repeat. Needs
 * libxkbcommon, which is loaded with the first keyboard; without it there are codes and no
 * meanings. */
#ifndef CLIENT_KEYBOARD_H
#define CLIENT_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyboard;
struct lend_client;
struct lend_surface;

/* NULL: out of memory. */
struct keyboard *keyboard_create(struct lend_client *client);
void keyboard_destroy(struct keyboard *keyboard);
/* A keymap in XKB's text format, as servers send it. -ENOTSUP: no libxkbcommon; -EINVAL: no keymap.
 */
int keyboard_set_keymap(struct keyboard *keyboard, const char *text, size_t length);
/* For displays without a server: the layout of $XKB_DEFAULT_LAYOUT and so on, else "us". The
 * modifiers then follow the keys by themselves. */
int keyboard_set_layout(struct keyboard *keyboard);
/* rate: times a second, 0: not at all. Until then 25, after 600 ms. */
void keyboard_set_repeat(struct keyboard *keyboard, uint32_t rate, uint32_t delay_ms);
/* As the server says them, after each change. */
void keyboard_set_modifiers(struct keyboard *keyboard, uint32_t depressed, uint32_t latched,
			    uint32_t locked, uint32_t group);
/* The surface gets the keys. Times are in ns of CLOCK_MONOTONIC, 0: now. */
void keyboard_enter(struct keyboard *keyboard, struct lend_surface *surface, uint64_t time);
void keyboard_leave(struct keyboard *keyboard, uint64_t time);
/* A key of linux/input-event-codes.h, told to the surface that has the keys. */
void keyboard_key(struct keyboard *keyboard, uint64_t time, uint32_t code, bool pressed);
/* Those in effect, of enum lend_keys; for a pointer's events. keyboard may be NULL. */
uint32_t keyboard_modifiers(const struct keyboard *keyboard);
/* The surface is going away. */
void keyboard_forget(struct keyboard *keyboard, const struct lend_surface *surface);

#endif
