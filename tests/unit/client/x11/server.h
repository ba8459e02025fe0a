/* SPDX-License-Identifier: MIT */
/* An X server in memory, what is on its screen, and a program that draws there through
 * libframelend-client: what the tests of the X11 display share. */
#ifndef TESTS_UNIT_CLIENT_X11_SERVER_H
#define TESTS_UNIT_CLIENT_X11_SERVER_H

#include <framelend/client.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>
#include <xcb/xcb.h>

#include <cmocka.h>

#define TIMEOUT_MS 60000

struct server {
	pid_t pid;
	char name[16];
	xcb_connection_t *xcb; /* the test's own */
	xcb_screen_t *screen;
};

/* Starts Xvfb with the further arguments, on the display of that name or, if it is NULL, on a free
 * one, and sets DISPLAY. */
void server_start(struct server *server, const char *name, const char *const *arguments);
/* By its own end, or by SIGKILL, after which nothing of it is left. */
void server_stop(struct server *server);
void server_kill(struct server *server);

/* The window made last of those on the screen. */
xcb_window_t server_window(const struct server *server);
/* When all that was sent has been done. */
void server_sync(const struct server *server);
/* Pixels of the screen, as the server has them; free() them. */
uint32_t *server_pixels(const struct server *server, uint32_t width, uint32_t height);
xcb_atom_t server_atom(const struct server *server, const char *name);

#define INPUTS_MAXIMUM 64

struct program {
	struct lend_client *client;
	struct lend_surface *surface;
	unsigned disconnected, reconnected, resizes, closes, paths;
	uint64_t drawn, presented; /* the last numbers */
	struct lend_input inputs[INPUTS_MAXIMUM];
	size_t n_inputs;
	uint32_t *picture; /* what it drew, XRGB8888 or of 16 bits a pixel */
	uint32_t width, height;
};

/* Connects to x11 and makes a surface, with all events set. */
void program_start(struct program *program, struct lend_surface_options options);
void program_end(struct program *program);
/* One dispatch, which must not fail. */
void program_dispatch(struct program *program);
/* Draws a frame of random rectangles, and notes it in the picture; its age. */
uint32_t program_draw(struct program *program);
/* Draws so many, until the last one is on the screen. */
void program_draw_frames(struct program *program, unsigned n);
/* Compares the screen with the picture, pixel by pixel: fit says what the screen makes of one,
 * NULL: the same. */
void program_compare(const struct program *program, const struct server *server,
		     uint32_t (*fit)(uint32_t));
/* Dispatches until the screen has the picture, or fails. */
void program_wait_for_picture(struct program *program, const struct server *server);
void program_assert_path(const struct program *program, enum lend_path expected, const char *words);

#endif
