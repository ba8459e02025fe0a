/* SPDX-License-Identifier: MIT */
/**
 * libframelend-alloc: where framebuffers come from.
 *
 * A ladder of allocators is tried from the one that a display can show without a copy down to the one
 * that always works; the answer is a buffer together with a verdict from every rung. See buffer.h for
 * the conventions. Links libdrm.
 */
#ifndef FRAMELEND_ALLOC_H
#define FRAMELEND_ALLOC_H

#include <framelend/buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A DRM device that buffers are allocated on, to be shown by it. */
struct lend_device;

/** What a device says of itself. The strings belong to the device. */
struct lend_device_info {
	size_t size; /* sizeof(struct lend_device_info) */
	const char *path;
	const char *driver;  /* the kernel driver's name: "i915", "vmwgfx" */
	const char *kernel;  /* the running kernel's release, as uname(2) gives it */
	int dumb;            /* DRM_CAP_DUMB_BUFFER: it makes dumb buffers */
	int prefer_shadow;   /* DRM_CAP_DUMB_PREFER_SHADOW: the driver asks not to be read through */
	int primary;         /* a primary node; render nodes refuse dumb buffers on every driver
	                        (EACCES; observed on real drivers in a VM) */
	/* From the table of drivers (src/alloc/drivers.c names each row's source): */
	int flush;   /* 1: the display shows a copy, which the driver renews from the damage of a commit;
	                0: it reads the buffer itself; -1: not known */
	int foreign; /* it shows memory that it did not allocate: the displayed picture was compared */
	const char *foreign_reason; /* why not, a sentence; "" if it does */
	uint64_t node; /* the device node's number, a dev_t; 0: not known */
	int coherent;  /* what its GPU draws, a CPU sees through a map of the memory */
	int honest;    /* memory that it does not show it refuses with an error, so that whether a client's
	                  dma-buf is its own can be tried (seen with real drivers in a VM) */
};

/**
 * Opens a DRM device: a primary node such as /dev/dri/card0. Needs neither master nor authentication.
 *
 * -ENOENT, -EACCES: as open(2). -ENODEV: not a DRM device. -ENOMEM. lend_alloc_error() says it in
 * words. Since 0.1.
 */
LEND_EXPORT int lend_device_open(const char *path, struct lend_device **device);

/** As lend_device_open(), for a descriptor that is already open (borrowed; a duplicate is kept), as a
 *  seat manager hands it out. Since 0.1. */
LEND_EXPORT int lend_device_open_fd(int fd, struct lend_device **device);

/** Closes the device. Buffers allocated on it stay valid. Since 0.1. */
LEND_EXPORT void lend_device_destroy(struct lend_device *device);

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). Since 0.1. */
LEND_EXPORT int lend_device_describe(const struct lend_device *device,
				     struct lend_device_info *info);

/** The calling thread's last failure of a function of this library in words, as
 *  lend_buffer_error(). Since 0.1. */
LEND_EXPORT const char *lend_alloc_error(void);

/** What a buffer is for; decides which rungs are worth trying. */
enum lend_use {
	LEND_USE_SCANOUT = 1 << 0, /* the device is to show it without a copy */
	LEND_USE_READ = 1 << 1,    /* the client reads back what it drew: blending, scrolling */
	LEND_USE_GPU = 1 << 2,     /* a GPU draws in it, by EGL or Vulkan: memory that is the GPU's, and
	                              perhaps not to be mapped */
};

struct lend_buffer_options {
	size_t size; /* sizeof(struct lend_buffer_options) */
	uint32_t width, height;
	uint32_t format;
	uint32_t use;          /* a set of enum lend_use; 0: plain memory for a CPU */
	const char *allocator; /* the one rung to try ("dumb"); NULL: the ladder */
	const uint64_t *modifiers; /* with LEND_USE_GPU: the layouts that are allowed, borrowed; none:
	                              LINEAR. LEND_MODIFIER_INVALID: the driver's own choice */
	size_t n_modifiers;
};

/** Verdicts in the ladder's order, one for each rung. */
struct lend_verdicts;

/** How many verdicts there are. Since 0.1. */
LEND_EXPORT size_t lend_verdicts_count(const struct lend_verdicts *verdicts);

/** The index-th verdict, owned by the list, or NULL past the last. Since 0.1. */
LEND_EXPORT const struct lend_verdict *lend_verdicts_get(const struct lend_verdicts *verdicts,
							 size_t index);

/** Frees the list, and with it every verdict in it. Since 0.1. */
LEND_EXPORT void lend_verdicts_destroy(struct lend_verdicts *verdicts);

/**
 * Allocates a buffer: LINEAR unless LEND_USE_GPU says otherwise, cleared to zero (of a GPU's memory the
 * pixels; what lies between and behind the rows is as the driver gave it), writable through its fd and
 * safe to hand to a process that is not trusted. device may be NULL: the ladder then ends at memfd and
 * says so.
 *
 * The verdicts (unless NULL) are filled on failure too, and are then the explanation. They are the
 * caller's to destroy.
 *
 * -EINVAL: no such format or size, or no allocator of that name. -ENOMEM: out of memory. Otherwise the
 * error of the last rung tried. lend_alloc_error() says it in words. Since 0.1.
 */
LEND_EXPORT int lend_buffer_allocate(struct lend_device *device,
				     const struct lend_buffer_options *options,
				     struct lend_buffer **buffer, struct lend_verdicts **verdicts);

/** The name of the index-th allocator for a CPU, in the ladder's order, or NULL past the last. (For a
 *  GPU there is "gbm" alone.) Since 0.1. */
LEND_EXPORT const char *lend_allocator_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif
