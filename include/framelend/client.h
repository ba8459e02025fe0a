/* SPDX-License-Identifier: MIT */
/**
 * libframelend-client: draw pixels on whatever display there is.
 *
 * A surface is lent one or more framebuffers; the program draws in the memory that the display server
 * shows. The library owns no loop and no thread: it exports an fd and lend_client_dispatch(). See
 * buffer.h for the conventions.
 */
#ifndef FRAMELEND_CLIENT_H
#define FRAMELEND_CLIENT_H

#include <framelend/buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lend_client;
struct lend_surface;

/* ---- connection ----------------------------------------------------------------------------- */

struct lend_client_options {
	size_t size; /* sizeof(struct lend_client_options) */
	const char *display; /* socket name or path; NULL: $LEND_DISPLAY, else $WAYLAND_DISPLAY, else
	                        wayland-0 */
	lend_log_handler log; /* NULL: nothing is logged */
	void *log_data;
};

/**
 * Connects to a display. options may be NULL. On failure *client is set all the same if memory allows
 * (else NULL), for lend_client_error() alone; destroy it. WAYLAND_SOCKET, an open connection handed
 * down by a parent, goes before every name, as in libwayland.
 *
 * -ENOENT: no runtime directory or no such socket. -ECONNREFUSED: nobody listens there. -ENOTSUP: the
 * server lacks a global that is needed (wl_compositor, xdg_wm_base, and framelend or wl_shm).
 * -ENAMETOOLONG: the socket's path. -EINVAL: options without a size. -EMFILE, -ENOMEM. Since 0.1.
 */
LEND_EXPORT int lend_client_connect(const struct lend_client_options *options,
				    struct lend_client **client);

/** Destroys the client with all its surfaces. Since 0.1. */
LEND_EXPORT void lend_client_destroy(struct lend_client *client);

/** An fd (the client's) that polls readable when lend_client_dispatch() has something to do.
 *  Since 0.1. */
LEND_EXPORT int lend_client_fd(const struct lend_client *client);

/**
 * Sends what is queued, then handles events, waiting up to timeout_ms for the first (0: not at all,
 * -1: without limit). Callbacks run in here and nowhere else. Returns the number of events handled.
 *
 * A lost connection is sticky: -EPIPE or -ECONNRESET, or -EPROTO after a protocol error, from here on
 * and from every other call; likewise -EMFILE (the limit of file descriptors was reached while buffers
 * were received) and -ENOMEM. -ECANCELED: a surface without a close callback was asked to close.
 * -EINTR: a signal came while waiting. Since 0.1.
 */
LEND_EXPORT int lend_client_dispatch(struct lend_client *client, int timeout_ms);

/** What went wrong last, in words, with the remedy where there is one. Never NULL; belongs to the
 *  client. client may be NULL (out of memory). Since 0.1. */
LEND_EXPORT const char *lend_client_error(const struct lend_client *client);

/* ---- surfaces ------------------------------------------------------------------------------- */

enum lend_mode {
	/* 2 to 4 buffers: what is drawn appears whole, when the frame ends */
	LEND_MODE_CHAIN = 0,
	/* one buffer, which the display shows while it is drawn in; it may tear. Ending a frame says
	 * which part changed. */
	LEND_MODE_FRONT = 1,
};

struct lend_surface_events {
	size_t size; /* sizeof(struct lend_surface_events) */
	/* The display wants this size (pixels). The next frame begun has it; nothing to do here. */
	void (*resize)(void *data, struct lend_surface *surface, uint32_t width, uint32_t height);
	/* The user closes the surface. Destroying it here is allowed. */
	void (*close)(void *data, struct lend_surface *surface);
	/* lend_surface_path() has changed. */
	void (*path)(void *data, struct lend_surface *surface);
	/* A frame can be begun now that could not before. */
	void (*ready)(void *data, struct lend_surface *surface);
	/* A frame was shown: its number, when (CLOCK_MONOTONIC, ns), and the refresh period (ns, 0 if
	 * unknown or not fixed). Asked for only if set. */
	void (*presented)(void *data, struct lend_surface *surface, uint64_t number, uint64_t time,
			  uint32_t refresh);
};

struct lend_surface_options {
	size_t size;            /* sizeof(struct lend_surface_options) */
	uint32_t width, height; /* wanted; the display may decide otherwise. 0: the display decides */
	uint32_t format;        /* 0: LEND_FORMAT_XRGB8888 */
	enum lend_mode mode;
	uint32_t count;    /* buffers of the chain, 2 to 4; 0: 3 */
	uint32_t read;     /* non-zero: the program reads back what it drew */
	uint32_t preserve; /* non-zero: a frame begins with the previous frame's content; the library
	                      copies what the buffer lacks, no more. Implies read. */
	uint32_t unpaced;  /* non-zero: frames can begin whenever a buffer is free, not once a refresh */
	uint32_t fullscreen; /* non-zero: fill an output */
	const char *output;  /* the output's name for fullscreen; NULL: the display decides */
	const char *title, *app_id; /* copied, at most 1024 bytes; NULL: none */
	const struct lend_surface_events *events; /* copied; NULL: none */
	void *data;                               /* handed to the events */
};

/** Creates a surface. It appears with its first frame. -EINVAL: an option out of range, an unknown
 *  format or output (the error names those there are); -ENOTSUP: the display cannot show the format, or
 *  it has several planes; a lost connection's error. Since 0.1. */
LEND_EXPORT int lend_surface_create(struct lend_client *client,
				    const struct lend_surface_options *options,
				    struct lend_surface **surface);

/** Takes the surface off the display. A frame in progress is given up. Since 0.1. */
LEND_EXPORT void lend_surface_destroy(struct lend_surface *surface);

/** -EINVAL: longer than 1024 bytes. -EAGAIN: the display does not read; dispatch and try again.
 *  Since 0.1. */
LEND_EXPORT int lend_surface_set_title(struct lend_surface *surface, const char *title);

/** How the surface's pixels reach the display. The strings are valid until the next dispatch. */
struct lend_path_info {
	size_t size;         /* sizeof(struct lend_path_info) */
	enum lend_path path; /* LEND_PATH_NONE before the first frame was shown */
	const char *reason;  /* why this path, a sentence */
	enum lend_memory memory;
	enum lend_caching caching;
	uint32_t count;    /* buffers in use */
	uint64_t own_copy; /* bytes this library copied for `preserve` so far */
	const char *output; /* name of the output it was last shown on, or "" */
};

/** Fills *path, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_surface_path(const struct lend_surface *surface, struct lend_path_info *path);

/** The index-th verdict of the allocation that the current buffers came from, or NULL past the last.
 *  Valid until the next dispatch. Since 0.1. */
LEND_EXPORT const struct lend_verdict *lend_surface_verdict(const struct lend_surface *surface,
							    size_t index);

/* ---- frames --------------------------------------------------------------------------------- */

struct lend_frame {
	void *pixels;    /* the top left pixel, until the frame ends */
	uint32_t stride; /* bytes from one row to the next */
	uint32_t width, height;
	uint32_t format;
	uint32_t age;    /* 0: the contents are undefined, draw everything. n: they are those of the
	                    n-th frame before this one. With preserve or in front mode 1 after the first
	                    frame of a size, unless a frame was cancelled. */
	uint64_t number; /* 1, 2, 3... */
	struct lend_buffer *buffer; /* the buffer itself, owned by the surface */
};

/**
 * Begins a frame in the next free buffer, its access open for writing (and reading, if asked for).
 *
 * -EAGAIN: no buffer is free, or the display is not ready for a frame: dispatch and try again.
 * -EBUSY: a frame is already begun. -ENOMEM or another error of allocation: the display could not lend
 * buffers of this size (lend_client_error()). A lost connection's error. Since 0.1.
 */
LEND_EXPORT int lend_frame_begin(struct lend_surface *surface, struct lend_frame *frame);

/**
 * Ends the frame and sends it: one system call. damage says what differs from the previous frame, in
 * pixels of the buffer; it is clipped. NULL: everything. A count of 0 with damage not NULL: nothing.
 *
 * -EINVAL: no frame is begun. A lost connection's error. Since 0.1.
 */
LEND_EXPORT int lend_frame_end(struct lend_surface *surface, const struct lend_rect *damage,
			       size_t n_damage);

/** Gives the frame up; its buffer's contents count as undefined from here on. Since 0.1. */
LEND_EXPORT int lend_frame_cancel(struct lend_surface *surface);

#ifdef __cplusplus
}
#endif

#endif
