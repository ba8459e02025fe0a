/* SPDX-License-Identifier: MIT */
/* What the files of the X11 display share. */
#ifndef CLIENT_X11_H
#define CLIENT_X11_H

#include "client/display.h"
#include "x11/x11.h"

struct display {
	struct lend_client *client;
	struct x11 x11;
	struct window *windows;

	bool queued;		    /* something may have to be sent */
	unsigned unanswered;	    /* times that something was, since the last event */
	xcb_generic_event_t *early; /* read while something else was waited for */
	int wake; /* an eventfd for it, in the program's loop; see display_wake() */
	bool woken;

	/* input.c */
	struct keyboard *keyboard; /* NULL: nobody has asked for input */
	uint8_t xkb_event;	   /* 0: there is no XKB */
	uint8_t held[32];	   /* keys that are down, a bit each */
	struct window *focus;	   /* has the keys, or NULL */
	bool focus_by_pointer;	   /* no window has the focus: it follows the pointer */
};

struct window {
	struct window *next; /* display.windows */
	struct display *display;
	struct lend_surface *surface;
	struct x11_window x11;
	struct pixel pixel;		/* of the visual */
	struct pixel own;		/* of the surface's format */
	bool converts;			/* they differ */
	bool appeared;			/* it was mapped by us */
	bool hidden;			/* and unmapped by another program */
	bool gone;			/* destroyed by another program */
	uint32_t width, height;		/* of the last frame that was put; 0: none was */
	uint32_t new_width, new_height; /* told by the events being handled, 0: none was */
	struct damage exposed;		/* what the server forgot, and no frame has filled yet */
	char output[64];

	/* pace.c */
	uint64_t number; /* of the frame that is waited for, 0: none */
	uint32_t serial;
	struct alarm tick;

	bool under_pointer;
	int16_t x, y; /* of the pointer, as told last */
};

/* connect.c */
int connect_display(struct lend_client *client);

/* display.c */
/* The connection is lost. */
int display_lose(struct lend_client *client);
/* Keeps an event that came while something else was waited for, and sees that it is dispatched. */
void display_notice(struct display *display);
/* Makes a dispatch come. */
void display_wake(struct display *display);
struct window *window_find(const struct display *display, xcb_window_t id);

/* visual.c: 0, or -ENOTSUP with words. */
int visual_choose(struct window *window, xcb_visualid_t *visual);

/* output.c: where the output of that name is, "" for any; -EINVAL with words. */
int output_find(struct display *display, const char *name, struct lend_rect *place, char *label,
		size_t size);

/* window.c */
int window_create(struct lend_surface *surface);
void window_destroy(struct window *window);
void window_set_title(struct window *window, const char *title);
void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number);
/* True if the event was one of a window. */
bool window_event(struct display *display, const xcb_generic_event_t *event);
/* All events there were are handled. */
void window_settle(struct window *window);
/* Its path, told before anything else of its frames. */
void window_show(struct window *window);
/* Puts the last frame's pixels again, where they were forgotten. */
void window_repaint(struct window *window);

/* image.c */
extern const struct source image_source;
/* Queues the damaged pixels of a slot's buffer. number: the frame's, 0 if it was put before. */
void image_put(struct window *window, struct slot *slot, const struct damage *damage,
	       uint64_t number);
/* The server has read what was put. */
void image_done(struct display *display, uint32_t segment, uint32_t offset);
/* Nothing more is heard of what was put. */
void image_release_all(struct window *window);
void image_forget(struct slot *slot);
/* MIT-SHM does not work: frames go over the connection from here on. */
void image_refused(struct display *display, const xcb_generic_error_t *error);

/* pace.c */
void pace_begin(struct window *window);
void pace_end(struct window *window);
/* A frame is queued. */
void pace_ask(struct window *window, uint64_t number);
/* The server has it. */
void pace_done(struct window *window, uint64_t number);
void pace_complete(struct display *display, const xcb_generic_event_t *event);

/* input.c */
void input_begin(struct window *window);
void input_end(struct window *window);
void input_close(struct display *display);
/* True if the event was one of a device's. */
bool input_event(struct display *display, const xcb_generic_event_t *event);

#endif
