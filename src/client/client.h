/* SPDX-License-Identifier: MIT */
/* What the files of libframelend-client share. They know displays by display.h alone, and those
 * know of this header what display.h says. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <framelend/client.h>
#include <stdarg.h>
#include <stdbool.h>

#define SIZE_MAXIMUM	  16384
#define SLOTS_MAXIMUM	  4
#define DAMAGE_MAXIMUM	  64
#define VERDICTS_MAXIMUM  16
#define MODIFIERS_MAXIMUM 256

struct display;
struct display_backend;
struct keyboard;
struct window;

/* A set of disjoint rectangles. More than DAMAGE_MAXIMUM become their bounding box: too much damage
 * is only slow, too little would be wrong. */
struct damage {
	size_t n;
	struct lend_rect rects[DAMAGE_MAXIMUM];
};

void damage_add(struct damage *damage, struct lend_rect rect, uint32_t width, uint32_t height);
void damage_unite(struct damage *damage, const struct damage *other, uint32_t width,
		  uint32_t height);

/* One buffer of a surface. */
struct slot {
	struct generation *generation;
	struct lend_buffer *buffer; /* NULL: not announced yet */
	void *handle;		    /* the display's name for it, or NULL */
	void *memory;		    /* for finish */
	/* After the buffer was destroyed, perhaps after the display was: lets go of memory that the
	 * buffer only wraps. NULL: nothing to do. */
	void (*finish)(struct slot *slot);
	uint64_t drawn; /* number of the frame it holds, 0: undefined */
	bool busy;	/* committed and not released */
};

/* Buffers of one size that came together, from the server or from ourselves. */
struct generation {
	struct generation *next; /* older */
	struct lend_surface *surface;
	uint32_t id;
	uint32_t width, height;
	bool retired;  /* nothing more is drawn in it; goes when its last buffer is released */
	bool stranded; /* its display is gone; goes when the frame that is open ends */
	struct slot slots[SLOTS_MAXIMUM];
};

/* The allocators' answers for one request; the strings are owned. */
struct verdicts {
	size_t n;
	struct lend_verdict list[VERDICTS_MAXIMUM];
};

int verdicts_add(struct verdicts *verdicts, const struct lend_verdict *verdict);
void verdicts_clear(struct verdicts *verdicts);

/* A frame that was shown, to be told to the program. */
struct shown {
	uint64_t number, time;
	uint32_t refresh;
};

#define SHOWN_MAXIMUM 32

/* What the program is to be told at the end of the dispatch. */
enum pending {
	PENDING_RESIZE = 1 << 0,
	PENDING_PATH = 1 << 1,
	PENDING_PRESENTED = 1 << 2,
	PENDING_CLOSE = 1 << 3,
	PENDING_READY = 1 << 4,
};

/* Damage is remembered for buffers up to this age; an older one is copied whole. */
#define HISTORY 8

struct lend_surface {
	struct lend_surface *next; /* lend_client.surfaces */
	struct lend_client *client;
	struct window *window;
	const struct source *source;

	/* as asked for */
	uint32_t width, height;
	bool fullscreen;
	char *output_wanted, *title, *app_id; /* "" if none */
	const struct lend_format *format;
	enum lend_mode mode;
	uint32_t count;
	enum lend_access access;
	bool preserve, unpaced, gpu;
	uint64_t *modifiers; /* that its GPU draws in */
	size_t n_modifiers;
	struct lend_surface_events events;
	void *data;

	/* what the display wants */
	bool configured;
	uint32_t wanted_width, wanted_height;
	bool requested; /* a generation of this size is on its way: */
	uint32_t requested_width, requested_height;
	int refused; /* -errno of the last request, until a frame is begun */
	char refusal[256];

	/* drawing */
	struct generation *generations; /* newest first */
	struct slot *drawing;		/* the open frame's buffer */
	struct slot *last;		/* the last frame's, as long as it exists */
	uint64_t frames;
	int fence;	/* until the open frame ends: when it is drawn, or -1 */
	bool throttled; /* the display has not asked for the next frame yet */
	bool ready;	/* the program knows that it can begin a frame */
	struct damage history[HISTORY];

	/* what the program may ask and is told */
	unsigned pending; /* of enum pending */
	enum lend_path path;
	char reason[256], output[64];
	uint64_t copied;
	struct verdicts verdicts;
	bool fell_back; /* from other memory, just now: its verdicts are to stay */
	struct shown shown[SHOWN_MAXIMUM];
	size_t n_shown;
};

/* Something the user did, to be told to the program. */
struct input {
	struct lend_surface *surface; /* NULL: it is gone */
	struct lend_input told;
};

/* A call at a given time, from a dispatch. The owner zeroes it and sets `ring`. */
struct alarm {
	struct alarm *next; /* lend_client.alarms */
	uint64_t due;	    /* CLOCK_MONOTONIC, ns */
	void (*ring)(struct alarm *alarm);
};

/* How it stands with the display. */
enum link {
	LINK_FIRST,  /* connecting for the first time */
	LINK_UP,     /* connected */
	LINK_LOST,   /* the server went away; the next dispatch deals with it */
	LINK_AWAY,   /* waiting for the next attempt to find it */
	LINK_COMING, /* connecting again */
};

struct lend_client {
	const struct display_backend *backend;
	struct display *display;
	char target[256]; /* what the backend is to connect to, or did */
	char name[300];	  /* lend_client_display() */
	struct verdicts tried;
	struct lend_surface *surfaces;
	int error; /* a lost connection's, for good */
	char text[2048];
	lend_log_handler log;
	void *log_data;
	struct lend_client_events events;
	void *data;

	/* link.c */
	enum link link;
	char loss[512];				   /* why the server is away */
	char refusal[512];			   /* why the last attempt failed */
	bool ready;				   /* the display is: display_ready() */
	bool only_once;				   /* this connection cannot be had again */
	bool returned;				   /* the program is to be told that it is back */
	uint64_t patience, delay, deadline, since; /* ns */
	struct alarm attempt;

	/* alarm.c */
	int epoll, timer;     /* the fd for the program's loop; the timer in it */
	struct alarm *alarms; /* the earliest first */
	struct alarm wake;
	bool rung;

	/* input.c: told[first] to told[n - 1] */
	struct input *inputs;
	size_t first_input, n_inputs, inputs_size;
};

/* client.c */
__attribute__((format(printf, 3, 4))) int client_fail(struct lend_client *client, int error,
						      const char *format, ...);
/* The connection is lost, for good unless it can be found again (link.c). */
__attribute__((format(printf, 3, 4))) int client_lose(struct lend_client *client, int error,
						      const char *format, ...);
/* Makes it so for good, with the words that client.text has. */
int client_settle(struct lend_client *client, int error);
__attribute__((format(printf, 3, 4))) void client_log(struct lend_client *client,
						      enum lend_log_level level, const char *format,
						      ...);
__attribute__((format(printf, 3, 0))) int client_vfail(struct lend_client *client, int error,
						       const char *format, va_list args);
__attribute__((format(printf, 3, 0))) int client_vlose(struct lend_client *client, int error,
						       const char *format, va_list args);
__attribute__((format(printf, 3, 0))) void client_vlog(struct lend_client *client,
						       enum lend_log_level level,
						       const char *format, va_list args);

/* displays.c: connects to the display that `name` says, or to the first that works. */
int displays_connect(struct lend_client *client, const char *name);

/* link.c */
/* Connects client.backend to client.target, wholly. */
int link_connect(struct lend_client *client);
/* The display is up: what can be said of it is known. */
void link_ready(struct lend_client *client);
/* True if a loss with this error is one that is made good. */
bool link_forgives(const struct lend_client *client, int error);
/* Handles events, waiting for the first if there are none; their number. */
int link_dispatch(struct lend_client *client, int timeout_ms);
/* Sends what is queued. -EAGAIN: not now, dispatch. */
int link_flush(struct lend_client *client);
/* 0, or -EAGAIN and the words while the server is away. */
int link_check(struct lend_client *client);
void link_close(struct lend_client *client);

/* alarm.c */
int alarms_create(struct lend_client *client);
void alarms_destroy(struct lend_client *client);
/* At that time, instead of any set before. */
void alarm_set(struct lend_client *client, struct alarm *alarm, uint64_t due);
void alarm_cancel(struct lend_client *client, struct alarm *alarm);
/* Makes an event come, so that a program that waits in a dispatch looks again. */
void alarms_wake(struct lend_client *client);
/* Rings those that are due, if client_wait() saw that some are. How many. */
int alarms_ring(struct lend_client *client);
/* Waits for the events (of poll) on the display's fd, or until an alarm is due. The display's
 * revents, or -EINTR with words. */
int client_wait(struct lend_client *client, short events, int timeout_ms);
/* CLOCK_MONOTONIC, ns. */
uint64_t time_now(void);

/* frame.c: 0, or why a frame cannot be begun: -errno and the words. */
int frame_possible(struct lend_surface *surface, const char **why);

/* surface.c: the display's side calls these. */
/* The display wants this size. */
void surface_configure(struct lend_surface *surface, uint32_t width, uint32_t height);
/* How its frames reach the display. */
void surface_show(struct lend_surface *surface, enum lend_path path, const char *reason,
		  const char *output);
/* The display is ready for the next frame. */
void surface_frame_done(struct lend_surface *surface);
/* A frame was shown. */
void surface_presented(struct lend_surface *surface, const struct shown *shown);
/* The user closes it. */
void surface_close(struct lend_surface *surface);
/* What came of making buffers. */
void surface_verdict(struct lend_surface *surface, const struct lend_verdict *verdict);
/* Its display is gone: gives up all that was of it. */
void surface_part(struct lend_surface *surface);
/* Makes its window on the display that is back. */
int surface_return(struct lend_surface *surface);

/* input.c: size and time are filled in if they are 0. */
void surface_input(struct lend_surface *surface, const struct lend_input *input);
/* Tells the program the oldest; false if there is none. */
bool inputs_tell(struct lend_client *client);
/* The surface is going away. */
void inputs_forget(struct lend_client *client, const struct lend_surface *surface);

/* generation.c */
struct generation *generation_create(struct lend_surface *surface, uint32_t id, uint32_t width,
				     uint32_t height);
struct generation *generation_find(struct lend_surface *surface, uint32_t id);
/* The newest generation of the wanted size, or NULL. */
struct generation *generation_usable(struct lend_surface *surface);
/* A generation that is ready to be drawn in; the surface's from here on. */
void generation_offer(struct generation *generation);
/* What came of making memory of the program's own, offered if result is 0; the generation, which
 * may be NULL, is taken. whose: the verdict's words then. */
void generation_conclude(struct lend_surface *surface, struct generation *generation, int result,
			 const char *whose);
/* The request failed for the reason. */
void generation_refuse(struct lend_surface *surface, int error, const char *reason);
/* Asks for buffers of the wanted size, unless they are there or on their way. */
void generation_request(struct lend_surface *surface);
/* The older ones are not needed any more. */
void generation_retire_older(struct generation *generation);
void generation_destroy(struct generation *generation);
void generation_destroy_all(struct lend_surface *surface);
/* Their display is gone: all go but the one that is drawn in. */
void generation_strand_all(struct lend_surface *surface);
/* The stranded one's frame ended. */
void generation_end_stranded(struct generation *generation);
/* The display does not read the slot's buffer any more. */
void slot_release(struct slot *slot);

#endif
