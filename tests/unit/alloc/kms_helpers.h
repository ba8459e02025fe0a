/* SPDX-License-Identifier: MIT */
/* A display that is played by the double, and pictures to show on it. */
#ifndef KMS_HELPERS_H
#define KMS_HELPERS_H

#include "helpers.h"

#include <framelend/kms.h>

/* Two connectors of two modes each, one CRTC for each, a cursor and an overlay. The test makes the
 * vertical blanks. */
extern const char desk[];

/* One CRTC of a driver that copies what is shown, one copy for each buffer, and has no vblanks. */
extern const char copying[];

/* Like desk, without atomic commits. */
extern const char old[];

/* What the presented events said. */
struct presented {
	size_t count;
	struct timespec when;
	uint64_t sequence;
	void *data; /* of the last */
};

extern struct presented presented;

/* Plays the personality, after these lines, and opens its display; the first file is master. */
struct lend_kms *kms_open(const char *personality, const char *lines);

/* Destroys it; nothing may be left: handles, framebuffers, blobs, descriptors. */
void kms_close(struct lend_kms *kms);

/* The id of the connector of that name. */
uint32_t connector_id(const struct lend_kms *kms, const char *name);

/* A pipe in the connector's preferred mode; its data is the pipe's name. */
struct lend_pipe *pipe_open(struct lend_kms *kms, const char *connector);
struct lend_pipe *pipe_open_two(struct lend_kms *kms, const char *first, const char *second);
struct lend_pipe_info pipe_info(const struct lend_pipe *pipe);

/* An allocated framebuffer in one colour. */
struct lend_framebuffer *canvas(struct lend_kms *kms, uint32_t width, uint32_t height,
				uint32_t format, uint32_t colour);
/* Fills a part of an allocated framebuffer. */
void paint(struct lend_framebuffer *framebuffer, struct lend_rect where, uint32_t colour);

struct lend_pipe_state showing(struct lend_framebuffer *framebuffer);

/* Commits, and makes the vertical blank and its event if one is to come. */
void show(struct lend_kms *kms, struct lend_pipe *pipe, const struct lend_pipe_state *state);
/* Reads the events of a vertical blank. */
void blank(struct lend_kms *kms);

/* What a person sees there. */
uint32_t seen(size_t crtc, uint32_t x, uint32_t y);
/* The whole CRTC is of that colour, but for the pixels of the rectangle (or NULL). */
void assert_seen(size_t crtc, uint32_t colour, const struct lend_rect *but, uint32_t inside);

#define assert_fails(call, error, words)                                                           \
	do {                                                                                       \
		assert_int_equal(call, -(error));                                                  \
		if (!strstr(lend_alloc_error(), words))                                            \
			fail_msg("\"%s\" does not say \"%s\"", lend_alloc_error(), words);         \
	} while (0)

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLUE  0xff0000ff
#define BLACK 0xff000000

#endif
