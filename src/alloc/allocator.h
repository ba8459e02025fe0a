/* SPDX-License-Identifier: MIT */
/* An allocator, the memory it makes, and how far making it got. */
#ifndef ALLOC_ALLOCATOR_H
#define ALLOC_ALLOCATOR_H

#include <framelend/alloc.h>
#include <stdbool.h>

/* How far a trial got; the step and the call that failed, if one did. */
struct trial {
	enum lend_depth depth;
	const char *call;
	int error; /* positive */
};

/* Memory fresh from an allocator: all planes in one fd, which the holder of this struct owns. */
struct memory {
	struct lend_buffer_info info;
	uint64_t bytes; /* everything that the fd reaches; the layout may leave a rest */
	bool dirty;	/* may hold what somebody else left there */
};

struct allocator {
	const char *name;
	enum lend_memory memory;
	bool own;	 /* made by the display device itself */
	bool foreign;	 /* a dma-buf of another origin, which the display would have to import */
	bool gpu;	 /* drawn in by a GPU: not mapped here, and its layout is the driver's */
	bool contiguous; /* in one piece, on devices that show no other memory */
	uint32_t planes_max;
	int (*allocate)(struct lend_device *device, const struct lend_buffer_options *options,
			struct memory *memory, struct trial *trial);
};

extern const struct allocator gbm_allocator, dumb_allocator, heap_allocator, udmabuf_allocator,
	memfd_allocator;

/* Notes the step and its call that failed, with errno; returns -errno. */
int trial_fail(struct trial *trial, enum lend_depth step, const char *call);

/* Lays the format's planes out one after another, for allocators that leave us the choice. false:
 * more than the 4 GiB that DRM can describe. */
bool layout_choose(const struct lend_buffer_options *options, struct memory *memory);

/* Makes a memfd of that many zero bytes whose size is sealed. */
int memfd_make(uint64_t bytes, struct trial *trial);

#endif
