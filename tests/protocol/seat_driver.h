/* SPDX-License-Identifier: MIT */
/* Hands on the server's seat: what sources of input call, and what outputs were told of the cursor.
 * A library of its own, since these functions are no part of libframelend-server's interface. */
#ifndef TESTS_PROTOCOL_SEAT_DRIVER_H
#define TESTS_PROTOCOL_SEAT_DRIVER_H

#include <framelend/server.h>
#include <stdbool.h>
#include <stdint.h>

enum { POINTER = 1, KEYBOARD = 2, TOUCH = 4 };

/* What was asked for by keys. */
struct drive_asked {
	unsigned vt, times; /* the last virtual terminal, and how many times one was asked for */
	uint32_t leds;
	struct lend_server *unplugs; /* all devices of this server, when a terminal is asked for */
};

void drive_devices(struct lend_server *server, unsigned devices);
/* asked: where to note it, or NULL for no bindings. */
void drive_bind(struct lend_server *server, struct drive_asked *asked);
void drive_motion(struct lend_server *server, double dx, double dy);
void drive_raw_motion(struct lend_server *server, double dx, double dy, double raw_dx,
		      double raw_dy);
/* In the space that all outputs share, pixels. */
void drive_to(struct lend_server *server, double x, double y);
/* 0 to 1 of the output, or of all. */
void drive_absolute(struct lend_server *server, struct lend_output *output, double x, double y);
void drive_button(struct lend_server *server, uint32_t button, bool pressed);
void drive_axis(struct lend_server *server, uint32_t source, uint32_t orientation, double value,
		int32_t value120);
void drive_frame(struct lend_server *server);
/* Press, frame, release, frame. */
void drive_click(struct lend_server *server);
void drive_key(struct lend_server *server, uint32_t key, bool pressed);
/* As seat_set_keymap(); the words are in lend_server_error(). */
int drive_keymap(struct lend_server *server, const char *text);
void drive_modifiers(struct lend_server *server, uint32_t depressed, uint32_t latched,
		     uint32_t locked, uint32_t group);
void drive_touch_down(struct lend_server *server, int32_t id, struct lend_output *output, double x,
		      double y);
void drive_touch_motion(struct lend_server *server, int32_t id, struct lend_output *output,
			double x, double y);
void drive_touch_up(struct lend_server *server, int32_t id);
void drive_touch_cancel(struct lend_server *server);
void drive_touch_frame(struct lend_server *server);
bool drive_is_inhibited(const struct lend_server *server);
void drive_where(const struct lend_server *server, double *x, double *y);

/* What output_set_cursor() was given last. */
struct drive_cursor {
	bool shown;
	int32_t x, y, hot_x, hot_y;
	int32_t width, height;
	uint64_t serial;
};

struct drive_cursor drive_read_cursor(const struct lend_output *output);
/* 0xaarrggbb */
uint32_t drive_cursor_pixel(const struct lend_output *output, int x, int y);

#endif
