/* SPDX-License-Identifier: MIT */
/* Every call to the device fails once, each in its turn: no crash, nothing left over. */
#include "kms_helpers.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const calls[] = {
	"drmSetClientCap",
	"drmModeGetResources",
	"drmModeGetPlaneResources",
	"drmModeGetPlane",
	"drmModeGetCrtc",
	"drmModeGetConnector",
	"drmModeGetEncoder",
	"drmModeObjectGetProperties",
	"drmModeGetProperty",
	"drmModeGetPropertyBlob",
	"drmModeCreatePropertyBlob",
	"drmModeAddFB2",
	"drmPrimeFDToHandle",
	"drmModeCreateDumbBuffer",
	"drmModeMapDumbBuffer",
	"drmModeAtomicCommit",
	"drmModeSetCrtc",
	"drmModePageFlip",
	"drmModeDirtyFB",
	"drmModeSetCursor2",
	"drmModeMoveCursor",
	"drmCrtcGetSequence",
	"drmHandleEvent",
};

static struct lend_framebuffer *allocate(struct lend_kms *kms, uint32_t width, uint32_t height,
					 uint32_t format)
{
	struct lend_framebuffer *framebuffer = NULL;
	lend_framebuffer_allocate(kms, width, height, format, &framebuffer);
	return framebuffer;
}

static struct lend_framebuffer *import(struct lend_kms *kms)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = 128,
		.height = 96,
		.format = LEND_FORMAT_ARGB8888,
		.use = LEND_USE_SCANOUT,
		.allocator = "dumb",
	};
	struct lend_framebuffer *framebuffer = NULL;
	struct lend_buffer *buffer = NULL;
	if (lend_buffer_allocate(lend_kms_device(kms), &options, &buffer, NULL) == 0)
		lend_framebuffer_import(kms, buffer, &framebuffer);
	lend_buffer_destroy(buffer);
	return framebuffer;
}

/* A bit of everything, whatever becomes of it. */
static void frames(struct lend_kms *kms, struct lend_pipe *pipe, struct lend_framebuffer *all[5])
{
	const struct lend_rect dot = {3, 4, 5, 6};
	const struct lend_layer layer = {.framebuffer = all[3], .width = 8, .height = 8};
	for (uint32_t i = 0; i < 8; i++) {
		struct lend_pipe_state state = showing(all[i % 3]);
		state.damage = i % 2 ? &dot : NULL;
		state.n_damage = i % 2;
		state.layers = i > 3 ? &layer : NULL;
		state.n_layers = i > 3;
		state.cursor = i % 4 ? all[4] : NULL;
		state.cursor_x = (int32_t)i;
		if (i == 6)
			lend_pipe_test(pipe, &state);
		lend_pipe_commit(pipe, &state);
		fake_drm_vblank();
		lend_kms_dispatch(kms);
	}
	if (all[0])
		lend_pipe_read_back(pipe, all[0]);
}

static void run(struct lend_kms *kms)
{
	uint32_t ids[4];
	size_t count = 0;
	struct lend_connector_info info = {.size = sizeof(info)};
	struct lend_pipe *pipe = NULL;
	while (count < 2 && lend_kms_connector(kms, count, &info) == 0)
		ids[count++] = info.id;
	const struct lend_pipe_options options = {
		.size = sizeof(options), .connectors = ids, .n_connectors = 1};
	struct lend_framebuffer *all[] = {
		allocate(kms, 128, 96, LEND_FORMAT_XRGB8888),
		allocate(kms, 128, 96, LEND_FORMAT_XRGB8888),
		import(kms),
		allocate(kms, 8, 8, LEND_FORMAT_XRGB8888),
		allocate(kms, 8, 8, LEND_FORMAT_ARGB8888),
	};
	lend_kms_update(kms);
	if (count && lend_pipe_create(kms, &options, &pipe) == 0) {
		pipe_info(pipe);
		frames(kms, pipe, all);
		lend_kms_pause(kms);
		lend_kms_resume(kms);
		frames(kms, pipe, all);
	}
	for (size_t i = 0; i < 5; i++)
		lend_framebuffer_destroy(all[i]);
	lend_pipe_destroy(pipe);
}

/* How often the call was made; the nth of them failed. */
static size_t round_of(const char *personality, const char *call, size_t nth, const char *error)
{
	struct lend_kms *kms = NULL;
	char line[96];
	fake_drm_script(personality);
	snprintf(line, sizeof(line), "%s nth=%zu -> %s", call, nth, error);
	fake_drm_inject(line);
	int card = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	const size_t fds = count_fds();
	if (lend_kms_create(card, NULL, &kms) == 0)
		run(kms);
	lend_kms_destroy(kms);
	const size_t made = fake_drm_calls(call);
	/* A device taken for unplugged is not asked to hide its cursor, whose memory the double
	 * keeps. */
	const bool given_up = strcmp(call, "drmHandleEvent") == 0;
	if (fake_drm_handles() || fake_drm_framebuffers() || fake_drm_blobs() ||
	    (count_fds() != fds && !given_up) || fake_drm_accesses())
		fail_msg("%s leaves %zu handles, %zu framebuffers, %zu blobs, %zu descriptors",
			 line, fake_drm_handles(), fake_drm_framebuffers(), fake_drm_blobs(),
			 count_fds() - fds);
	close(card);
	fake_drm_unload();
	return made;
}

static void each_fails(const char *personality)
{
	static const char *const errors[] = {"ENOMEM", "EINVAL", "ENODEV"};
	size_t rounds = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		for (size_t nth = 1; nth < 60; nth++, rounds++)
			if (round_of(personality, calls[i], nth, errors[nth % 3]) < nth)
				break;
	assert_true(rounds > 100);
}

static void test_atomic(void **state)
{
	each_fails(desk);
}

static void test_copying(void **state)
{
	each_fails(copying);
}

static void test_old(void **state)
{
	each_fails(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atomic),
		cmocka_unit_test(test_copying),
		cmocka_unit_test(test_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
