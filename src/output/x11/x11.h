/* SPDX-License-Identifier: MIT */
/* What the files of the output in an X server's window share. */
#ifndef OUTPUT_X11_X11_H
#define OUTPUT_X11_X11_H

#include "output/alarm.h"
#include "server/server.h"
#include "x11/x11.h"

#define CRTCS_MAX	16
#define REFRESH_DEFAULT 60000

/* A part of the screen that has a refresh of its own. */
struct crtc {
	struct lend_rect place;
	uint32_t refresh; /* mHz */
};

/* Memory as the X server knows it. */
struct segment {
	struct wl_list link; /* xwindow.segments */
	struct lend_buffer *memory;
	struct x11_image image;
	unsigned request; /* the sequence number of what attached it */
	bool refused;	  /* the server could not map it */
	bool own;	  /* it is the output's */
};

struct keys {
	bool has;	   /* the window has them */
	bool by_focus;	   /* because of the focus, not because the pointer is over it */
	char *keymap;	   /* its text, or NULL */
	bool keymap_stale; /* another one is to be read */
	uint32_t depressed, latched, locked, group;
	uint8_t held[32]; /* a bit each */
};

struct xwindow {
	struct lend_output *output;
	struct x11 x11;
	struct x11_window window;
	struct wl_event_source *source;
	bool queued; /* something may have to be sent */
	bool closed; /* by the user, or destroyed by another program */
	bool gone;   /* the latter */
	bool unmapped, obscured;
	bool reparented;	       /* into a window manager's frame */
	int32_t x, y;		       /* on the screen */
	int32_t new_width, new_height; /* told by the events being handled */
	pixman_region32_t lacking;     /* what the server forgot, or was not told yet */
	struct wl_list segments;       /* segment.link */
	struct crtc crtcs[CRTCS_MAX];  /* randr.c */
	unsigned n_crtcs;
	bool crtcs_stale;

	/* pace.c */
	struct alarm alarm;
	bool due;	   /* it rings for a frame, else for a tick */
	bool waiting;	   /* for the tick after the last frame was drawn */
	bool wanted;	   /* one more frame then */
	bool pending;	   /* the output has been given a frame and not heard of it */
	unsigned awaited;  /* times that the server has yet to read our memory */
	uint32_t serial;   /* of the tick that was asked for */
	uint64_t period;   /* ns */
	uint64_t last;	   /* tick */
	uint64_t sequence; /* its number */

	/* input.c */
	bool input;
	struct seat_source seat_source;
	uint8_t xkb_event; /* 0: there is no XKB */
	struct keys keys;
	int16_t pointer_x, pointer_y; /* as told last */
	uint8_t buttons;	      /* of the first three, a bit each */

	/* cursor.c */
	uint32_t argb;		/* the picture format, or 0: pictures cannot be cursors */
	xcb_cursor_t cursor;	/* the window's, or 0 */
	uint64_t cursor_serial; /* of its picture, 0: the invisible one */
};

/* pace.c */
int pace_begin(struct xwindow *window);
void pace_schedule(struct lend_output *output);
/* The server has the window's picture, or says when: true if the event was one of these. */
bool pace_event(struct xwindow *window, const xcb_generic_event_t *event);
/* Our memory was put; it will be told when it was read. */
void pace_await(struct xwindow *window);
/* Nothing more will be told of it. */
void pace_forget(struct xwindow *window);
/* It came onto the screen, or went. */
void pace_changed(struct xwindow *window);
bool xwindow_is_hidden(const struct xwindow *window);

/* picture.c */
int picture_allocate(struct lend_output *output, struct lend_buffer **memory);
const char *picture_refuses(struct xwindow *window, const struct buffer *buffer);
/* Puts what the window lacks of it. */
void picture_put(struct xwindow *window, struct lend_buffer *memory);
/* The memory goes, if it is the output's own. */
void picture_forget(struct lend_output *output, const struct lend_buffer *memory);
/* An error of MIT-SHM. */
void picture_refused(struct xwindow *window, const xcb_generic_error_t *error);
void picture_finish(struct xwindow *window);

/* randr.c */
void randr_begin(struct xwindow *window);
void randr_read(struct xwindow *window);
/* mHz; where the window is. */
uint32_t randr_refresh(const struct xwindow *window);
/* The screen's pixels for each of 96 dpi, a whole number. */
uint32_t screen_scale(const struct x11 *x11);

/* input.c */
void xinput_begin(struct xwindow *window);
void xinput_end(struct xwindow *window);
/* True if the event was one of a device's. */
bool xinput_event(struct xwindow *window, const xcb_generic_event_t *event);
/* All events there were are handled. */
void xinput_settle(struct xwindow *window);

/* cursor.c */
void xcursor_begin(struct xwindow *window);
bool xcursor_take(struct xwindow *window);

#endif
