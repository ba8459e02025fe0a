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

/** Called from lend_client_dispatch() only. Any may be NULL. They must neither destroy the client nor
 *  dispatch. */
struct lend_client_events {
	size_t size; /* sizeof(struct lend_client_events) */
	/* The display server went away: `reason`, valid during the call. The library tries to find it
	 * again, unless this returns non-zero: then the connection is lost for good. */
	int (*disconnected)(void *data, struct lend_client *client, const char *reason);
	/* It is back. Each surface gets new buffers, perhaps of another size; the first frame of each
	 * has age 0. Nothing to do here. */
	void (*reconnected)(void *data, struct lend_client *client);
};

struct lend_client_options {
	size_t size; /* sizeof(struct lend_client_options) */
	const char *display; /* which one, see lend_client_connect(); NULL: $LEND_DISPLAY, and without
	                        that the first one that works */
	lend_log_handler log; /* NULL: nothing is logged */
	void *log_data;
	const struct lend_client_events *events; /* copied; NULL: none */
	void *data;                              /* handed to the events */
	int32_t reconnect_ms; /* how long to look for a display server that went away; 0: 10000; less:
	                         not at all */
};

/**
 * Connects to a display. options may be NULL. On failure *client is set all the same if memory allows
 * (else NULL), for lend_client_error() and lend_client_verdict() alone; destroy it.
 *
 * A display is named by its kind and, after a colon, which one of that kind:
 *
 *   wayland[:SOCKET]         a socket's name in $XDG_RUNTIME_DIR, or its path; without one
 *                            $WAYLAND_DISPLAY, else wayland-0. Buffers are lent by framelend; on any
 *                            other server they are the program's own
 *   x11[:DISPLAY]            as in $DISPLAY, which is the default
 *   kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]]   a display without a server: card0, its connector
 *                            HDMI-A-1; the default is the first that is connected, in its own mode
 *   anything else            a Wayland socket's name or path
 *
 * Unless one is named they are tried in this order, and the first that works is taken. WAYLAND_SOCKET,
 * an open connection handed down by a parent, goes before every Wayland socket, as in libwayland.
 *
 * When a server ends, the library looks for the same display again: after 10 ms, then after twice as
 * long each time up to a second, for lend_client_options.reconnect_ms. Meanwhile no frame can be begun
 * (-EAGAIN) and no surface created (-EAGAIN); a frame that is open can be drawn and ended, and is lost.
 * A protocol error, or a connection handed down by a parent, is not tried again.
 *
 * With several displays tried the error is that of the first; lend_client_error() has all reasons.
 * -ENOENT: no runtime directory or no such socket or display. -ECONNREFUSED: nobody listens there.
 * -ENOTSUP: the server lacks something that is needed (on Wayland wl_compositor, xdg_wm_base, and
 * framelend or wl_shm). -ENAMETOOLONG: the socket's path. -EINVAL: options without a size, or a kind
 * of display that there is not. -ELIBACC: the part of this library for that kind is not installed or
 * does not fit. -EMFILE, -ENOMEM. Since 0.1.
 */
LEND_EXPORT int lend_client_connect(const struct lend_client_options *options,
				    struct lend_client **client);

/** The display that was taken, as lend_client_options.display would name it:
 *  "wayland:/run/user/1000/wayland-0", "x11::0", "kms:card0:HDMI-A-1". "" if there is none. Belongs to
 *  the client. Since 0.1. */
LEND_EXPORT const char *lend_client_display(const struct lend_client *client);

/** The index-th kind of display that was tried, in order, with what came of it (`allocator` is the
 *  kind's name), or NULL past the last. Belongs to the client. Since 0.1. */
LEND_EXPORT const struct lend_verdict *lend_client_verdict(const struct lend_client *client,
							   size_t index);

/** Destroys the client with all its surfaces. Since 0.1. */
LEND_EXPORT void lend_client_destroy(struct lend_client *client);

/** An fd (the client's) that polls readable when lend_client_dispatch() has something to do. The same
 *  number for the client's whole life, whatever becomes of the connection. Since 0.1. */
LEND_EXPORT int lend_client_fd(const struct lend_client *client);

/**
 * Sends what is queued, then handles events, waiting up to timeout_ms for the first (0: not at all,
 * -1: without limit). Callbacks run in here and nowhere else. Returns the number of events handled.
 *
 * A connection lost for good is sticky: -EPIPE or -ECONNRESET (the server did not come back), or -EPROTO
 * after a protocol error, from here on and from every other call; likewise -EMFILE (the limit of file descriptors was reached while buffers
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

/** What a lend_input tells, and the fields that belong to it. Those of all: time, modifiers. */
enum lend_input_kind {
	LEND_INPUT_POINTER_ENTER = 1,   /* x, y: the pointer is over the surface now */
	LEND_INPUT_POINTER_LEAVE = 2,   /* buttons that were down count as released */
	LEND_INPUT_POINTER_MOTION = 3,  /* x, y */
	LEND_INPUT_POINTER_BUTTON = 4,  /* x, y, code, pressed */
	LEND_INPUT_POINTER_AXIS = 5,    /* x, y, scroll_x, scroll_y, clicks_x, clicks_y */
	LEND_INPUT_KEYBOARD_ENTER = 6,  /* the surface gets the keys now: it has the focus */
	LEND_INPUT_KEYBOARD_LEAVE = 7,  /* keys that were down count as released */
	LEND_INPUT_KEYBOARD_KEY = 8,    /* code, pressed, repeated, keysym, text */
	LEND_INPUT_KEYBOARD_MODIFIERS = 9, /* other modifiers than before are in effect */
	LEND_INPUT_TOUCH_DOWN = 10,     /* id, x, y */
	LEND_INPUT_TOUCH_UP = 11,       /* id */
	LEND_INPUT_TOUCH_MOTION = 12,   /* id, x, y */
	LEND_INPUT_TOUCH_CANCEL = 13,   /* none of the touches that are down meant anything */
};

/** Bits of lend_input.modifiers. */
enum lend_keys {
	LEND_KEYS_SHIFT = 1,
	LEND_KEYS_CAPS = 2, /* locked */
	LEND_KEYS_CTRL = 4,
	LEND_KEYS_ALT = 8,
	LEND_KEYS_NUM = 16, /* locked */
	LEND_KEYS_LOGO = 32,
};

/** Something the user did. Valid during the call. What a kind does not name is zero. */
struct lend_input {
	size_t size; /* of this library's struct */
	enum lend_input_kind kind;
	uint32_t modifiers; /* of enum lend_keys, in effect at that time; 0 without a keyboard */
	uint64_t time;      /* CLOCK_MONOTONIC, ns */
	double x, y;        /* pixels of the buffer; a drag can go beyond it */
	uint32_t code;      /* of the button or key: BTN_* and KEY_* of linux/input-event-codes.h */
	uint32_t pressed;   /* 1; 0: released */
	uint32_t repeated;  /* 1: the key is held down, and this is no press of its own */
	uint32_t keysym;    /* what the key means in the user's layout, as in xkbcommon-keysyms.h; 0: not
	                       known, for want of libxkbcommon or of a layout */
	char text[32];      /* what the key writes, UTF-8; "" if nothing, and when it is released. With
	                       Ctrl the control character */
	double scroll_x, scroll_y;   /* pixels, to the right and down; both 0: the finger let go */
	int32_t clicks_x, clicks_y;  /* of a wheel: 120 a click; 0 if it is none */
	int32_t id;                  /* the finger's, while it is down */
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
	/* The user did something. Input devices are asked for only if set. */
	void (*input)(void *data, struct lend_surface *surface, const struct lend_input *input);
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
	uint32_t gpu; /* non-zero: a GPU draws, by EGL or Vulkan. Frames have no pixels but
	                 lend_frame.buffer, which lend_buffer_describe() describes: dma-bufs. Neither front
	                 mode nor read nor preserve goes with it */
	const uint64_t *modifiers; /* with gpu: the layouts that the program's GPU can draw in, copied;
	                              none: LINEAR */
	size_t n_modifiers;        /* at most 256 */
};

/** Creates a surface. It appears with its first frame. -EINVAL: an option out of range, an unknown
 *  format or output (the error names those there are); -ENOTSUP: the display cannot show the format, or
 *  it has several planes, or it lends no memory for a GPU (only framelend does; where that has none
 *  to lend, lend_frame_begin() fails and lend_surface_verdict() says why); -EAGAIN: the display server went away and is looked for; a lost connection's
 *  error. Since 0.1. */
LEND_EXPORT int lend_surface_create(struct lend_client *client,
				    const struct lend_surface_options *options,
				    struct lend_surface **surface);

/** Takes the surface off the display. A frame in progress is given up. Since 0.1. */
LEND_EXPORT void lend_surface_destroy(struct lend_surface *surface);

/** -EINVAL: longer than 1024 bytes. -EAGAIN: the display does not read; dispatch and try again. -ENOMEM.
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
	uint64_t own_copy; /* bytes this library copied so far: for `preserve`, and from a shadow of memory
	                      that is slow to read */
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
	void *pixels;    /* the top left pixel, until the frame ends; NULL: a GPU is to draw */
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
 * -EAGAIN: no buffer is free, or the display is not ready for a frame, or its server went away:
 * dispatch and try again.
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

/**
 * As lend_frame_end(), of a frame that a GPU is still drawing: fence is a sync_file, such as EGL's
 * EGL_ANDROID_native_fence_sync or Vulkan's VK_KHR_external_fence_fd make, that signals when it is
 * done. It is taken, on failure too; -1: it is done. A display that takes no fences is told of the frame
 * when it has signalled, for which this call waits. -EINVAL: also, not a sync_file. Since 0.1.
 */
LEND_EXPORT int lend_frame_end_fenced(struct lend_surface *surface, const struct lend_rect *damage,
				      size_t n_damage, int fence);

/** Gives the frame up; its buffer's contents count as undefined from here on. Since 0.1. */
LEND_EXPORT int lend_frame_cancel(struct lend_surface *surface);

#ifdef __cplusplus
}
#endif

#endif
