/* SPDX-License-Identifier: MIT */
/*
 * What a display refuses and what it does not. Run on real drivers in virtual machines and on the
 * double alike: the double is as strict as the kernel, and no stricter.
 *
 * usage: refusals DRIVER      (an atomic one, whose display is connected)
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

enum { NOBODY = 0xffff00 };

static int card, wrong;
static uint32_t connector, crtc, primary;
static drmModeModeInfo mode;

static void die(const char *what)
{
	fprintf(stderr, "refusals: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(const char *what, int result, int expected)
{
	if (result == -1)
		result = -errno;
	if (result == expected)
		return;
	printf("%s: %s and not %s\n", what, result ? strerrorname_np(-result) : "accepted",
	       expected ? strerrorname_np(-expected) : "accepted");
	wrong++;
}

/* ---- the display ---- */

static void open_card(const char *driver)
{
	char path[32];
	bool found = false;
	for (int i = 0; i < 16 && !found; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		card = open(path, O_RDWR | O_CLOEXEC);
		drmVersion *version = card < 0 ? NULL : drmGetVersion(card);
		found = version && strcmp(version->name, driver) == 0;
		drmFreeVersion(version);
		if (!found && card >= 0)
			close(card);
	}
	if (!found || drmSetClientCap(card, DRM_CLIENT_CAP_ATOMIC, 1) != 0)
		die(driver);
}

static uint32_t property(uint32_t object, const char *name)
{
	drmModeObjectProperties *all =
		drmModeObjectGetProperties(card, object, DRM_MODE_OBJECT_ANY);
	uint32_t id = 0;
	for (uint32_t i = 0; all && !id && i < all->count_props; i++) {
		drmModePropertyRes *one = drmModeGetProperty(card, all->props[i]);
		id = one && strcmp(one->name, name) == 0 ? one->prop_id : 0;
		drmModeFreeProperty(one);
	}
	drmModeFreeObjectProperties(all);
	return id;
}

/* Planes come with their CRTCs: the first that goes with the first is its primary one. */
static void find_head(void)
{
	drmModeRes *resources = drmModeGetResources(card);
	drmModePlaneRes *planes = drmModeGetPlaneResources(card);
	if (!resources || !planes)
		die("no display");
	for (int i = 0; i < resources->count_connectors && !connector; i++) {
		drmModeConnector *one = drmModeGetConnector(card, resources->connectors[i]);
		if (one && one->connection == DRM_MODE_CONNECTED && one->count_modes > 0) {
			connector = one->connector_id;
			mode = one->modes[0];
		}
		drmModeFreeConnector(one);
	}
	crtc = resources->crtcs[0];
	primary = planes->planes[0];
	drmModeFreeResources(resources);
	drmModeFreePlaneResources(planes);
}

static int add_framebuffer(uint32_t handle, uint32_t width, uint32_t height, uint32_t pitch,
			   uint32_t *fb)
{
	const uint32_t handles[4] = {handle}, pitches[4] = {pitch}, offsets[4] = {0};
	return drmModeAddFB2(card, width, height, DRM_FORMAT_XRGB8888, handles, pitches, offsets,
			     fb, 0);
}

static uint32_t create(uint32_t width, uint32_t height, uint32_t *handle)
{
	uint32_t pitch, fb = 0;
	uint64_t size;
	if (drmModeCreateDumbBuffer(card, width, height, 32, 0, handle, &pitch, &size) != 0 ||
	    add_framebuffer(*handle, width, height, pitch, &fb) != 0)
		die("a framebuffer");
	return fb;
}

/* ---- commits of a property or two ---- */

static int commit2(uint32_t object, const char *name, uint64_t value, const char *other,
		   uint64_t other_value, uint32_t flags)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	if (!request)
		die("a request");
	drmModeAtomicAddProperty(request, object, property(object, name), value);
	if (other)
		drmModeAtomicAddProperty(request, object, property(object, other), other_value);
	int result = drmModeAtomicCommit(card, request, flags, NULL);
	drmModeAtomicFree(request);
	return result;
}

static int test(uint32_t object, const char *name, uint64_t value)
{
	return commit2(object, name, value, NULL, 0, DRM_MODE_ATOMIC_TEST_ONLY);
}

static uint32_t blob(const void *data, size_t size)
{
	uint32_t id = 0;
	if (drmModeCreatePropertyBlob(card, data, size, &id) != 0)
		die("a blob");
	return id;
}

static void try_properties(uint32_t fb, uint32_t small)
{
	check("the same framebuffer", test(primary, "FB_ID", fb), 0);
	check("a small framebuffer", test(primary, "FB_ID", small), -ENOSPC);
	check("a plane without framebuffer", test(primary, "FB_ID", 0), -EINVAL);
	check("a framebuffer that is none", test(primary, "FB_ID", NOBODY), -EINVAL);
	check("a CRTC as framebuffer", test(primary, "FB_ID", crtc), -EINVAL);
	check("a plane without CRTC", test(primary, "CRTC_ID", 0), -EINVAL);
	check("a plane as CRTC", test(primary, "CRTC_ID", primary), -EINVAL);
	check("scaling", test(primary, "CRTC_W", 64), -ERANGE);
	check("an immutable property", test(primary, "type", 1), -EINVAL);
	check("a fence below -1", test(primary, "IN_FENCE_FD", (uint64_t)-2), -EINVAL);
	check("no fence", test(primary, "IN_FENCE_FD", (uint64_t)-1), 0);
	check("a fence that is no descriptor", test(primary, "IN_FENCE_FD", 4000), -EINVAL);
	check("off, without ALLOW_MODESET", test(crtc, "ACTIVE", 0), -EINVAL);
	check("off, with it",
	      commit2(crtc, "ACTIVE", 0, NULL, 0,
		      DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET),
	      0);
	check("twice as active", test(crtc, "ACTIVE", 2), -EINVAL);
	check("no mode", test(crtc, "MODE_ID", 0), -EINVAL);
	check("a mode of three bytes", test(crtc, "MODE_ID", blob("abc", 3)), -EINVAL);
	check("the same mode anew", test(crtc, "MODE_ID", blob(&mode, sizeof(mode))), 0);
	check("a connector that leaves", test(connector, "CRTC_ID", 0), -EINVAL);
	check("a connector on a plane", test(connector, "CRTC_ID", primary), -EINVAL);
}

/* The kernel compares clips with a width in 16.16 fixed point, by mistake. */
static void try_damage(void)
{
	const struct drm_mode_rect inside = {0, 0, 10, 10},
				   outside = {0, 0, (mode.hdisplay << 16) + 1, 1};
	const struct drm_mode_rect empty = {5, 5, 5, 6};
	if (!property(primary, "FB_DAMAGE_CLIPS"))
		return;
	check("damage", test(primary, "FB_DAMAGE_CLIPS", blob(&inside, sizeof(inside))), 0);
	check("damage outside", test(primary, "FB_DAMAGE_CLIPS", blob(&outside, sizeof(outside))),
	      -EINVAL);
	check("no pixel damaged", test(primary, "FB_DAMAGE_CLIPS", blob(&empty, sizeof(empty))),
	      -EINVAL);
	check("half a clip", test(primary, "FB_DAMAGE_CLIPS", blob(&inside, 8)), -EINVAL);
	check("damage that is no blob", test(primary, "FB_DAMAGE_CLIPS", primary), -EINVAL);
}

static void try_flags(uint32_t fb)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	const uint32_t test_only = DRM_MODE_ATOMIC_TEST_ONLY;
	check("TEST_ONLY with an event",
	      commit2(primary, "FB_ID", fb, NULL, 0, test_only | DRM_MODE_PAGE_FLIP_EVENT),
	      -EINVAL);
	check("an unknown flag", commit2(primary, "FB_ID", fb, NULL, 0, test_only | 0x4000),
	      -EINVAL);
	check("nothing", drmModeAtomicCommit(card, request, 0, NULL), 0);
	drmModeAtomicAddProperty(request, NOBODY, property(primary, "FB_ID"), fb);
	check("an object that is none", drmModeAtomicCommit(card, request, test_only, NULL),
	      -ENOENT);
	drmModeAtomicSetCursor(request, 0);
	drmModeAtomicAddProperty(request, crtc, property(primary, "FB_ID"), fb);
	check("another object's property", drmModeAtomicCommit(card, request, test_only, NULL),
	      -ENOENT);
	drmModeAtomicFree(request);
}

/* ---- the other calls ---- */

static void try_framebuffers(const char *driver, uint32_t handle, uint32_t fb)
{
	uint32_t id, none[4] = {0};
	const uint32_t handles[4] = {handle}, pitches[4] = {64 * 4};
	/* virtio_gpu has words of its own for it, and does not look at sizes. */
	const bool own = strcmp(driver, "virtio_gpu") != 0;
	check("a handle that is none", add_framebuffer(NOBODY, 64, 64, 256, &id) < 0, 1);
	check("no width", add_framebuffer(handle, 0, 64, 256, &id), -EINVAL);
	check("too short rows", add_framebuffer(handle, 64, 64, 252, &id), -EINVAL);
	if (own)
		check("too little memory", add_framebuffer(handle, 64, 64, 1 << 20, &id), -EINVAL);
	check("a format that is none",
	      drmModeAddFB2(card, 64, 64, 0x20202020, handles, pitches, none, &id, 0), -EINVAL);
	check("removing what is none", drmModeRmFB(card, NOBODY), -ENOENT);
	check("flushing what is none", drmModeDirtyFB(card, NOBODY, NULL, 0), -ENOENT);
	check("destroying no blob", drmModeDestroyPropertyBlob(card, NOBODY), -ENOENT);
	check("a blob of nothing", drmModeCreatePropertyBlob(card, &fb, 0, &id), -EINVAL);
}

static void try_legacy(uint32_t fb, uint32_t small)
{
	uint32_t nobody = NOBODY;
	check("a mode without framebuffer",
	      drmModeSetCrtc(card, crtc, NOBODY, 0, 0, &connector, 1, &mode), -ENOENT);
	check("a mode on no CRTC", drmModeSetCrtc(card, NOBODY, fb, 0, 0, &connector, 1, &mode),
	      -ENOENT);
	check("a mode for nobody", drmModeSetCrtc(card, crtc, fb, 0, 0, &nobody, 1, &mode),
	      -ENOENT);
	check("a mode for none", drmModeSetCrtc(card, crtc, fb, 0, 0, NULL, 0, &mode), -EINVAL);
	check("a mode too large", drmModeSetCrtc(card, crtc, small, 0, 0, &connector, 1, &mode),
	      -ENOSPC);
	check("connectors without a mode",
	      drmModeSetCrtc(card, crtc, fb, 0, 0, &connector, 1, NULL), -EINVAL);
	check("a flip to nothing", drmModePageFlip(card, crtc, NOBODY, 0, NULL), -ENOENT);
	check("a flip of nothing", drmModePageFlip(card, NOBODY, fb, 0, NULL), -ENOENT);
	check("a flip to too little", drmModePageFlip(card, crtc, small, 0, NULL), -ENOSPC);
	check("a flip", drmModePageFlip(card, crtc, fb, 0, NULL), 0);
}

/* A framebuffer that is removed takes the picture with it: the CRTC is off, its mode may stay. */
static void try_going(uint32_t fb)
{
	check("removing what is shown", drmModeRmFB(card, fb), 0);
	check("a flip of what is off", drmModePageFlip(card, crtc, fb, 0, NULL), -EBUSY);
	check("removing it again", drmModeRmFB(card, fb), -ENOENT);
	drmModeCrtc *now = drmModeGetCrtc(card, crtc);
	check("what is left", now && now->buffer_id ? -EBUSY : 0, 0);
	drmModeFreeCrtc(now);
	check("dropping the master", drmDropMaster(card), 0);
	check("a commit by another", test(crtc, "ACTIVE", 0), -EACCES);
}

int main(int argc, char **argv)
{
	uint32_t handle, other;
	if (argc != 2) {
		fprintf(stderr, "usage: refusals DRIVER\n");
		return 2;
	}
	open_card(argv[1]);
	find_head();
	const uint32_t fb = create(mode.hdisplay, mode.vdisplay, &handle);
	const uint32_t small = create(64, 64, &other);
	check("setting a mode", drmModeSetCrtc(card, crtc, fb, 0, 0, &connector, 1, &mode), 0);
	try_properties(fb, small);
	try_damage();
	try_flags(fb);
	try_framebuffers(argv[1], other, fb);
	try_legacy(fb, small);
	try_going(fb);
	printf("%d answers were others\n", wrong);
	return wrong ? 1 : 0;
}
