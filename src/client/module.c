/* SPDX-License-Identifier: MIT */
/* Linked into each module: the library's functions under their names, and the module's only export.
 */
#include "client/display.h"

#include <time.h>

static const struct client_calls *calls;

LEND_EXPORT module_open framelend_client_display;

const struct display_backend *framelend_client_display(const struct client_calls *given)
{
	if (given->version != DISPLAY_VERSION)
		return NULL;
	calls = given;
	return &module_backend;
}

int client_fail(struct lend_client *client, int error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int result = calls->client_vfail(client, error, format, args);
	va_end(args);
	return result;
}

int client_lose(struct lend_client *client, int error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int result = calls->client_vlose(client, error, format, args);
	va_end(args);
	return result;
}

void client_log(struct lend_client *client, enum lend_log_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	calls->client_vlog(client, level, format, args);
	va_end(args);
}

uint64_t time_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void link_ready(struct lend_client *client)
{
	calls->link_ready(client);
}

int client_wait(struct lend_client *client, short events, int timeout_ms)
{
	return calls->client_wait(client, events, timeout_ms);
}

void alarm_set(struct lend_client *client, struct alarm *alarm, uint64_t due)
{
	calls->alarm_set(client, alarm, due);
}

void alarm_cancel(struct lend_client *client, struct alarm *alarm)
{
	calls->alarm_cancel(client, alarm);
}

void surface_configure(struct lend_surface *surface, uint32_t width, uint32_t height)
{
	calls->surface_configure(surface, width, height);
}

void surface_show(struct lend_surface *surface, enum lend_path path, const char *reason,
		  const char *output)
{
	calls->surface_show(surface, path, reason, output);
}

void surface_frame_done(struct lend_surface *surface)
{
	calls->surface_frame_done(surface);
}

void surface_presented(struct lend_surface *surface, const struct shown *shown)
{
	calls->surface_presented(surface, shown);
}

void surface_close(struct lend_surface *surface)
{
	calls->surface_close(surface);
}

void surface_verdict(struct lend_surface *surface, const struct lend_verdict *verdict)
{
	calls->surface_verdict(surface, verdict);
}

void surface_input(struct lend_surface *surface, const struct lend_input *input)
{
	calls->surface_input(surface, input);
}

struct generation *generation_create(struct lend_surface *surface, uint32_t id, uint32_t width,
				     uint32_t height)
{
	return calls->generation_create(surface, id, width, height);
}

struct generation *generation_find(struct lend_surface *surface, uint32_t id)
{
	return calls->generation_find(surface, id);
}

void generation_offer(struct generation *generation)
{
	calls->generation_offer(generation);
}

void generation_refuse(struct lend_surface *surface, int error, const char *reason)
{
	calls->generation_refuse(surface, error, reason);
}

void generation_destroy(struct generation *generation)
{
	calls->generation_destroy(generation);
}

void generation_conclude(struct lend_surface *surface, struct generation *generation, int result,
			 const char *whose)
{
	calls->generation_conclude(surface, generation, result, whose);
}

void slot_release(struct slot *slot)
{
	calls->slot_release(slot);
}

struct keyboard *keyboard_create(struct lend_client *client)
{
	return calls->keyboard_create(client);
}

void keyboard_destroy(struct keyboard *keyboard)
{
	calls->keyboard_destroy(keyboard);
}

int keyboard_set_keymap(struct keyboard *keyboard, const char *text, size_t length)
{
	return calls->keyboard_set_keymap(keyboard, text, length);
}

int keyboard_set_layout(struct keyboard *keyboard)
{
	return calls->keyboard_set_layout(keyboard);
}

void keyboard_set_repeat(struct keyboard *keyboard, uint32_t rate, uint32_t delay_ms)
{
	calls->keyboard_set_repeat(keyboard, rate, delay_ms);
}

void keyboard_set_modifiers(struct keyboard *keyboard, uint32_t depressed, uint32_t latched,
			    uint32_t locked, uint32_t group)
{
	calls->keyboard_set_modifiers(keyboard, depressed, latched, locked, group);
}

void keyboard_enter(struct keyboard *keyboard, struct lend_surface *surface, uint64_t time)
{
	calls->keyboard_enter(keyboard, surface, time);
}

void keyboard_leave(struct keyboard *keyboard, uint64_t time)
{
	calls->keyboard_leave(keyboard, time);
}

void keyboard_key(struct keyboard *keyboard, uint64_t time, uint32_t code, bool pressed)
{
	calls->keyboard_key(keyboard, time, code, pressed);
}

uint32_t keyboard_modifiers(const struct keyboard *keyboard)
{
	return calls->keyboard_modifiers(keyboard);
}

void keyboard_forget(struct keyboard *keyboard, const struct lend_surface *surface)
{
	calls->keyboard_forget(keyboard, surface);
}
