/* SPDX-License-Identifier: MIT */
/* The double as an atomic display: what is shown, what is refused, what leaks. */
#include "helpers.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLUE  0xff0000ff
#define BLACK 0xff000000

enum { EVENT = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT };

static int flip(int fd, const struct head *head, uint32_t fb, uint32_t clips, uintptr_t data)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	set(request, fd, head->primary, "FB_ID", fb);
	if (clips)
		set(request, fd, head->primary, "FB_DAMAGE_CLIPS", clips);
	int result = drmModeAtomicCommit(fd, request, EVENT, (void *)data);
	drmModeAtomicFree(request);
	return result;
}

static struct picture full(int fd, const struct head *head, uint32_t colour)
{
	return picture_create(fd, head->mode.hdisplay, head->mode.vdisplay, DRM_FORMAT_XRGB8888,
			      colour);
}

static void test_direct(void **state)
{
	int fd = card_open("vkms", "kms vblank=test");
	struct head head = head_get(fd, 0);
	assert_int_equal(shown(0, 0, 0), BLACK); /* the console */
	struct picture a = full(fd, &head, RED), b = full(fd, &head, GREEN);
	light(fd, &head, &a);
	assert_int_equal(fake_drm_crtc("Virtual-1"), 0);
	assert_int_equal(shown(0, 100, 100), RED);
	a.pixels[0] = BLUE; /* seen at once */
	assert_int_equal(shown(0, 0, 0), BLUE);
	assert_int_equal(flip(fd, &head, b.fb, 0, 7), 0);
	assert_false(readable(fd));
	assert_int_equal(shown(0, 100, 100), RED);
	assert_int_equal(flip(fd, &head, a.fb, 0, 8), -EBUSY);
	fake_drm_vblank();
	assert_true(readable(fd));
	assert_int_equal(handle_events(fd), 7);
	assert_false(readable(fd));
	assert_int_equal(shown(0, 100, 100), GREEN);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), 3);
	assert_int_equal(fake_drm_blanked(), 0);
	picture_destroy(fd, &a);
	assert_int_equal(fake_drm_blanked(), 0);
	picture_destroy(fd, &b);
	assert_int_equal(fake_drm_blanked(), 1);
	assert_int_equal(shown(0, 0, 0), 0);
	assert_int_equal(fake_drm_framebuffers() + fake_drm_blobs() + fake_drm_handles(), 0);
	close(fd);
}

/* At the mode's rate, and to be waited for by poll alone. */
static void test_paced(void **state)
{
	int fd = card_open("vkms", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), b = full(fd, &head, GREEN);
	light(fd, &head, &a);
	uint64_t sequence, ns, first;
	assert_int_equal(drmCrtcGetSequence(fd, head.crtc, &first, &ns), 0);
	for (uintptr_t i = 1; i <= 3; i++) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		assert_int_equal(flip(fd, &head, i % 2 ? b.fb : a.fb, 0, i), 0);
		assert_int_equal(poll(&poll_fd, 1, 10000), 1);
		assert_int_equal(handle_events(fd), i);
	}
	assert_int_equal(drmCrtcGetSequence(fd, head.crtc, &sequence, &ns), 0);
	assert_true(sequence >= first + 3);
	assert_int_equal(shown(0, 5, 5), GREEN);
	close(fd);
}

static void test_flush(void **state)
{
	int fd = card_open("virtio-gpu", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	light(fd, &head, &a);
	assert_int_equal(shown(0, 20, 20), RED);
	picture_fill(&a, BLUE);
	assert_int_equal(shown(0, 20, 20), RED); /* a copy */
	const struct drm_mode_rect clips[] = {{10, 10, 30, 30}, {100, 100, 200, 150}};
	uint32_t blob = clips_blob(fd, clips, 2);
	const uint64_t before = fake_drm_uploaded();
	assert_int_equal(flip(fd, &head, a.fb, blob, 3), 0);
	assert_true(readable(fd));
	assert_int_equal(handle_events(fd), 3);
	assert_int_equal(fake_drm_uploaded() - before, 20 * 20 + 100 * 50);
	assert_int_equal(shown(0, 29, 29), BLUE);
	assert_int_equal(shown(0, 30, 30), RED);
	struct fake_drm_clip kept[4];
	assert_int_equal(fake_drm_clips(0, kept, 4), 2);
	assert_memory_equal(kept, clips, sizeof(clips));
	drmModeClip clip = {0, 0, 10, 10};
	assert_int_equal(drmModeDirtyFB(fd, a.fb, &clip, 1), 0);
	assert_int_equal(shown(0, 5, 5), BLUE);
	uint64_t sequence;
	assert_int_equal(drmCrtcGetSequence(fd, head.crtc, &sequence, NULL), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	close(fd);
}

/* Two buffers, and clips of what changed since the frame before: right where a flip uploads all. */
static void show_two(const char *more, uint32_t expected)
{
	int fd = card_open("virtio-gpu", more);
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), b = full(fd, &head, RED);
	light(fd, &head, &a);
	picture_fill(&b, GREEN);
	const struct drm_mode_rect clip = {0, 0, 16, 16};
	assert_int_equal(flip(fd, &head, b.fb, clips_blob(fd, &clip, 1), 1), 0);
	assert_int_equal(shown(0, 0, 0), GREEN);
	assert_int_equal(shown(0, 64, 64), expected);
	close(fd);
}

static void test_stale_pixels(void **state)
{
	show_two("kms flip=whole", GREEN);
	show_two("kms flip=clips flush=buffer", 0xff000000);
	/* One copy for the display keeps what the other buffer showed. */
	show_two("kms flip=clips flush=display", RED);
}

static void test_planes(void **state)
{
	int fd = card_open("vkms", "kms vblank=test");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	struct picture o = picture_create(fd, 64, 64, DRM_FORMAT_XRGB8888, GREEN);
	struct picture c = picture_create(fd, 32, 32, DRM_FORMAT_ARGB8888, 0x80000080);
	light(fd, &head, &a);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	set_plane(request, fd, head.overlay, head.crtc, o.fb, 100, 100, 64, 64);
	set_plane(request, fd, head.cursor, head.crtc, c.fb, -16, 100, 32, 32);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL), 0);
	assert_int_equal(shown(0, 100, 100), RED);
	assert_int_equal(drmModeAtomicCommit(fd, request, 0, NULL), 0);
	drmModeAtomicFree(request);
	assert_int_equal(shown(0, 100, 100), GREEN);
	assert_int_equal(shown(0, 163, 163), GREEN);
	assert_int_equal(shown(0, 164, 164), RED);
	assert_int_equal(shown(0, 15, 131), 0xff7f0080);
	assert_int_equal(shown(0, 16, 131), RED);
	close(fd);
}

static void test_writeback(void **state)
{
	int fd = card_open("vkms", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), copy = full(fd, &head, 0);
	light(fd, &head, &a);
	int32_t fence = -1;
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	set(request, fd, head.writeback, "CRTC_ID", head.crtc);
	set(request, fd, head.writeback, "WRITEBACK_FB_ID", copy.fb);
	set(request, fd, head.writeback, "WRITEBACK_OUT_FENCE_PTR", (uintptr_t)&fence);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_NONBLOCK, NULL), -EINVAL);
	assert_int_equal(
		drmModeAtomicCommit(fd, request,
				    DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_ATOMIC_ALLOW_MODESET, NULL),
		0);
	drmModeAtomicFree(request);
	struct pollfd poll_fd = {.fd = fence, .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 10000), 1);
	assert_int_equal(copy.pixels[1000], RED);
	close(fence);
	close(fd);
}

/* A flip waits for its fence. */
static void test_fence(void **state)
{
	int fd = card_open("vkms", "kms vblank=test"), fence[2];
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), b = full(fd, &head, GREEN);
	light(fd, &head, &a);
	assert_int_equal(pipe(fence), 0);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	set(request, fd, head.primary, "FB_ID", b.fb);
	set(request, fd, head.primary, "IN_FENCE_FD", (uint64_t)fence[0]);
	assert_int_equal(drmModeAtomicCommit(fd, request, EVENT, (void *)9), 0);
	fake_drm_vblank();
	assert_false(readable(fd));
	assert_int_equal(write(fence[1], "", 1), 1);
	fake_drm_vblank();
	assert_int_equal(handle_events(fd), 9);
	assert_int_equal(shown(0, 0, 0), GREEN);
	set(request, fd, head.primary, "IN_FENCE_FD", 12345);
	assert_int_equal(drmModeAtomicCommit(fd, request, EVENT, NULL), -EINVAL);
	drmModeAtomicFree(request);
	close(fence[0]);
	close(fence[1]);
	close(fd);
}

/* ---- what is refused ---- */

static int try_one(int fd, uint32_t object, const char *name, uint64_t value)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	set(request, fd, object, name, value);
	int result = drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL);
	drmModeAtomicFree(request);
	return result;
}

static void test_refused(void **state)
{
	int fd = card_open("virtio-gpu", "");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED),
		       small = picture_create(fd, 64, 64, DRM_FORMAT_XRGB8888, 0);
	light(fd, &head, &a);
	assert_int_equal(try_one(fd, head.primary, "FB_ID", a.fb), 0);
	assert_int_equal(try_one(fd, head.primary, "FB_ID", small.fb), -ENOSPC);
	assert_int_equal(try_one(fd, head.primary, "FB_ID", 0), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "FB_ID", 99999), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "FB_ID", head.crtc), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "CRTC_ID", 0), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "CRTC_W", 64), -ERANGE);
	assert_int_equal(try_one(fd, head.primary, "CRTC_X", 1), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "type", 1), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "IN_FENCE_FD", (uint64_t)-2), -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "FB_DAMAGE_CLIPS", 4), -EINVAL);
	assert_int_equal(try_one(fd, head.crtc, "ACTIVE", 0), -EINVAL); /* no ALLOW_MODESET */
	assert_int_equal(try_one(fd, head.crtc, "ACTIVE", 2), -EINVAL);
	assert_int_equal(try_one(fd, head.crtc, "MODE_ID", 0), -EINVAL);
	assert_int_equal(try_one(fd, head.connector, "CRTC_ID", 0), -EINVAL);
	assert_int_equal(try_one(fd, head.connector, "CRTC_ID", head.primary), -EINVAL);
	const struct drm_mode_rect outside = {0, 0, (1280 << 16) + 1, 10}, empty = {5, 5, 5, 6};
	assert_int_equal(try_one(fd, head.primary, "FB_DAMAGE_CLIPS", clips_blob(fd, &outside, 1)),
			 -EINVAL);
	assert_int_equal(try_one(fd, head.primary, "FB_DAMAGE_CLIPS", clips_blob(fd, &empty, 1)),
			 -EINVAL);
	uint32_t odd;
	assert_int_equal(drmModeCreatePropertyBlob(fd, "abc", 3, &odd), 0);
	assert_int_equal(try_one(fd, head.primary, "FB_DAMAGE_CLIPS", odd), -EINVAL);
	assert_int_equal(try_one(fd, head.crtc, "MODE_ID", odd), -EINVAL);
	assert_int_equal(shown(0, 0, 0), RED);
	close(fd);
}

static void test_flags_refused(void **state)
{
	int fd = card_open("virtio-gpu", "");
	struct head head = head_get(fd, 0);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	assert_int_equal(drmModeAtomicCommit(fd, NULL, 0, NULL), -EINVAL);
	assert_int_equal(drmModeAtomicCommit(fd, request, 0, NULL), 0); /* nothing to do */
	assert_int_equal(drmModeAtomicAddProperty(request, 0, 5, 0), -EINVAL);
	set(request, fd, head.primary, "CRTC_X", 0);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_PAGE_FLIP_ASYNC, NULL), -EINVAL);
	assert_int_equal(drmModeAtomicCommit(fd, request,
					     DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_PAGE_FLIP_EVENT,
					     NULL),
			 -EINVAL);
	assert_true(drmModeAtomicAddProperty(request, 4242, 5, 0) > 0);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL),
			 -ENOENT);
	drmModeAtomicSetCursor(request, 1);
	assert_true(drmModeAtomicAddProperty(request, head.crtc,
					     property_id(fd, head.primary, "FB_ID"), 0) > 0);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL),
			 -ENOENT);
	drmModeAtomicSetCursor(request, 1);
	fake_drm_master(false);
	assert_int_equal(drmModeAtomicCommit(fd, request, 0, NULL), -EACCES);
	assert_int_equal(drmSetMaster(fd), -1);
	assert_int_equal(errno, EBUSY);
	fake_drm_master(true);
	assert_true(drmIsMaster(fd));
	assert_int_equal(drmModeAtomicCommit(fd, request, 0, NULL), 0);
	drmModeAtomicFree(request);
	close(fd);
}

/* Lines make the model fail: once, for foreign memory, for one plane. */
static void test_injected(void **state)
{
	int fd = card_open("vkms", "kms vblank=no\n"
				   "drmModeAtomicCommit real primary -> EINVAL once\n"
				   "drmModeAtomicCommit overlay -> ERANGE\n");
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED), b = full(fd, &head, GREEN);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	assert_int_equal(flip(fd, &head, a.fb, 0, 1), -EINVAL);
	light(fd, &head, &a);
	assert_int_equal(flip(fd, &head, b.fb, 0, 1), 0);
	set(request, fd, head.overlay, "CRTC_X", 0);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL),
			 -ERANGE);
	assert_int_equal(shown(0, 0, 0), GREEN);
	drmModeAtomicFree(request);
	close(fd);
}

/* ---- who may, and what goes with a file ---- */

static void test_files(void **state)
{
	int fd = card_open("virtio-gpu", "");
	int other = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	light(fd, &head, &a);
	assert_true(drmIsMaster(fd));
	assert_false(drmIsMaster(other));
	assert_int_equal(drmSetMaster(other), -1);
	assert_int_equal(errno, EACCES);
	const uint32_t handles[4] = {a.handle}, pitches[4] = {a.pitch}, offsets[4] = {0};
	uint32_t fb;
	assert_int_equal(drmModeAddFB2(other, 64, 64, DRM_FORMAT_XRGB8888, handles, pitches,
				       offsets, &fb, 0),
			 -ENOENT); /* a handle is its file's */
	assert_int_equal(drmModeRmFB(other, a.fb), -ENOENT);
	int copy = dup(fd);
	close(fd);
	assert_int_equal(shown(0, 1, 1), RED);
	assert_int_equal(fake_drm_framebuffers(), 1);
	close(copy);
	assert_int_equal(fake_drm_framebuffers() + fake_drm_handles(), 0);
	assert_int_equal(fake_drm_blanked(), 1);
	fd = open(CARD, O_RDWR | O_CLOEXEC);
	assert_true(drmIsMaster(fd)); /* whoever comes next */
	close(fd);
	close(other);
}

static void test_hotplug(void **state)
{
	int fd = card_open("i915", "");
	drmModeRes *resources = drmModeGetResources(fd);
	assert_int_equal(resources->count_connectors, 2);
	const uint32_t id = resources->connectors[1];
	drmModeConnector *connector = drmModeGetConnector(fd, id);
	assert_int_equal(connector->connection, DRM_MODE_DISCONNECTED);
	assert_int_equal(connector->count_modes, 0);
	drmModeFreeConnector(connector);
	fake_drm_plug("DP-1", true);
	connector = drmModeGetConnectorCurrent(fd, id);
	assert_int_equal(connector->connection, DRM_MODE_CONNECTED);
	assert_int_equal(connector->count_modes, 0); /* nobody has asked the monitor yet */
	drmModeFreeConnector(connector);
	connector = drmModeGetConnector(fd, id);
	assert_int_equal(connector->count_modes, 3);
	assert_string_equal(connector->modes[0].name, "2560x1440");
	assert_int_equal(connector->modes[0].vrefresh, 60);
	drmModeFreeConnector(connector);
	drmModePropertyBlobRes *edid =
		drmModeGetPropertyBlob(fd, (uint32_t)property_value(fd, id, "EDID"));
	assert_int_equal(edid->length, 128);
	assert_non_null(memmem(edid->data, 128, "U2720Q", 6));
	drmModeFreePropertyBlob(edid);
	assert_int_equal(fake_drm_crtc("DP-1"), -1);
	assert_int_equal(fake_drm_crtc("eDP-1"), 0);
	drmModeFreeResources(resources);
	close(fd);
}

/* Virtual displays keep their cursor plane from those who cannot tell the hot spot. */
static void test_hotspot(void **state)
{
	int fd = card_open("virtio-gpu", "");
	assert_int_not_equal(head_get(fd, 0).cursor, 0);
	assert_int_equal(drmSetClientCap(fd, 6, 0), 0);
	assert_int_equal(head_get(fd, 0).cursor, 0);
	close(fd);
	fd = card_open("vkms", "");
	assert_int_equal(drmSetClientCap(fd, 6, 1), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	close(fd);
}

static void test_imported(void **state)
{
	int fd = card_open("virtio-gpu", ""), prime;
	struct head head = head_get(fd, 0);
	struct picture a = full(fd, &head, RED);
	int server = open(CARD, O_RDWR | O_CLOEXEC);
	uint32_t one, two;
	assert_int_equal(drmPrimeHandleToFD(fd, a.handle, DRM_RDWR | DRM_CLOEXEC, &prime), 0);
	assert_int_equal(drmPrimeFDToHandle(server, prime, &one), 0);
	assert_int_equal(drmPrimeFDToHandle(server, prime, &two), 0);
	assert_int_equal(one, two);
	assert_int_not_equal(one, a.handle);
	assert_int_equal(drmCloseBufferHandle(server, one), 0);
	const uint32_t handles[4] = {one}, pitches[4] = {a.pitch}, offsets[4] = {0};
	uint32_t fb;
	assert_int_equal(drmModeAddFB2(server, 64, 64, DRM_FORMAT_XRGB8888, handles, pitches,
				       offsets, &fb, 0),
			 -ENOENT); /* one close was for both */
	close(prime);
	close(server);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direct),	      cmocka_unit_test(test_paced),
		cmocka_unit_test(test_flush),	      cmocka_unit_test(test_stale_pixels),
		cmocka_unit_test(test_planes),	      cmocka_unit_test(test_writeback),
		cmocka_unit_test(test_fence),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_flags_refused), cmocka_unit_test(test_injected),
		cmocka_unit_test(test_files),	      cmocka_unit_test(test_hotplug),
		cmocka_unit_test(test_hotspot),	      cmocka_unit_test(test_imported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
