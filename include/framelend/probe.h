/* SPDX-License-Identifier: MIT */
/**
 * libframelend-alloc: what a device's driver can share and show, found out by doing it.
 *
 * A probe is made once and then only read: facts, verdicts, and what follows from them for a client.
 * It needs no privileges; what it could not try for want of them it says, with the remedy. See
 * buffer.h for the conventions; the words of a failure are in lend_alloc_error(). The strings belong
 * to the probe.
 */
#ifndef FRAMELEND_PROBE_H
#define FRAMELEND_PROBE_H

#include <framelend/alloc.h>
#include <framelend/kms.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What was found out about one device. */
struct lend_probe;

struct lend_probe_options {
	size_t size; /* sizeof(struct lend_probe_options) */
	/** Leave the display as it is. Otherwise, and if nobody else has the display, pictures are shown
	 *  on its first connector for a moment: with many drivers nothing less tells whether they would
	 *  be. What was there before is put back. */
	int no_modeset;
};

/**
 * Probes a device: a primary node such as /dev/dri/card0. Takes a second at most where the driver
 * does; a driver that hangs holds it up no longer than two more.
 *
 * A device that may not be opened (-EACCES, -EPERM) is no failure: the probe then says what is known
 * without opening it, and lend_probe_info.error why there is no more.
 *
 * -ENOENT and others: as open(2). -ENODEV: not a DRM device. -ENOMEM. Since 0.1.
 */
LEND_EXPORT int lend_probe_create(const char *path, const struct lend_probe_options *options,
				  struct lend_probe **probe);

/** As lend_probe_create(), for a descriptor that is already open (borrowed), as a seat manager hands
 *  it out. Since 0.1. */
LEND_EXPORT int lend_probe_create_fd(int fd, const struct lend_probe_options *options,
				     struct lend_probe **probe);

LEND_EXPORT void lend_probe_destroy(struct lend_probe *probe);

/* ---- the device ----------------------------------------------------------------------------- */

struct lend_probe_info {
	size_t size; /* sizeof(struct lend_probe_info) */
	const char *path, *driver, *kernel;
	const char *place; /* in sysfs; "" if it is not to be found */
	const char *bus;   /* "pci", "platform"...; "" */
	const char *id;    /* of the bus, "15ad:0405"; "" */
	const char *render_node; /* of the same device, if it has one; "" */
	/** 0, or the errno (positive) with which it could not be opened; then all below is unknown. */
	int error;
	const char *reason, *remedy; /* of that error */
	int primary;                 /* a primary node */
	int display;                 /* it has one */
	int atomic, modifiers, writeback; /* as in struct lend_kms_info */
	int paced;                        /* as in struct lend_pipe_info; -1: not known */
	int flush, foreign;               /* as in struct lend_device_info */
	const char *foreign_reason;
	int master;               /* 1: commits were allowed */
	const char *unshown;      /* why no picture was shown; "" if one was */
	const char *unshown_remedy;
	/* The row of the table of drivers: */
	const char *remark;   /* what else is different; "" */
	const char *source;   /* where the knowledge comes from; "" if there is none */
	const char *evidence; /* "driver in a VM", "kernel source", "recalled", "none" */
};

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_probe_describe(const struct lend_probe *probe, struct lend_probe_info *info);

/** As lend_kms_connector(). Since 0.1. */
LEND_EXPORT int lend_probe_connector(const struct lend_probe *probe, size_t index,
				     struct lend_connector_info *info);

struct lend_probe_plane {
	size_t size; /* sizeof(struct lend_probe_plane) */
	uint32_t id;
	const char *kind; /* "primary", "overlay", "cursor" */
	const uint32_t *formats;
	size_t n_formats;
};

/** The index-th plane. -ENOENT: past the last. Since 0.1. */
LEND_EXPORT int lend_probe_plane(const struct lend_probe *probe, size_t index,
				 struct lend_probe_plane *plane);

/* ---- memory --------------------------------------------------------------------------------- */

/** What became of one allocator, as a client of it would see it. */
struct lend_probe_allocator {
	size_t size; /* sizeof(struct lend_probe_allocator) */
	struct lend_verdict verdict; /* of the device's own: how far it got to the display */
	int mapped;                  /* a client can map, write and read it */
	enum lend_caching caching;   /* of the client's map */
	uint32_t read, write;        /* through it, MB a second; 0: not measured */
};

/** The index-th allocator, in the ladder's order. -ENOENT: past the last. Since 0.1. */
LEND_EXPORT int lend_probe_allocator(const struct lend_probe *probe, size_t index,
				     struct lend_probe_allocator *allocator);

/** What became of showing memory of another origin: its verdict's allocator names the origin
 *  ("udmabuf", "heap", "vgem (/dev/dri/card1)"). *verdict is filled. -ENOENT: past the last.
 *  Since 0.1. */
LEND_EXPORT int lend_probe_foreign(const struct lend_probe *probe, size_t index,
				   struct lend_verdict *verdict);

/* ---- what follows --------------------------------------------------------------------------- */

struct lend_probe_client {
	size_t size; /* sizeof(struct lend_probe_client) */
	const char *kind;    /* "full-screen", "windowed", "GPU" */
	enum lend_path path; /* that it would get on this device; LEND_PATH_NONE: there is no display */
	const char *memory;  /* the allocator of what it would draw in; "" */
	const char *reason, *remedy; /* sentences; the remedy "" if there is nothing to do */
};

/** The index-th kind of client. -ENOENT: past the last. Since 0.1. */
LEND_EXPORT int lend_probe_client(const struct lend_probe *probe, size_t index,
				  struct lend_probe_client *client);

#ifdef __cplusplus
}
#endif

#endif
