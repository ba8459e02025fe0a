/* SPDX-License-Identifier: MIT */
#include "kms_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWERS                                                                                    \
	"uname -> 6.12.0\n"                                                                        \
	"open -> ok\n"                                                                             \
	"drmGetDeviceNameFromFd2 -> /dev/dri/card0\n"                                              \
	"drmGetNodeTypeFromFd -> primary\n"                                                        \
	"drmGetCap DUMB_BUFFER -> 1\n"                                                             \
	"drmGetCap DUMB_PREFER_SHADOW -> 0\n"                                                      \
	"drmModeCreateDumbBuffer -> ok pitch=64\n"                                                 \
	"drmPrimeHandleToFD -> ok\n"                                                               \
	"drmModeMapDumbBuffer -> ok\n"                                                             \
	"drmModeDestroyDumbBuffer -> ok\n"                                                         \
	"drmPrimeFDToHandle -> ok\n"                                                               \
	"drmCloseBufferHandle -> ok\n"                                                             \
	"open /dev/udmabuf -> ok\n"                                                                \
	"UDMABUF_CREATE -> ok\n"

#define CONNECTORS                                                                                 \
	"connector HDMI-A-1 connected mode=128x96@60 mode=64x48@60 mode=64x48@75 "                 \
	"edid=DEL/U2412M/ABC123\n"                                                                 \
	"connector DP-1 connected mode=128x96@75 mode=128x96@60 mode=96x64@60\n"                   \
	"connector DP-2 disconnected mode=128x96@60\n"

const char desk[] = ANSWERS "drmGetVersion -> desk\n"
			    "kms atomic=yes modifiers=yes crtcs=2 cursor=64x64 vblank=test\n"
			    "plane primary formats=XR24\n"
			    "plane overlay formats=XR24,AR24\n"
			    "plane overlay formats=XR24,RG16 crtcs=0\n"
			    "plane cursor formats=AR24\n" CONNECTORS
			    "connector Writeback-1 disconnected writeback formats=XR24\n";

const char copying[] = ANSWERS
	"drmGetVersion -> copying\n"
	"kms atomic=yes crtcs=1 cursor=64x64 hotspot=yes vblank=no flush=buffer flip=clips\n"
	"plane primary formats=XR24\n"
	"plane cursor formats=AR24\n"
	"connector Virtual-1 connected mode=128x96@60\n";

const char old[] = ANSWERS "drmGetVersion -> old\n"
			   "kms atomic=no crtcs=2 cursor=64x64 vblank=test\n"
			   "plane primary formats=XR24,AR24\n"
			   "plane cursor formats=AR24\n" CONNECTORS;

struct presented presented;

static size_t fds_before;
static int card = -1;

static void on_presented(void *data, const struct timespec *when, uint64_t sequence)
{
	presented.count++;
	presented.data = data;
	presented.when = *when;
	presented.sequence = sequence;
}

static const struct lend_kms_events events = {
	.size = sizeof(events),
	.presented = on_presented,
};

struct lend_kms *kms_open(const char *personality, const char *lines)
{
	const struct lend_kms_options options = {.size = sizeof(options), .events = &events};
	struct lend_kms *kms = NULL;
	fake_drm_script(personality);
	if (lines)
		fake_drm_inject(lines);
	presented = (struct presented){0};
	card = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_true(card >= 0);
	fds_before = count_fds();
	if (lend_kms_create(card, &options, &kms) != 0)
		fail_msg("lend_kms_create: %s", lend_alloc_error());
	return kms;
}

void kms_close(struct lend_kms *kms)
{
	lend_kms_destroy(kms);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_framebuffers(), 0);
	assert_int_equal(fake_drm_blobs(), 0);
	assert_int_equal(fake_drm_blanked(), 0);
	assert_int_equal(count_fds(), fds_before);
	close(card);
	fake_drm_unload();
}

uint32_t connector_id(const struct lend_kms *kms, const char *name)
{
	struct lend_connector_info info = {.size = sizeof(info)};
	for (size_t i = 0; lend_kms_connector(kms, i, &info) == 0; i++)
		if (strcmp(info.name, name) == 0)
			return info.id;
	fail_msg("there is no connector %s", name);
	return 0;
}

static struct lend_pipe *open_pipe(struct lend_kms *kms, const uint32_t *ids, size_t count,
				   const char *name)
{
	const struct lend_pipe_options options = {
		.size = sizeof(options),
		.connectors = ids,
		.n_connectors = count,
		.data = (void *)(uintptr_t)name,
	};
	struct lend_pipe *pipe = NULL;
	if (lend_pipe_create(kms, &options, &pipe) != 0)
		fail_msg("lend_pipe_create: %s", lend_alloc_error());
	return pipe;
}

struct lend_pipe *pipe_open(struct lend_kms *kms, const char *connector)
{
	const uint32_t id = connector_id(kms, connector);
	return open_pipe(kms, &id, 1, connector);
}

struct lend_pipe *pipe_open_two(struct lend_kms *kms, const char *first, const char *second)
{
	const uint32_t ids[] = {connector_id(kms, first), connector_id(kms, second)};
	return open_pipe(kms, ids, 2, first);
}

struct lend_pipe_info pipe_info(const struct lend_pipe *pipe)
{
	struct lend_pipe_info info = {.size = sizeof(info)};
	assert_int_equal(lend_pipe_describe(pipe, &info), 0);
	return info;
}

void paint(struct lend_framebuffer *framebuffer, struct lend_rect where, uint32_t colour)
{
	struct lend_buffer *buffer = lend_framebuffer_buffer(framebuffer);
	const uint32_t stride = describe(buffer).planes[0].stride;
	void *pixels;
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	for (int32_t y = where.y; y < where.y + where.height; y++)
		for (int32_t x = where.x; x < where.x + where.width; x++)
			memcpy((char *)pixels + (size_t)y * stride + (size_t)x * 4, &colour, 4);
	assert_int_equal(lend_buffer_end(buffer), 0);
}

struct lend_framebuffer *canvas(struct lend_kms *kms, uint32_t width, uint32_t height,
				uint32_t format, uint32_t colour)
{
	struct lend_framebuffer *framebuffer = NULL;
	if (lend_framebuffer_allocate(kms, width, height, format, &framebuffer) != 0)
		fail_msg("lend_framebuffer_allocate: %s", lend_alloc_error());
	paint(framebuffer, (struct lend_rect){0, 0, (int32_t)width, (int32_t)height}, colour);
	return framebuffer;
}

struct lend_pipe_state showing(struct lend_framebuffer *framebuffer)
{
	return (struct lend_pipe_state){
		.size = sizeof(struct lend_pipe_state),
		.framebuffer = framebuffer,
	};
}

void blank(struct lend_kms *kms)
{
	fake_drm_vblank();
	if (lend_kms_dispatch(kms) != 0)
		fail_msg("lend_kms_dispatch: %s", lend_alloc_error());
}

void show(struct lend_kms *kms, struct lend_pipe *pipe, const struct lend_pipe_state *state)
{
	const size_t before = presented.count;
	int result = lend_pipe_commit(pipe, state);
	if (result < 0)
		fail_msg("lend_pipe_commit: %s", lend_alloc_error());
	if (result == 0)
		blank(kms);
	assert_int_equal(presented.count, before + (result == 0));
}

uint32_t seen(size_t crtc, uint32_t x, uint32_t y)
{
	uint32_t width, height, *pixels = fake_drm_shown(crtc, &width, &height);
	if (!pixels)
		fail_msg("CRTC %zu is off", crtc);
	assert_true(x < width && y < height);
	const uint32_t pixel = pixels[y * width + x];
	free(pixels);
	return pixel;
}

static bool inside(const struct lend_rect *rect, uint32_t x, uint32_t y)
{
	return rect && (int64_t)x >= rect->x && (int64_t)x < (int64_t)rect->x + rect->width &&
	       (int64_t)y >= rect->y && (int64_t)y < (int64_t)rect->y + rect->height;
}

void assert_seen(size_t crtc, uint32_t colour, const struct lend_rect *but, uint32_t inner)
{
	uint32_t width, height, *pixels = fake_drm_shown(crtc, &width, &height);
	if (!pixels)
		fail_msg("CRTC %zu is off", crtc);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			const uint32_t expected = inside(but, x, y) ? inner : colour;
			if (pixels[y * width + x] != expected)
				fail_msg("CRTC %zu shows %08x at %u,%u instead of %08x", crtc,
					 pixels[y * width + x], x, y, expected);
		}
	free(pixels);
}
