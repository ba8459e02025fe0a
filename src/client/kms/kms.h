/* SPDX-License-Identifier: MIT */
/*
 * A display without a server, as a module. find.c takes a device and a connector, display.c is the
 * connection and what happens to it, screen.c brings frames on the display, window.c and memory.c
 * are surfaces and their buffers, devices.c and cursor.c what the user does.
 *
 * Surfaces fill the display and lie on top of one another, the newest above. The one on display is
 * the newest that has drawn a frame.
 */
#ifndef CLIENT_KMS_KMS_H
#define CLIENT_KMS_KMS_H

#include "client/display.h"
#include "common/parse.h"
#include "session/session.h"
#include "session/udev.h"

#include <framelend/kms.h>
#include <time.h>

#define PICTURES_MAXIMUM 2

/* What the display is doing. */
enum phase {
	PHASE_IDLE,	/* it can be told to show another frame */
	PHASE_FLIPPING, /* until the frame handed over is on display */
	PHASE_RESTING,	/* until the next refresh, where the driver does not wait for it */
};

struct display {
	struct lend_client *client;
	int epoll;
	struct session *session;
	struct cards *cards;
	struct kms_name wish;

	/* find.c, display.c */
	struct card card;
	int fd; /* the session's */
	struct lend_kms *kms;
	struct lend_device_info device;
	char connector[32];
	struct lend_pipe *pipe; /* NULL: to be made anew */
	struct lend_pipe_info info;
	bool active;  /* the session's */
	bool plugged; /* something is connected */

	/* screen.c */
	struct window *windows; /* the newest first */
	struct alarm alarm, emptied;
	enum phase phase;
	bool instant;		  /* no event comes for the frame that was handed over */
	struct window *flipping;  /* whose frame that is; NULL: none, or it is gone */
	struct window *on_screen; /* whose frame was handed over last; likewise */
	bool stale;		  /* what is on display is not known: all is to be shown anew */
	bool lit;		  /* something has been shown */
	uint64_t period, last;	  /* ns: of a refresh, and when the last one was */

	/* cursor.c */
	struct lend_framebuffer *cursor;
	bool cursor_broken, cursor_moved;
	int32_t cursor_x, cursor_y;
	bool cursor_wanted; /* there is a pointer */

	struct devices *devices; /* or NULL */
};

/* What the display shows. */
struct picture {
	struct lend_framebuffer *framebuffer;
	struct damage lacking; /* what it has not been told of, or does not hold yet */
};

/* What a slot's handle is. The program draws in the picture, or, where reading that is slow, in
 * memory of its own, from which changes go to one picture or the other. */
struct store {
	struct display *display;
	struct picture pictures[PICTURES_MAXIMUM];
	size_t n_pictures;
	size_t shown; /* of the pictures, last */
	unsigned char *shadow;
	uint32_t stride; /* of the shadow */
};

struct window {
	struct window *below;
	struct lend_surface *surface;
	struct display *display;
	struct alarm begin;
	struct slot *queued;   /* to be handed over */
	struct slot *current;  /* handed over */
	struct slot *replaced; /* on display until current is */
	uint64_t queued_number, number;
	bool told;  /* that the frame was presented */
	bool waits; /* the program, for the display to be ready */
};

/* find.c: the card, opened, and a connector of it with a pipe. Fail by client_lose(). */
int display_find(struct display *display);
int display_light(struct display *display);
/* Refuses before anything is touched: another program has the display. */
int display_look_first(struct display *display);

/* display.c */
int display_watch_devices(struct display *display);
/* The device is gone, or does not show anything. */
void display_lose(struct display *display, int error, const char *words);

/* screen.c */
/* Shows what there is to show, if it can be now. */
void screen_update(struct display *display);
/* The session or a plug came or went: nothing is known any more of what is on display. */
void screen_reset(struct display *display);
/* lend_kms_events.presented */
void screen_presented(void *data, const struct timespec *when, uint64_t sequence);
/* The one that is on display, or will be; or NULL. */
struct window *screen_top(const struct display *display);
/* Its slots may still be on display. */
void screen_forget(struct display *display, const struct window *window);

/* window.c */
int window_create(struct lend_surface *surface);
void window_destroy(struct window *window);
void window_set_title(struct window *window, const char *title);
void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number);
void window_forget(struct slot *slot);
/* The display has another mode now. */
void window_configure(struct window *window);

/* memory.c */
extern const struct source memory_source;
/* Notes for all buffers of the generation what they lack from now on. */
void memory_damage(struct generation *generation, const struct damage *damage);
/* The picture to show of the slot, brought up to date; or the one that was shown before. */
struct picture *memory_picture(struct slot *slot, bool again);
/* It was handed over. */
void memory_shown(struct slot *slot, struct picture *picture);
bool memory_is_shadowed(const struct slot *slot);
/* What came of it, told anew once it was shown. */
void memory_tell_verdict(struct lend_surface *surface, enum lend_depth depth);

/* cursor.c */
void cursor_fill_state(struct display *display, struct lend_pipe_state *state);
void cursor_destroy(struct display *display);

/* devices.c */
void devices_start(struct display *display);
void devices_stop(struct display *display);
int devices_fd(const struct devices *devices);
void devices_dispatch(struct devices *devices);
void devices_set_active(struct devices *devices, bool active);
/* Another window may have become the topmost. */
void devices_follow(struct devices *devices);
void devices_forget(struct devices *devices, const struct window *window);

#endif
