/* SPDX-License-Identifier: MIT */
/**
 * libframelend-alloc: showing framebuffers on a display, by kernel mode setting.
 *
 * Made for a server, and for a program that has the display to itself. It knows no seat and no
 * devices coming and going: whoever uses it opens the device, says when it may be used, and asks to
 * look again when something was plugged in. See buffer.h for the conventions; the words of a failure
 * are in lend_alloc_error().
 *
 * The way of a picture: lend_kms_create() - lend_pipe_create() for each connector - a framebuffer for
 * each buffer, once - lend_pipe_commit() for each frame - the presented event.
 */
#ifndef FRAMELEND_KMS_H
#define FRAMELEND_KMS_H

#include <framelend/alloc.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A display device, opened for setting modes. */
struct lend_kms;
/** A picture that the device can read: a buffer it imported, or memory of its own. */
struct lend_framebuffer;
/** One connector or several that show the same, each with a CRTC and its planes. */
struct lend_pipe;

/* ---- the device ----------------------------------------------------------------------------- */

/** Called from lend_kms_dispatch() only. */
struct lend_kms_events {
	size_t size; /* sizeof(struct lend_kms_events) */
	/** The frame committed last is on display. when: CLOCK_MONOTONIC, from the driver where it has
	 *  vblanks; sequence: the vblank's number, 0 where there are none. data: the pipe's. */
	void (*presented)(void *data, const struct timespec *when, uint64_t sequence);
};

struct lend_kms_options {
	size_t size; /* sizeof(struct lend_kms_options) */
	const struct lend_kms_events *events; /* copied; NULL: none */
	int legacy; /* do not use atomic commits even if the driver has them */
	lend_log_handler log; /* what is worth knowing but no failure; NULL: dropped */
	void *log_data;
};

/**
 * Takes a display device for mode setting. fd is a primary node's, borrowed; what is kept is a
 * duplicate, so that being DRM master is shared with it, and so are GEM handles: do not keep any of
 * your own there. Notes what every CRTC shows, to put it back.
 *
 * Being master is the caller's affair (a seat manager's, or drmSetMaster()); without it everything
 * but commits works.
 *
 * -ENODEV: not a DRM device. -EOPNOTSUPP: one without a display (a render-only GPU). -ENOMEM.
 * Since 0.1.
 */
LEND_EXPORT int lend_kms_create(int fd, const struct lend_kms_options *options,
				struct lend_kms **kms);

/** Puts back what was shown before, if still allowed to, and frees the device. Its framebuffers are to
 *  be destroyed before. Pipes may be left to it: they are freed, and their displays go back to what
 *  was there without a dark moment in between. Since 0.1. */
LEND_EXPORT void lend_kms_destroy(struct lend_kms *kms);

/** The device for lend_buffer_allocate(); belongs to the kms. Since 0.1. */
LEND_EXPORT struct lend_device *lend_kms_device(struct lend_kms *kms);

struct lend_kms_info {
	size_t size; /* sizeof(struct lend_kms_info) */
	int atomic;    /* commits are atomic; else SetCrtc, PageFlip and DIRTYFB */
	int modifiers; /* DRM_CAP_ADDFB2_MODIFIERS */
	int writeback; /* it has a writeback connector: lend_pipe_read_back() can work */
	uint32_t cursor_width, cursor_height; /* the largest cursor; 64x64 where the driver does not say */
	uint32_t width_max, height_max;       /* of a framebuffer */
	size_t n_connectors, n_crtcs;
};

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_kms_describe(const struct lend_kms *kms, struct lend_kms_info *info);

/** A descriptor to poll for reading; belongs to the kms. Since 0.1. */
LEND_EXPORT int lend_kms_fd(const struct lend_kms *kms);

/** Reads what has happened and calls the events. Never waits. -ENODEV: the device is gone.
 *  Since 0.1. */
LEND_EXPORT int lend_kms_dispatch(struct lend_kms *kms);

/** Looks at the connectors again; to be called after a hotplug event. 1: something changed.
 *  Since 0.1. */
LEND_EXPORT int lend_kms_update(struct lend_kms *kms);

/** From now on somebody else is master (the seat was switched away, the machine sleeps): commits fail
 *  with -EACCES, and events that were awaited will not come. Since 0.1. */
LEND_EXPORT void lend_kms_pause(struct lend_kms *kms);

/** Master again: the next commit of every pipe sets the mode and everything else anew. Since 0.1. */
LEND_EXPORT void lend_kms_resume(struct lend_kms *kms);

/* ---- connectors ----------------------------------------------------------------------------- */

struct lend_kms_mode {
	uint32_t width, height;
	uint32_t refresh; /* mHz */
	int preferred;
};

/** The strings and modes belong to the kms, until the next lend_kms_update(). */
struct lend_connector_info {
	size_t size; /* sizeof(struct lend_connector_info) */
	uint32_t id;
	const char *name; /* "HDMI-A-1": as the kernel and everybody else calls it */
	int connected;    /* 1; 0: no; -1: the driver cannot tell, which counts as connected if there is
	                     no other */
	int non_desktop;  /* a headset: never lit unless it is asked for */
	const char *make, *model, *serial; /* from the EDID; "" if it does not say */
	uint32_t width_mm, height_mm;      /* 0: unknown */
	const struct lend_kms_mode *modes;     /* the preferred one first, then as the driver has them */
	size_t n_modes;
};

/** The index-th connector (writeback connectors are not among them). -ENOENT: past the last.
 *  Since 0.1. */
LEND_EXPORT int lend_kms_connector(const struct lend_kms *kms, size_t index,
				   struct lend_connector_info *info);

/* ---- framebuffers --------------------------------------------------------------------------- */

/**
 * Makes the device read a buffer: imports its dma-bufs (handles are counted, since importing twice
 * gives one handle and closing it once ends both) and adds a framebuffer. The buffer is borrowed for
 * the call. Whether the display really shows it, only a commit tells, and with some drivers not even
 * that (lend_device_info.foreign).
 *
 * -EMEDIUMTYPE: ordinary memory, which no display can read. -EINVAL: the driver does not take the
 * format, size, stride or modifier. -ENODEV, -ENOSYS, -EREMOTE and others: it takes no memory of
 * another origin. Since 0.1.
 */
LEND_EXPORT int lend_framebuffer_import(struct lend_kms *kms, const struct lend_buffer *buffer,
					struct lend_framebuffer **framebuffer);

/**
 * Makes a framebuffer in a dumb buffer of the device, cleared, and maps it here. Nothing is exported,
 * so this works with drivers that cannot share at all.
 *
 * -EINVAL: the driver does not take the format or size. -ENOMEM. Since 0.1.
 */
LEND_EXPORT int lend_framebuffer_allocate(struct lend_kms *kms, uint32_t width, uint32_t height,
					  uint32_t format, struct lend_framebuffer **framebuffer);

/** The memory of an allocated framebuffer as a buffer to draw in; belongs to the framebuffer. It
 *  cannot be sent to another process. NULL for an imported one. Since 0.1. */
LEND_EXPORT struct lend_buffer *lend_framebuffer_buffer(struct lend_framebuffer *framebuffer);

/** Lets go of it. What is on display stays there until another commit replaces it, or the pipe goes.
 *  Since 0.1. */
LEND_EXPORT void lend_framebuffer_destroy(struct lend_framebuffer *framebuffer);

/* ---- pipes: from framebuffers to connectors -------------------------------------------------- */

struct lend_pipe_options {
	size_t size; /* sizeof(struct lend_pipe_options) */
	const uint32_t *connectors; /* ids; all show the same picture */
	size_t n_connectors;        /* 1 to 4 */
	uint32_t width, height;     /* 0: the first connector's preferred mode */
	uint32_t refresh;           /* mHz, within 0.5 Hz; 0: the fastest of that size, or the preferred
	                               mode's. Further connectors come as near as they can. */
	void *data;                 /* for the events */
};

/**
 * Reserves a CRTC and planes for the connectors. Nothing changes on the display until the first
 * commit; until then the pipe may also get another CRTC, to make room for a pipe created later.
 *
 * -ENOENT: no such connector. -ENOTCONN: nothing is connected to it. -ENODATA: no such mode (the words
 * list those there are). -EBUSY: a connector is in another pipe. -ENOSPC: no CRTC is left that can
 * drive it. -ENOMEM. Since 0.1.
 */
LEND_EXPORT int lend_pipe_create(struct lend_kms *kms, const struct lend_pipe_options *options,
				 struct lend_pipe **pipe);

/** Turns the connectors off, if still allowed to. To go back to what was there before without a dark
 *  moment, leave the pipe to lend_kms_destroy(). An event that was awaited does not come any more.
 *  Since 0.1. */
LEND_EXPORT void lend_pipe_destroy(struct lend_pipe *pipe);

struct lend_pipe_info {
	size_t size; /* sizeof(struct lend_pipe_info) */
	struct lend_kms_mode mode;
	int paced;         /* the driver has vblanks, so that events come at the mode's rate; else at once,
	                      and the caller paces itself. Known while the display is on: ask again after
	                      the first commit */
	size_t n_overlays; /* overlay planes that may be used; 0 where several connectors show the same */
	int cursor;        /* there is a cursor plane, or the legacy cursor calls */
};

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_pipe_describe(const struct lend_pipe *pipe, struct lend_pipe_info *info);

/** Whether the pipe's plane of that kind takes the format. The main plane takes one with alpha also if
 *  it takes its opaque twin: there is nothing below it, and premultiplied colours over black are what
 *  the twin shows. Since 0.1. */
LEND_EXPORT int lend_pipe_takes_format(const struct lend_pipe *pipe, int overlay, uint32_t format);

/** The index-th layout in which the pipe's plane of that kind takes the format (as
 *  lend_pipe_takes_format()): 1, or 0 past the last. Of a driver without modifiers LINEAR, and INVALID for
 *  its own implicit layout. With several connectors only what all of them take. Since 0.1. */
LEND_EXPORT int lend_pipe_modifier(const struct lend_pipe *pipe, int overlay, uint32_t format, size_t index,
				   uint64_t *modifier);

/** A picture above the main one, in its own size. */
struct lend_layer {
	struct lend_framebuffer *framebuffer;
	int32_t x, y;                  /* on the display; the whole of it lies within */
	uint32_t width, height;        /* from the framebuffer's top left corner */
	const struct lend_rect *damage; /* as lend_pipe_state.damage */
	size_t n_damage;
};

/** What a pipe shows from now on; what is left out is not shown. Framebuffers are borrowed for the
 *  call; the pipe itself keeps those that are on display. */
struct lend_pipe_state {
	size_t size; /* sizeof(struct lend_pipe_state) */
	/** As large as the mode at least. NULL: as before, and if damage is NULL too, nothing of it
	 *  changed. */
	struct lend_framebuffer *framebuffer;
	/** What changed in this framebuffer since a commit last showed it, together with where it differs
	 *  from the picture that is on display now: some drivers upload for each framebuffer, others for
	 *  the display. In a chain of buffers that carry on the same picture the first holds the second.
	 *  NULL: all of it; n_damage 0 with a pointer: nothing. One that was not shown since
	 *  lend_kms_resume(), or ever, is new as a whole, whatever this says. In pixels of the
	 *  framebuffer. */
	const struct lend_rect *damage;
	size_t n_damage;
	const struct lend_layer *layers; /* bottom first */
	size_t n_layers;
	/** ARGB8888, at most lend_kms_info.cursor_* and best of exactly that size, since not all drivers
	 *  take smaller ones. Another picture needs another framebuffer. NULL: none. */
	struct lend_framebuffer *cursor;
	int32_t cursor_x, cursor_y;      /* of its top left corner, may be outside */
	int32_t cursor_hot_x, cursor_hot_y;
};

/**
 * Asks whether a commit of the state would be accepted, and changes nothing. Without atomic commits
 * there is no way to ask: then 0 means that nothing speaks against it. A commit can fail all the same:
 * drivers pin memory only then.
 *
 * -EINVAL, -ERANGE, -ENOSPC and others: the driver refuses. -EACCES: not master. Since 0.1.
 */
LEND_EXPORT int lend_pipe_test(struct lend_pipe *pipe, const struct lend_pipe_state *state);

/**
 * Shows the state. 0: the presented event will come; until then another commit is refused with
 * -EBUSY. 1: it is on display already and no event comes. The first commit, and the first one after
 * lend_kms_resume(), set the mode, may take a while and give 1. On failure everything stays as it was,
 * and there is time for another commit within the same frame.
 *
 * -EACCES: not master, or paused. -EBUSY: see above. -ENODEV: the device is gone. -EINVAL: nothing that
 * this display could show, or the driver refuses it. -ENOSPC: more layers than overlay planes.
 * -EOPNOTSUPP: no cursor plane. -EREMOTE, -ENOMEM and others: the driver refuses. Since 0.1.
 */
LEND_EXPORT int lend_pipe_commit(struct lend_pipe *pipe, const struct lend_pipe_state *state);

/**
 * Writes the displayed picture, as the driver composes it, into a framebuffer of the mode's size, by a
 * writeback connector. Waits until it is done, one second at most. For tests and trials.
 *
 * -EOPNOTSUPP: there is none, or it cannot be used together with this pipe. -EINVAL: nothing is shown
 * yet, or the target is of another size or of a format that the connector does not write. -ETIMEDOUT.
 * Since 0.1.
 */
LEND_EXPORT int lend_pipe_read_back(struct lend_pipe *pipe, struct lend_framebuffer *target);

#ifdef __cplusplus
}
#endif

#endif
