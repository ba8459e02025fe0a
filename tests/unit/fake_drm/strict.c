/* SPDX-License-Identifier: MIT */
/* What ends a test at once: personalities that cannot be, and waits that would never end. */
#include "helpers.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends_by(void (*run)(const void *argument), const void *argument)
{
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		run(argument);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void parse(const void *line)
{
	fake_drm_script(line);
}

static void test_lines(void **state)
{
	static const char *const wrong[] = {
		"kms atomic=perhaps",
		"kms colour=red",
		"kms crtcs=9",
		"kms cursor=64",
		"kms vblank=",
		"plane",
		"plane upper",
		"plane primary formats=TOOLONG",
		"plane primary formats=XR24 tiled=yes",
		"connector Virtual",
		"connector Virtual-0",
		"connector Nonsense-1 connected",
		"connector VGA-1 connected mode=1024",
		"connector VGA-1 connected mode=0x768@60",
		"connector VGA-1 connected mode=1024x768@0",
		"connector VGA-1 connected mode=99999x768@60",
		"connector VGA-1 connected edid=00f",
		"connector VGA-1 connected edid=zz",
		"connector VGA-1 connected edid=lower/case/1",
		"connector VGA-1 attached",
	};
	static const char *const right[] = {
		"kms atomic=no crtcs=8 cursor=64x64",
		"plane overlay formats=XR24,R8 modifiers=LINEAR,0x1 crtcs=0,1 scale=yes clips=no",
		"connector HDMI-A-2 disconnected mode=1x1@1 edid=00ff size=10x10",
		"connector Writeback-1 writeback formats=XR24",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (ends_by(parse, wrong[i]) != SIGABRT)
			fail_msg("accepted: %s", wrong[i]);
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		if (ends_by(parse, right[i]) != 0)
			fail_msg("refused: %s", right[i]);
}

static void change_once_open(const void *argument)
{
	card_open("vkms", "");
	fake_drm_inject("kms vblank=no");
}

static void wait_for_nothing(const void *argument)
{
	drmEventContext context = {.version = 3};
	int fd = card_open("vkms", "");
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	drmHandleEvent(fd, &context);
}

static void wait_for_blank(const void *argument)
{
	drmVBlank blank = {.request = {.type = DRM_VBLANK_RELATIVE, .sequence = 1}};
	drmWaitVBlank(card_open("vkms", "kms vblank=test"), &blank);
}

static void plug_nowhere(const void *argument)
{
	card_open("vkms", "");
	fake_drm_plug("DP-7", true);
}

static void test_offences(void **state)
{
	void (*const offences[])(const void *argument) = {change_once_open, wait_for_nothing,
							  wait_for_blank, plug_nowhere};
	for (size_t i = 0; i < sizeof(offences) / sizeof(*offences); i++)
		if (ends_by(offences[i], NULL) != SIGABRT)
			fail_msg("offence %zu went unnoticed", i);
}

/* ---- memory ---- */

static void test_maps(void **state)
{
	int fd = card_open("vkms", ""), other = open(CARD, O_RDWR | O_CLOEXEC);
	struct picture a = picture_create(fd, 64, 64, DRM_FORMAT_XRGB8888, 1);
	uint64_t offset;
	const int both = PROT_READ | PROT_WRITE;
	assert_int_equal(drmModeMapDumbBuffer(fd, 4711, &offset), -ENOENT);
	assert_int_equal(drmModeMapDumbBuffer(other, a.handle, &offset), -ENOENT);
	assert_int_equal(drmModeMapDumbBuffer(fd, a.handle, &offset), 0);
	assert_ptr_equal(mmap(NULL, a.size + 4096, both, MAP_SHARED, fd, (off_t)offset),
			 MAP_FAILED);
	assert_ptr_equal(mmap(NULL, a.size, both, MAP_PRIVATE, fd, (off_t)offset), MAP_FAILED);
	assert_ptr_equal(mmap(NULL, a.size, both, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_ptr_equal(mmap(NULL, a.size, both, MAP_SHARED, other, (off_t)offset), MAP_FAILED);
	assert_int_equal(a.pixels[0], 1);
	close(other);
	close(fd);
}

/* Memory of another device: a framebuffer's, and what is seen of it. */
static uint32_t foreign_framebuffer(int fd, uint32_t width, uint32_t height, uint32_t **pixels)
{
	const size_t size = ((size_t)width * height * 4 + 4095) / 4096 * 4096;
	int memory = memfd_create("framelend", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	assert_true(memory >= 0 && device >= 0);
	assert_int_equal(ftruncate(memory, (off_t)size), 0);
	assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	*pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	struct udmabuf_create create = {.memfd = (uint32_t)memory, .size = size};
	int prime = ioctl(device, UDMABUF_CREATE, &create);
	assert_true(prime >= 0);
	uint32_t handle, fb;
	assert_int_equal(drmPrimeFDToHandle(fd, prime, &handle), 0);
	const uint32_t handles[4] = {handle}, pitches[4] = {width * 4}, offsets[4] = {0};
	int result = drmModeAddFB2(fd, width, height, DRM_FORMAT_XRGB8888, handles, pitches,
				   offsets, &fb, 0);
	assert_int_equal(drmCloseBufferHandle(fd, handle), 0);
	close(prime);
	close(device);
	close(memory);
	return result == 0 ? fb : 0;
}

static uint32_t show_foreign(const char *personality, const char *more)
{
	uint32_t *pixels;
	int fd = card_open(personality, more);
	struct head head = head_get(fd, 0);
	struct picture own = picture_create(fd, head.mode.hdisplay, head.mode.vdisplay,
					    DRM_FORMAT_XRGB8888, 0xff111111);
	assert_int_equal(
		drmModeSetCrtc(fd, head.crtc, own.fb, 0, 0, &head.connector, 1, &head.mode), 0);
	const uint32_t fb =
		foreign_framebuffer(fd, head.mode.hdisplay, head.mode.vdisplay, &pixels);
	if (fb == 0)
		return 0;
	pixels[0] = 0xff222222;
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, fb, 0, 0, &head.connector, 1, &head.mode),
			 0);
	pixels[0] = 0xff333333;
	assert_int_equal(drmModeSetCrtc(fd, head.crtc, fb, 0, 0, &head.connector, 1, &head.mode),
			 0);
	const uint32_t pixel = shown(0, 0, 0);
	close(fd);
	return pixel;
}

static void test_foreign(void **state)
{
	assert_int_equal(show_foreign("vkms", "kms foreign=shown"), 0xff333333);
	assert_int_equal(show_foreign("vkms", "kms foreign=stale"),
			 0xff222222); /* a copy at first */
	assert_int_equal(show_foreign("cirrus", "kms foreign=shown"), 0xff333333);
	assert_int_equal(show_foreign("cirrus", "kms foreign=stale"),
			 0xff111111); /* the old picture */
	assert_int_equal(show_foreign("vkms", "drmModeAddFB2 foreign -> ENODEV"), 0);
	assert_int_equal(show_foreign("amdgpu", ""), 0);
}

/* Every driver with a display lights a connector by the calls that all of them have. */
static void test_all_light(void **state)
{
	static const char *const drivers[] = {
		"amdgpu",      "ast-6.1",    "bochs-6.1",   "bochs-6.12", "cirrus",
		"i915",	       "nouveau",    "nvidia-drm",  "qxl-6.1",	  "qxl-6.12",
		"radeon",      "simpledrm",  "vc4",	    "virtio-gpu", "vkms",
		"vmwgfx-5.10", "vmwgfx-6.1", "vmwgfx-6.12", "xe",
	};
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
		int fd = card_open(drivers[i], "");
		struct head head = head_get(fd, 0);
		struct picture a = picture_create(fd, head.mode.hdisplay, head.mode.vdisplay,
						  DRM_FORMAT_XRGB8888, 0xff123456);
		const int result =
			drmModeSetCrtc(fd, head.crtc, a.fb, 0, 0, &head.connector, 1, &head.mode);
		if (result != 0 || shown(0, 9, 9) != 0xff123456)
			fail_msg("%s shows nothing: %s", drivers[i], strerror(-result));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	  cmocka_unit_test(test_offences),
		cmocka_unit_test(test_maps),	  cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_all_light),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
