/* SPDX-License-Identifier: MIT */
/* What the files of libframelend-client share. client.c, surface.c, generation.c and frame.c know
 * nothing of the display; wayland/ implements the functions at the end. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <framelend/client.h>
#include <stdbool.h>

#define SIZE_MAXIMUM	 16384
#define SLOTS_MAXIMUM	 4
#define DAMAGE_MAXIMUM	 64
#define VERDICTS_MAXIMUM 16

struct display;
struct window;
struct wl_buffer;

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
	struct wl_buffer *handle;   /* the display's name for it */
	uint64_t drawn;		    /* number of the frame it holds, 0: undefined */
	bool busy;		    /* committed and not released */
};

/* Buffers of one size that came together, from the server or from ourselves. */
struct generation {
	struct generation *next; /* older */
	struct lend_surface *surface;
	uint32_t id;
	uint32_t width, height;
	bool retired; /* nothing more is drawn in it; goes when its last buffer is released */
	struct slot slots[SLOTS_MAXIMUM];
};

/* Where a window's generations come from: lent by the server, or our own memory over wl_shm. */
struct source {
	/* Asks for a generation. The answer is generation_offer() or generation_refuse(), within
	 * the call or later. */
	void (*request)(struct window *window, uint32_t width, uint32_t height);
	/* The generation is retired. May be NULL. */
	void (*drop)(struct window *window, const struct generation *generation);
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
	const struct lend_format *format;
	enum lend_mode mode;
	uint32_t count;
	enum lend_access access;
	bool preserve, unpaced;
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
	bool throttled; /* the display has not asked for the next frame yet */
	bool ready;	/* the program knows that it can begin a frame */
	struct damage history[HISTORY];

	/* what the program may ask and is told */
	unsigned pending; /* of enum pending */
	enum lend_path path;
	char reason[256], output[64];
	uint64_t copied;
	struct verdicts verdicts;
	struct shown shown[SHOWN_MAXIMUM];
	size_t n_shown;
};

struct lend_client {
	struct display *display;
	struct lend_surface *surfaces;
	int error; /* a lost connection's, for good */
	char text[512];
	lend_log_handler log;
	void *log_data;
};

/* client.c */
__attribute__((format(printf, 3, 4))) int client_fail(struct lend_client *client, int error,
						      const char *format, ...);
/* As client_fail(), for good. */
__attribute__((format(printf, 3, 4))) int client_lose(struct lend_client *client, int error,
						      const char *format, ...);
__attribute__((format(printf, 3, 4))) void client_log(struct lend_client *client,
						      enum lend_log_level level, const char *format,
						      ...);

/* frame.c: 0, or why a frame cannot be begun: -errno and the words. */
int frame_possible(struct lend_surface *surface, const char **why);

/* surface.c: the display's side calls these. */
void surface_configure(struct lend_surface *surface, uint32_t width, uint32_t height);
void surface_show(struct lend_surface *surface, enum lend_path path, const char *reason,
		  const char *output);
void surface_presented(struct lend_surface *surface, const struct shown *shown);

/* generation.c */
struct generation *generation_create(struct lend_surface *surface, uint32_t id, uint32_t width,
				     uint32_t height);
struct generation *generation_find(struct lend_surface *surface, uint32_t id);
/* The newest generation of the wanted size, or NULL. */
struct generation *generation_usable(struct lend_surface *surface);
/* A generation that is ready to be drawn in; the surface's from here on. */
void generation_offer(struct generation *generation);
/* The request failed for the reason. */
void generation_refuse(struct lend_surface *surface, int error, const char *reason);
/* Asks for buffers of the wanted size, unless they are there or on their way. */
void generation_request(struct lend_surface *surface);
/* The older ones are not needed any more. */
void generation_retire_older(struct generation *generation);
void generation_destroy(struct generation *generation);
void generation_destroy_all(struct lend_surface *surface);
void slot_release(struct slot *slot);

/* ---- the display: wayland/ ------------------------------------------------------------------ */

/* Connects. Fails by client_fail() or client_lose(). */
int display_connect(struct lend_client *client, const char *name);
void display_destroy(struct display *display);
int display_fd(const struct display *display);
/* Handles events; the number of them. */
int display_dispatch(struct lend_client *client, int timeout_ms);
/* Sends what is queued. -EAGAIN: the server does not read. */
int display_flush(struct lend_client *client);
/* Makes an event come, so that a program that waits in a dispatch looks again. */
void display_wake(struct lend_client *client);

/* Makes the surface's window and chooses its source. */
int window_create(struct lend_surface *surface, const struct lend_surface_options *options);
void window_destroy(struct window *window);
void window_set_title(struct window *window, const char *title);
/* Shows the buffer: all that is queued for a frame. number: the frame's. */
void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number);
/* The slot's buffer goes; the display's handle of it too. */
void window_forget(struct slot *slot);

#endif
