/* SPDX-License-Identifier: MIT */
/* A client's buffer: counted, released once. (buffer.c) */
#ifndef SERVER_BUFFER_H
#define SERVER_BUFFER_H

#include "server/client.h"

/* Implements the memory behind a wl_buffer. */
struct buffer_source {
	/* Makes memory available (buffer->memory or staging); called once, before the first use. */
	int (*open)(struct buffer *buffer);
	/* Makes a dma-buf of ordinary memory, once: NULL, or why that cannot be (static). NULL: it
	 * never can. */
	const char *(*share)(struct buffer *buffer);
	/* Frees what the source holds. */
	void (*destroy)(struct buffer *buffer);
};

struct buffer {
	struct wl_resource *resource; /* NULL once the client destroyed it */
	struct client *client;	      /* a reference */
	const struct buffer_source *source;
	void *source_data;
	struct lend_buffer *memory; /* the pixels; NULL until opened */
	struct charge charge;
	uint32_t width, height, stride, format;
	enum lend_memory kind;
	enum lend_caching caching;
	bool opened, lent;
	bool front;		/* never released */
	bool invalid;		/* it could not be made: no commit shows it */
	const char *unreadable; /* why the CPU must not look at its pixels; static, or NULL */
	bool share_tried;
	const char *unshared; /* why its memory is no dma-buf; static, or NULL */
	bool bracketed;	      /* buffer_begin_read() began an access */
	bool staged; /* memory that may not be mapped: read into staging by pread before each use */
	int staged_fd; /* not owned; -1: staging has all there is */
	uint64_t staged_offset;
	void *staging;
	pixman_image_t *image;		  /* of the mapped or staging pixels; made at first use */
	bool held;			  /* its source keeps it, without needing the contents */
	const struct lend_device *device; /* whose own memory it is; for comparison only */
	uint32_t shown_by;		  /* lend_output.serial that scanned it out last, and its */
	uint64_t shown_sequence;	  /* frame then: what it lacks since is its own damage */
	unsigned locks;			  /* surface states and outputs that need the contents */
	bool committed;			  /* a release is due when the last lock goes */
	uint32_t committed_by;		  /* surface.id of that commit, for counting (monitor.c) */
	struct wl_list releases;	  /* framelend_release_v1 resources for the commit */
};

/* Takes the charge, already made, and a reference to the client. */
struct buffer *buffer_create(struct client *client, const struct buffer_source *source, void *data,
			     const struct charge *charge);
/* Makes `resource` (a wl_buffer) the buffer's; destroying it destroys the buffer when unlocked. */
void buffer_set_resource(struct buffer *buffer, struct wl_resource *resource);
struct buffer *buffer_from_resource(struct wl_resource *resource);
struct buffer *buffer_lock(struct buffer *buffer);
void buffer_unlock(struct buffer *buffer);
/* The source gives up what `held` says; frees the buffer unless somebody else has it. */
void buffer_drop(struct buffer *buffer);
/* Tells everyone in a list of framelend_release_v1 that there is nothing to wait for. */
void release_list_send(struct wl_list *releases);
/* Opens the memory at first use: 0 or -errno, with fail_text(). */
int buffer_open(struct buffer *buffer);
/* A display shows no memory but dma-bufs: makes it one if it is not. NULL, or why not (static). */
const char *buffer_share(struct buffer *buffer);
/* The pixels for reading within region (buffer coordinates), as an image; NULL on failure. */
pixman_image_t *buffer_begin_read(struct buffer *buffer, const pixman_region32_t *region);
void buffer_end_read(struct buffer *buffer);
/* The resource type's implementation, for wl_resource_set_implementation by sources. */
extern const struct wl_buffer_interface buffer_interface;

pixman_format_code_t format_to_pixman(uint32_t fourcc); /* 0: none */

#endif
