/* SPDX-License-Identifier: MIT */
/* Keeps a framebuffer for programs that believe in /dev/fb0: its memory, its mode, the surface that
 * shows it. It lives in a process of its own (`framelend run`), so that programs may fork, stop,
 * crash or close every descriptor they have. The library in them asks over a socket, link.h. */
#ifndef FBDEV_KEEPER_H
#define FBDEV_KEEPER_H

#include "link.h"
#include "screen.h"

#include <poll.h>

#define KEEPER_CALLS   32 /* more connections wait */
#define KEEPER_WATCHES 256
#define KEEPER_OTHERS  4

struct keeper_options {
	struct screen_options screen; /* width, height: if the display leaves it to us */
	uint32_t width, height;	      /* the framebuffer's; 0: the surface's */
	uint32_t bits;		      /* 16, 24 or 32 */
	int console; /* the terminal that is the programs' console, or -1; borrowed */
};

/* A connection, which is one request of a program. */
struct call {
	int fd;
	pid_t pid;
	bool waiting; /* for the next frame to be shown: */
	bool sent;    /* one was sent meanwhile */
	int64_t since;
};

/* To be destroyed once keeper_create() was called, whatever that returned. */
struct keeper {
	int memory, listener, writes; /* writes: inotify, tells of write() to the framebuffer */
	size_t length;
	void *pixels;
	struct fb_var_screeninfo mode;
	bool blank;
	int console;
	char name[64], title[128], error[256];
	struct screen screen;
	struct picture picture;
	struct pages pages;
	struct watch *watches;
	struct call calls[KEEPER_CALLS];
	size_t n_calls;
	/* when to look */
	bool compare;	  /* what was written cannot be known: compare everything */
	bool hurry;	  /* something changed for certain */
	unsigned in_vain; /* looks since the last change */
	int64_t looked, changed, cost, vsync; /* nanoseconds */
};

int keeper_create(struct keeper *keeper, const struct keeper_options *options);
void keeper_destroy(struct keeper *keeper);

/* What went wrong, in words. */
const char *keeper_error(const struct keeper *keeper);

/* Handles whatever there is to handle, then waits for the next thing, or one of the others; their
 * revents are set. -ECANCELED: the surface was closed by its user. Otherwise the display's errors.
 */
int keeper_run(struct keeper *keeper, struct pollfd *others, size_t n_others);

/* A program still has the framebuffer open or mapped. */
bool keeper_is_used(const struct keeper *keeper);

/* ---- between keeper.c, loop.c and request.c ------------------------------------------------- */

/* Keeps the words for keeper_error(). Returns the error. */
__attribute__((format(printf, 3, 4))) int keeper_fail(struct keeper *keeper, int error,
						      const char *format, ...);

/* Reads the request and answers it, or has it wait. */
void request_handle(struct keeper *keeper, struct call *call);
/* Ends the call: 0 or -errno. */
void request_finish(struct call *call, int result);
/* Gives up knowing what was written. */
void keeper_compare(struct keeper *keeper, const char *reason);
/* Takes up keeper->mode. resized: the visible size is another. */
int keeper_use_mode(struct keeper *keeper, bool resized);

#endif
