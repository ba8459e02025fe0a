/* SPDX-License-Identifier: MIT */
/* The double as a display without the atomic calls, and the calls that every driver keeps for them.
 */
#include "helpers.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLACK 0xff000000

static struct picture full(int fd, const struct head *head, uint32_t colour)
{
	return picture_create(fd, head->mode.hdisplay, head->mode.vdisplay, DRM_FORMAT_XRGB8888,
			      colour);
}

static int set_crtc(int fd, struct head *head, uint32_t fb)
{
	return drmModeSetCrtc(fd, head->crtc, fb, 0, 0, &head->connector, 1, &head->mode);
}

static void test_modeset_and_back(void **state)
{
	int fd = card_open("radeon", "");
	struct head head = head_get(fd, 0);
	assert_int_equal(drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(head.cursor, 0); /* only the calls */
	drmModeCrtc *old = drmModeGetCrtc(fd, head.crtc);
	assert_true(old->mode_valid && old->buffer_id);
	struct picture a = full(fd, &head, RED);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(shown(0, 7, 7), RED);
	assert_int_equal(fake_drm_modesets(), 0); /* the same mode */
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, old->buffer_id, old->x, old->y,
					&head.connector, 1, &old->mode),
			 0);
	assert_int_equal(shown(0, 7, 7), BLACK);
	drmModeFreeCrtc(old);
	picture_destroy(fd, &a);
	assert_int_equal(fake_drm_blanked(), 0);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, 0, 0, 0, NULL, 0, NULL), 0);
	assert_int_equal(shown(0, 0, 0), 0);
	assert_int_equal(fake_drm_modesets(), 1);
	close(fd);
}

static void test_flip(void **state)
{
	int fd = card_open("radeon", "kms vblank=test");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), b = full(fd, &head, GREEN);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(drmModePageFlip(fd, head.crtc, b.fb, DRM_MODE_PAGE_FLIP_EVENT, (void *)5),
			 0);
	assert_int_equal(drmModePageFlip(fd, head.crtc, a.fb, DRM_MODE_PAGE_FLIP_EVENT, NULL),
			 -EBUSY);
	assert_int_equal(shown(0, 0, 0), RED);
	fake_drm_vblank();
	assert_int_equal(handle_events(fd), 5);
	assert_int_equal(shown(0, 0, 0), GREEN);
	assert_int_equal(drmModeDirtyFB(fd, b.fb, NULL, 0), -ENOSYS); /* what is drawn is seen */
	close(fd);
}

static void test_refused(void **state)
{
	int fd = card_open("radeon", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED),
		       small = picture_create(fd, 64, 64, DRM_FORMAT_XRGB8888, 0);
	struct picture alpha = picture_create(fd, head.mode.hdisplay, head.mode.vdisplay,
					      DRM_FORMAT_ARGB8888, RED);
	const uint32_t wrong = 4711;
	uint32_t nobody = wrong;
	assert_int_equal(drmModeSetCrtc(fd, wrong, a.fb, 0, 0, &head.connector, 1, &head.mode),
			 -ENOENT);
	assert_int_equal(set_crtc(fd, &head, wrong), -ENOENT);
	assert_int_equal(set_crtc(fd, &head, small.fb), -ENOSPC);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, a.fb, 0, 0, &nobody, 1, &head.mode),
			 -ENOENT);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, a.fb, 0, 0, NULL, 0, &head.mode), -EINVAL);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, a.fb, 0, 0, &head.connector, 1, NULL),
			 -EINVAL);
	drmModeModeInfo absurd = head.mode;
	absurd.clock = 0;
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, a.fb, 0, 0, &head.connector, 1, &absurd),
			 -EINVAL);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(drmModePageFlip(fd, head.crtc, small.fb, 0, NULL), -ENOSPC);
	assert_int_equal(drmModePageFlip(fd, head.crtc, alpha.fb, 0, NULL), -EINVAL);
	assert_int_equal(drmModePageFlip(fd, head.crtc, a.fb, DRM_MODE_PAGE_FLIP_ASYNC, NULL),
			 -EINVAL);
	assert_int_equal(drmModePageFlip(fd, head.crtc, wrong, 0, NULL), -ENOENT);
	assert_int_equal(drmModePageFlip(fd, wrong, a.fb, 0, NULL), -ENOENT);
	assert_int_equal(shown(0, 0, 0), RED);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, 0, 0, 0, NULL, 0, NULL), 0);
	assert_int_equal(drmModePageFlip(fd, head.crtc, a.fb, 0, NULL), -EBUSY); /* it is off */
	close(fd);
}

static void test_framebuffers_refused(void **state)
{
	int fd = card_open("radeon", "");
	struct picture a = picture_create(fd, 64, 64, DRM_FORMAT_XRGB8888, 0);
	const struct {
		uint32_t width, height, format, handle, pitch, offset, flags;
		int error;
	} wrong[] = {
		{0, 64, DRM_FORMAT_XRGB8888, a.handle, a.pitch, 0, 0, -EINVAL},
		{64, 65536, DRM_FORMAT_XRGB8888, a.handle, a.pitch, 0, 0, -EINVAL},
		{64, 64, 0x20202020, a.handle, a.pitch, 0, 0, -EINVAL},
		{64, 64, DRM_FORMAT_XRGB8888, 77, a.pitch, 0, 0, -ENOENT},
		{64, 64, DRM_FORMAT_XRGB8888, 0, a.pitch, 0, 0, -ENOENT},
		{64, 64, DRM_FORMAT_XRGB8888, a.handle, 64 * 4 - 1, 0, 0, -EINVAL},
		{64, 65, DRM_FORMAT_XRGB8888, a.handle, a.pitch, 0, 0, -EINVAL},
		{64, 64, DRM_FORMAT_XRGB8888, a.handle, UINT32_MAX, 0, 0, -EINVAL},
		{64, 64, DRM_FORMAT_XRGB8888, a.handle, a.pitch, UINT32_MAX, 0, -EINVAL},
		{64, 64, DRM_FORMAT_XRGB8888, a.handle, a.pitch, 0, DRM_MODE_FB_MODIFIERS, -EINVAL},
		{64, 64, DRM_FORMAT_XRGB8888, a.handle, a.pitch, 0, 64, -EINVAL},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const uint32_t handles[4] = {wrong[i].handle}, pitches[4] = {wrong[i].pitch};
		const uint32_t offsets[4] = {wrong[i].offset};
		uint32_t fb;
		assert_int_equal(drmModeAddFB2(fd, wrong[i].width, wrong[i].height, wrong[i].format,
					       handles, pitches, offsets, &fb, wrong[i].flags),
				 wrong[i].error);
	}
	assert_int_equal(drmModeRmFB(fd, 4711), -ENOENT);
	picture_destroy(fd, &a);
	assert_int_equal(fake_drm_framebuffers(), 0);
	close(fd);
}

/* The object lives on while a framebuffer needs it, and an id does not come back. */
static void test_framebuffer_outlives_handle(void **state)
{
	int fd = card_open("radeon", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	assert_int_equal(drmModeDestroyDumbBuffer(fd, a.handle), 0);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(shown(0, 3, 3), RED);
	drmModeFB *fb = drmModeGetFB(fd, a.fb);
	assert_int_equal(fb->pitch, a.pitch);
	assert_int_not_equal(fb->handle, 0);
	assert_int_equal(fake_drm_handles(), 1);
	assert_int_equal(drmCloseBufferHandle(fd, fb->handle), 0);
	drmModeFreeFB(fb);
	assert_int_equal(drmModeRmFB(fd, a.fb), 0);
	assert_int_equal(fake_drm_blanked(), 1);
	assert_int_equal(drmModeRmFB(fd, a.fb), -ENOENT);
	assert_null(drmModeGetFB(fd, a.fb));
	assert_int_equal(errno, ENOENT);
	close(fd);
}

static void test_cursor(void **state)
{
	int fd = card_open("radeon", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	struct picture c = picture_create(fd, 64, 64, DRM_FORMAT_ARGB8888, GREEN);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(drmModeSetCursor(fd, head.crtc, c.handle, 64, 64), 0);
	assert_int_equal(drmModeMoveCursor(fd, head.crtc, 100, 200), 0);
	assert_int_equal(shown(0, 100, 200), GREEN);
	assert_int_equal(shown(0, 99, 200), RED);
	assert_int_equal(drmModeMoveCursor(fd, head.crtc, -60, -60), 0);
	assert_int_equal(shown(0, 3, 3), GREEN);
	assert_int_equal(shown(0, 4, 4), RED);
	assert_int_equal(drmModeSetCursor(fd, head.crtc, c.handle, 65, 64), -EINVAL);
	assert_int_equal(drmModeSetCursor(fd, head.crtc, 4711, 64, 64), -ENOENT);
	assert_int_equal(drmModeSetCursor2(fd, 4711, c.handle, 64, 64, 0, 0), -ENOENT);
	assert_int_equal(drmModeSetCursor2(fd, head.crtc, c.handle, 64, 64, 1, 2), 0);
	assert_int_equal(drmModeSetCursor(fd, head.crtc, 0, 0, 0), 0);
	assert_int_equal(shown(0, 3, 3), RED);
	close(fd);
	fd = card_open("cirrus", "");
	head = head_get(fd, 0);
	assert_int_equal(drmModeSetCursor(fd, head.crtc, 0, 0, 0), -ENXIO);
	close(fd);
}

static void test_dirty(void **state)
{
	int fd = card_open("cirrus", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	picture_fill(&a, GREEN);
	assert_int_equal(shown(0, 5, 5), RED);
	drmModeClip clips[] = {{4, 4, 6, 6}, {60000, 0, 65535, 65535}};
	assert_int_equal(drmModeDirtyFB(fd, a.fb, clips, 2), 0);
	assert_int_equal(shown(0, 5, 5), GREEN);
	assert_int_equal(shown(0, 6, 6), RED);
	assert_int_equal(drmModeDirtyFB(fd, a.fb, clips, 257), -EINVAL);
	assert_int_equal(drmModeDirtyFB(fd, a.fb, NULL, 1), -EINVAL);
	assert_int_equal(drmModeDirtyFB(fd, 4711, NULL, 0), -ENOENT);
	assert_int_equal(drmModeDirtyFB(fd, a.fb, NULL, 0), 0);
	assert_int_equal(shown(0, 6, 6), GREEN);
	fake_drm_master(false);
	assert_int_equal(drmModeDirtyFB(fd, a.fb, NULL, 0), -EACCES);
	close(fd);
}

static void test_no_display(void **state)
{
	fake_drm_script("open /dev/dri/card0 -> ok\n");
	int fd = open(CARD, O_RDWR | O_CLOEXEC);
	assert_null(drmModeGetResources(fd));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	close(fd);
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_null(drmModeGetResources(fd));
	assert_int_equal(errno, ENOTTY);
	close(fd);
}

static void test_busy_master(void **state)
{
	int fd = card_open("radeon", "kms master=taken");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	assert_false(drmIsMaster(fd));
	assert_int_equal(set_crtc(fd, &head, a.fb), -EACCES);
	assert_int_equal(drmSetMaster(fd), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(drmDropMaster(fd), -1);
	assert_int_equal(errno, EINVAL);
	close(fd);
}

/* The console is there again when the last one has left. */
static void test_console_returns(void **state)
{
	int fd = card_open("radeon", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	assert_int_equal(set_crtc(fd, &head, a.fb), 0);
	assert_int_equal(shown(0, 0, 0), RED);
	close(fd);
	assert_int_equal(shown(0, 0, 0), BLACK);
	fake_drm_unload();
	card_open("radeon", "kms console=no");
	assert_int_equal(shown(0, 0, 0), 0);
}

static unsigned sequences;

static void on_sequence(int fd, uint64_t sequence, uint64_t ns, uint64_t data)
{
	assert_int_equal(data, 42);
	sequences++;
}

static void test_sequences(void **state)
{
	int fd = card_open("radeon", "kms vblank=test");
	struct head head = head_get(fd, 0);
	drmEventContext context = {.version = 4, .sequence_handler = on_sequence};
	uint64_t sequence, queued;
	assert_int_equal(drmCrtcGetSequence(fd, head.crtc, &sequence, NULL), 0);
	assert_int_equal(
		drmCrtcQueueSequence(fd, head.crtc, DRM_CRTC_SEQUENCE_RELATIVE, 2, &queued, 42), 0);
	assert_int_equal(queued, sequence + 2);
	fake_drm_vblank();
	assert_false(readable(fd));
	assert_int_equal(drmHandleEvent(fd, &context), -1);
	assert_int_equal(errno, EAGAIN);
	fake_drm_vblank();
	assert_true(readable(fd));
	assert_int_equal(drmHandleEvent(fd, &context), 0);
	assert_int_equal(sequences, 1);
	assert_int_equal(drmCrtcGetSequence(fd, 4711, &sequence, NULL), -1);
	assert_int_equal(errno, ENOENT);
	drmVBlank blank = {.request = {.type = DRM_VBLANK_RELATIVE, .sequence = 0}};
	assert_int_equal(drmWaitVBlank(fd, &blank), 0);
	assert_int_equal(blank.reply.sequence, 2);
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, 0, 0, 0, NULL, 0, NULL), 0);
	assert_int_equal(drmCrtcGetSequence(fd, head.crtc, &sequence, NULL), -1);
	assert_int_equal(errno, EINVAL); /* it is off */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modeset_and_back),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_framebuffers_refused),
		cmocka_unit_test(test_framebuffer_outlives_handle),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_dirty),
		cmocka_unit_test(test_no_display),
		cmocka_unit_test(test_busy_master),
		cmocka_unit_test(test_console_returns),
		cmocka_unit_test(test_sequences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
