/* SPDX-License-Identifier: MIT */
/**
 * libframelend-server: a display server to embed.
 *
 * It speaks Wayland, lends framebuffers to the clients that ask for them (framelend-v1), takes those
 * that clients bring (wl_shm), and shows them on outputs. Single-threaded: everything happens in
 * lend_server_dispatch(). Several servers in one process do not know of each other. See buffer.h for
 * the conventions.
 */
#ifndef FRAMELEND_SERVER_H
#define FRAMELEND_SERVER_H

#include <framelend/buffer.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lend_device;
struct lend_server;
struct lend_output;
struct lend_view;

/* ---- the server ----------------------------------------------------------------------------- */

/** What one client may hold at a time. 0 in any field: the default. */
struct lend_quota {
	size_t size;       /* sizeof(struct lend_quota) */
	uint64_t bytes;    /* lent to it or mapped from its pools; default 1 GiB */
	uint32_t buffers;  /* wl_buffers and lent buffers; default 1024 */
	uint32_t fds;      /* descriptors the server holds for it; default 256 */
	uint32_t surfaces; /* default 256 */
	uint32_t objects;  /* protocol objects of any kind, frame callbacks that wait among them; default
	                      16384 */
};

/** Whom an event is about. The strings are valid during the call. */
struct lend_peer {
	pid_t pid; /* SO_PEERCRED, recorded when it connected */
	uid_t uid;
	gid_t gid;
	const char *program; /* its name from /proc, or "?" */
};

/** Called from functions of this library only. Any may be NULL. They may call all functions of this
 *  header but lend_server_dispatch(), lend_server_run() and lend_server_destroy(). */
struct lend_server_events {
	size_t size; /* sizeof(struct lend_server_events) */
	void (*client_connected)(void *data, const struct lend_peer *peer);
	void (*client_gone)(void *data, const struct lend_peer *peer);
	void (*view_mapped)(void *data, struct lend_view *view);
	void (*view_unmapped)(void *data, struct lend_view *view);
	/* Its path, title or output changed. */
	void (*view_changed)(void *data, struct lend_view *view);
	/* The output shows a new picture from now on: `frame`, which can be read until the next call.
	 * damage: what differs from the previous one. As long as this is set no overlay planes are
	 * used, since what they show is not in the frame, and no memory that only a GPU reads. */
	void (*output_frame)(void *data, struct lend_output *output, struct lend_buffer *frame,
			     const struct lend_rect *damage, size_t n_damage);
	/* An output came, or is about to go; with real displays they do so by themselves. */
	void (*output_added)(void *data, struct lend_output *output);
	void (*output_removed)(void *data, struct lend_output *output);
	/* May this peer capture outputs, monitor clients? NULL: those of the server's own uid may. */
	int (*privileged)(void *data, const struct lend_peer *peer);
};

struct lend_server_options {
	size_t size; /* sizeof(struct lend_server_options) */
	const char *socket; /* a name in $XDG_RUNTIME_DIR, or an absolute path; NULL: the first free of
	                       framelend-0 to framelend-31 */
	const struct lend_quota *quota;           /* copied; NULL: the defaults */
	const struct lend_server_events *events;  /* copied; NULL: none */
	void *data;                               /* handed to the events */
	lend_log_handler log;                     /* NULL: nothing is logged */
	void *log_data;
	int no_shortcuts; /* leave Alt+Tab and Alt+F4 to the clients; none may minimise itself then, since
	                     Alt+Tab is what would bring it back */
	const char *renderer; /* what composites: "pixman" (the CPU) or "gles2" (a GPU, or the CPU in its
	                         place); copied. NULL: what $LEND_RENDERER says, else gles2 for outputs whose
	                         device has a GPU. Where gles2 cannot start, the log says why, and it is
	                         pixman */
};

/**
 * Creates a server that listens. options may be NULL.
 *
 * -ENOENT: XDG_RUNTIME_DIR is not set or does not exist. -EACCES: it cannot be written.
 * -EINVAL: no renderer has that name. -EADDRINUSE: a server listens on that socket already. -ENAMETOOLONG: the path does not fit in a
 * socket address (107 bytes). -EMFILE, -ENOMEM. lend_server_error() says it in words. Since 0.1.
 */
LEND_EXPORT int lend_server_create(const struct lend_server_options *options,
				   struct lend_server **server);

/** Disconnects all clients, destroys the outputs, frees the socket. Since 0.1. */
LEND_EXPORT void lend_server_destroy(struct lend_server *server);

/** The calling thread's last failure to create a server or an output, in words. Since 0.1. */
LEND_EXPORT const char *lend_server_error(void);

/** What a client is to find in WAYLAND_DISPLAY. Belongs to the server. Since 0.1. */
LEND_EXPORT const char *lend_server_socket(const struct lend_server *server);

/** An fd (the server's) that polls readable when lend_server_dispatch() has something to do. Since
 *  0.1. */
LEND_EXPORT int lend_server_fd(const struct lend_server *server);

/** Handles what there is, waiting up to timeout_ms for it (-1: without limit), and sends the answers.
 *  A signal ends the wait. Returns 0, or the -errno of epoll_wait(2). Since 0.1. */
LEND_EXPORT int lend_server_dispatch(struct lend_server *server, int timeout_ms);

/** Dispatches until lend_server_stop(). Since 0.1. */
LEND_EXPORT int lend_server_run(struct lend_server *server);

/** Takes a connected socket, also on failure, as a client's; its other end is what WAYLAND_SOCKET can
 *  hand to a program. -ENOMEM, or another error of the socket. Since 0.1. */
LEND_EXPORT int lend_server_add_client(struct lend_server *server, int fd);

/** Makes lend_server_run() return. May be called from an event; not from a signal handler. Since
 *  0.1. */
LEND_EXPORT void lend_server_stop(struct lend_server *server);

/* ---- outputs -------------------------------------------------------------------------------- */

enum lend_layout {
	LEND_LAYOUT_FULL = 0, /* one surface fills the output, the newest on top */
	LEND_LAYOUT_TILE = 1, /* a grid */
	LEND_LAYOUT_FREE = 2, /* each surface in its own size, where lend_view_move() put it; the embedder's
	                         own window management */
};

struct lend_output_options {
	size_t size; /* sizeof(struct lend_output_options) */
	const char *name;       /* NULL: headless-1, headless-2... */
	uint32_t width, height; /* pixels */
	uint32_t refresh;       /* mHz; 0: a frame whenever clients commit */
	uint32_t format;        /* 0: LEND_FORMAT_XRGB8888 */
	enum lend_layout layout;
	struct lend_device *device; /* borrowed, to outlive the output: where buffers that the output is
	                               to scan out are allocated. NULL: plain memory */
};

/**
 * Adds an output without a screen. It behaves as a display of variable refresh does: at a tick of its
 * refresh, or at once if nothing was new for that long, it latches a buffer, holds it until another
 * replaces it, then lets it go.
 *
 * -EINVAL: a size of 0 or over 16384 a side, or a refresh over 1000 Hz. -EEXIST: the name is taken.
 * -ENOMEM or another error of allocation. Since 0.1.
 */
LEND_EXPORT int lend_output_create_headless(struct lend_server *server,
					    const struct lend_output_options *options,
					    struct lend_output **output);

struct lend_kms_output_options {
	size_t size; /* sizeof(struct lend_kms_output_options) */
	const char *device;    /* "card0", "/dev/dri/card0" or a driver's name, "vkms"; NULL: the seat's
	                          first one that a display is connected to, the firmware's before others */
	const char *connector; /* "HDMI-A-1"; NULL: each one, also those that are plugged in later */
	uint32_t width, height, refresh; /* mHz; 0: the display's preferred mode */
	enum lend_layout layout;
	int mirror;   /* all connectors show the same, in a mode of the first one's size */
	int no_input; /* leave the seat's keyboards and pointers alone */
};

/**
 * Adds an output for each connector that a display is connected to, by kernel mode setting. Outputs
 * come and go as displays are plugged in and out; connectors give them their names. With the first
 * call the server takes the seat's session (through libseat, or directly with enough rights) and its
 * input devices; both are given back, and what was on the displays before comes back, when the server
 * is destroyed. Call it before clients connect: libseat may start a process of its own.
 *
 * How a client's buffer is shown, a surface's path says: it is tried with the first frame, and what
 * the display refuses is copied within the same frame.
 *
 * Returns how many outputs it made. -ENODEV: no such device, or none at all. -ENOENT: no such
 * connector. -ENOTCONN: nothing is connected. -ENODATA: the display has no such mode. -EACCES, -EBUSY:
 * the device may not be opened, or somebody else sets modes on it. -ENXIO: no session is to be had.
 * -ENOSYS: built without it. lend_server_error() says it in words. Since 0.1.
 */
LEND_EXPORT int lend_output_create_kms(struct lend_server *server,
				       const struct lend_kms_output_options *options);

/** A window of another display server. */
struct lend_window_output_options {
	size_t size; /* sizeof(struct lend_window_output_options) */
	const char *display; /* its name, as in $WAYLAND_DISPLAY or $DISPLAY; NULL: what these say */
	const char *name;    /* the output's; NULL: wayland-1, x11-1... */
	const char *title;   /* NULL: "framelend - " and the output's name */
	uint32_t width, height; /* in the display's units; 0: 1280x720. Later the window's own */
	enum lend_layout layout;
	int fullscreen;
	int no_input; /* leave keys, pointer and fingers in the window alone */
};

/**
 * Adds an output that is a window on another Wayland server's display. It has the size, scale and
 * pace that this server gives it, and the input that it receives; our frames go there by dma-buf where
 * both sides can, else by wl_shm. When the window is closed, or that server goes away, the output is
 * removed.
 *
 * -ENOENT: there is no such server, or none is named. -ECONNREFUSED, -EACCES: it does not answer, or
 * not to us. -EPROTONOSUPPORT: it lacks a global that is needed. -ENOSYS: built without it. Others as
 * lend_output_create_headless(). Since 0.1.
 */
LEND_EXPORT int lend_output_create_wayland(struct lend_server *server,
					   const struct lend_window_output_options *options,
					   struct lend_output **output);

/** The same as a window on an X server's screen: one upload a frame, of what changed, through MIT-SHM
 *  where there is one. Errors as lend_output_create_wayland(). Since 0.1. */
LEND_EXPORT int lend_output_create_x11(struct lend_server *server,
				       const struct lend_window_output_options *options,
				       struct lend_output **output);

/** How a picture lies on a display: turned counter-clockwise, then mirrored. wl_output's values. */
enum lend_transform {
	LEND_TRANSFORM_NORMAL = 0,
	LEND_TRANSFORM_90 = 1,
	LEND_TRANSFORM_180 = 2,
	LEND_TRANSFORM_270 = 3,
	LEND_TRANSFORM_FLIPPED = 4,
	LEND_TRANSFORM_FLIPPED_90 = 5,
	LEND_TRANSFORM_FLIPPED_180 = 6,
	LEND_TRANSFORM_FLIPPED_270 = 7,
};

#define LEND_SCALE_ONE 120 /* scales are in 120ths: 180 is 1.5 */

struct lend_output_mode {
	uint32_t width, height; /* pixels */
	uint32_t refresh;       /* mHz */
	int preferred;
};

/** What of an output can be changed while it is there. */
struct lend_output_state {
	size_t size; /* sizeof(struct lend_output_state) */
	struct lend_output_mode mode; /* pixels as the display has them, before the transform */
	uint32_t scale;        /* pixels for a unit of what is shown: 60 to 1200 */
	enum lend_transform transform;
	int32_t x, y; /* its top left corner in the space that outputs share, in that space's units */
	enum lend_layout layout;
	int off; /* it is dark: nothing is shown, and what is on it gets no frames */
};

/** Fills *state, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_output_describe(const struct lend_output *output, struct lend_output_state *state);

/**
 * Changes the output to what *state says: what lend_output_describe() gave, with other values in it.
 * All or nothing.
 *
 * -EINVAL: a value that cannot be. -ENODATA: the display has no such mode (lend_output_get_mode() lists
 * them). -ENOTSUP: a window's size is the user's. Others: the display refuses. lend_server_error() says
 * it in words. Since 0.1.
 */
LEND_EXPORT int lend_output_configure(struct lend_output *output, const struct lend_output_state *state);

/** The index-th mode that the display lists. -ENOENT: there are no more. Since 0.1. */
LEND_EXPORT int lend_output_get_mode(const struct lend_output *output, size_t index, struct lend_output_mode *mode);

/** Removes the output; what it showed moves to the next one. In an event: when that dispatch is done.
 *  Since 0.1. */
LEND_EXPORT void lend_output_destroy(struct lend_output *output);

/** The output's name, which belongs to it. Since 0.1. */
LEND_EXPORT const char *lend_output_name(const struct lend_output *output);

/** What the output has done so far. */
struct lend_output_counters {
	size_t size; /* sizeof(struct lend_output_counters) */
	uint64_t frames;  /* pictures latched */
	uint64_t scanout; /* of these, latched without composition */
	uint64_t copied;  /* bytes written by composition */
};

/** Fills *stats, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_output_stats(const struct lend_output *output, struct lend_output_counters *stats);

/** The buffer that is latched now, the output's (do not keep it), or NULL before the first frame. Where
 *  a GPU composites, the CPU may not be able to read it unless output_frame is set. Since 0.1. */
LEND_EXPORT struct lend_buffer *lend_output_latched(const struct lend_output *output);

/* ---- views: top-level surfaces on outputs --------------------------------------------------- */

/** What there is to know of a view. The strings belong to it, until the next dispatch. */
struct lend_view_info {
	size_t size; /* sizeof(struct lend_view_info) */
	struct lend_peer peer;
	const char *title, *app_id, *output;
	struct lend_rect place; /* on the output, in units of the space that outputs share */
	enum lend_path path;
	const char *reason;
	enum lend_memory memory;
	enum lend_caching caching;
	uint64_t frames;    /* frames shown */
	uint64_t copied;    /* bytes copied of it */
	uint32_t unreleased; /* buffers committed and not released yet */
};

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_view_describe(const struct lend_view *view, struct lend_view_info *info);

/** Asks the client to close it. Since 0.1. */
LEND_EXPORT void lend_view_close(struct lend_view *view);

/** Gives it the keyboard and, where views cover each other, brings it to the top. Since 0.1. */
LEND_EXPORT void lend_view_activate(struct lend_view *view);

/** Puts its top left corner there in the space that outputs share. In other layouts than
 *  LEND_LAYOUT_FREE that only says on which output it is. Since 0.1. */
LEND_EXPORT void lend_view_move(struct lend_view *view, int32_t x, int32_t y);

#ifdef __cplusplus
}
#endif

#endif
