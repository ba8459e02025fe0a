/* SPDX-License-Identifier: MIT */
/* Memory for GPUs, from a double of libgbm whose folder is first in LD_LIBRARY_PATH: what goes
 * wrong first, then what callers get. */
#include "helpers.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* X- and Y-tiled of Intel's: to the double, numbers. */
static const uint64_t tiled[] = {(UINT64_C(1) << 56) | 1, (UINT64_C(1) << 56) | 2};

/* ---- without the library -------------------------------------------------------------------- */

static const char *instead; /* of libgbm.so.1 */

LEND_EXPORT void *dlopen(const char *name, int flags)
{
	void *(*next)(const char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(instead && name && strcmp(name, "libgbm.so.1") == 0 ? instead : name, flags);
}

static struct lend_buffer_options gpu_options(const uint64_t *modifiers, size_t n_modifiers)
{
	struct lend_buffer_options options = small_options(LEND_USE_GPU, NULL);

	options.modifiers = modifiers;
	options.n_modifiers = n_modifiers;
	return options;
}

static void refused(struct lend_device *device, const struct lend_buffer_options *options,
		    const char *call, int error, const char *words)
{
	struct lend_buffer *buffer = (struct lend_buffer *)&error;
	struct lend_verdicts *verdicts;
	const size_t fds = count_fds();

	assert_int_equal(lend_buffer_allocate(device, options, &buffer, &verdicts), -error);
	assert_ptr_equal(buffer, &error); /* untouched */
	assert_int_equal(lend_verdicts_count(verdicts), 1);
	const struct lend_verdict *verdict = verdict_of(verdicts, "gbm");
	assert_int_equal(verdict->state, LEND_STATE_FAILED);
	assert_string_equal(verdict->call, call);
	assert_int_equal(verdict->error, error);
	if (!strstr(verdict_line(verdicts, 0), words))
		fail_msg("\"%s\" does not say \"%s\"", verdict_line(verdicts, 0), words);
	assert_non_null(strstr(lend_alloc_error(), words));
	lend_verdicts_destroy(verdicts);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(fake_drm_handles(), 0);
}

/* Neither where there is none nor where what there is lacks functions. Comes first: once loaded, it
 * stays. */
static void test_no_library(void **state)
{
	static const char *const libraries[] = {"libgbm-is-not-here.so.1", "libdrm.so.2"};
	const struct lend_buffer_options options = gpu_options(NULL, 0);
	struct lend_device *device = open_fake(GOOD, CARD);

	for (size_t i = 0; i < 2; i++) {
		instead = libraries[i];
		refused(device, &options, "dlopen(libgbm.so.1)", ENOPKG,
			"Mesa's GBM library is not installed, or too old. Remedy: Install libgbm1");
	}
	lend_device_destroy(device);
}

/* ---- what goes wrong ------------------------------------------------------------------------ */

static void test_refusals(void **state)
{
	static const struct {
		const char *behaviour, *call;
		int error;
		const char *words;
	} cases[] = {
		{"no-device", "gbm_create_device", ENODEV,
		 "Mesa has no driver that makes memory for vkms"},
		{"no-bo", "gbm_bo_create", ENOMEM,
		 "vkms's GBM driver makes no memory of this format, size and layout"},
		{"five-planes", "gbm_bo_get_plane_count", EXDEV,
		 "vkms's GBM driver lays this format and layout out in more planes than DRM has"},
		{"apart", "gbm_bo_get_handle_for_plane", EXDEV,
		 "puts the planes of this format and layout into several objects, and one is lent"},
		{"no-map", "gbm_bo_map", EACCES, "gbm_bo_map"},
		/* LINEAR XRGB8888 has one plane. */
		{"two-planes", "lend_buffer_import", EINVAL, "lend_buffer_import"},
	};
	const struct lend_buffer_options options = gpu_options(NULL, 0);
	struct lend_device *device = open_fake(GOOD, CARD);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv("LEND_FAKE_GBM", cases[i].behaviour, 1);
		refused(device, &options, cases[i].call, cases[i].error, cases[i].words);
	}
	unsetenv("LEND_FAKE_GBM");
	fake_drm_inject("drmPrimeHandleToFD -> EPERM");
	refused(device, &options, "DRM_IOCTL_PRIME_HANDLE_TO_FD", EPERM,
		"DRM_IOCTL_PRIME_HANDLE_TO_FD");
	lend_device_destroy(device);
}

/* A driver without modifiers has LINEAR and a layout of its own, but none that is asked for. */
static void test_no_modifiers(void **state)
{
	const struct lend_buffer_options options = gpu_options(tiled, 2);
	struct lend_device *device = open_fake(GOOD, CARD);

	refused(device, &options, "gbm_bo_create", ENOSYS, "Remedy: Allow LINEAR");
	lend_device_destroy(device);
}

static void test_no_device(void **state)
{
	const struct lend_buffer_options options = gpu_options(NULL, 0);
	struct lend_buffer *buffer;

	assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, NULL), -ENODEV);
	assert_string_equal(lend_alloc_error(),
			    "gbm: not tried: there is no display device to allocate on. Remedy: "
			    "Give a display device, such as /dev/dri/card0.");
}

/* ---- what callers get ----------------------------------------------------------------------- */

static struct lend_buffer_info allocated(struct lend_device *device,
					 const struct lend_buffer_options *options,
					 struct lend_buffer **buffer)
{
	struct lend_verdicts *verdicts;

	if (lend_buffer_allocate(device, options, buffer, &verdicts) != 0)
		fail_msg("%s", lend_alloc_error());
	assert_int_equal(lend_verdicts_count(verdicts), 1);
	assert_string_equal(
		verdict_line(verdicts, 0),
		"gbm: unverified beyond export: memory that vkms's GBM driver made for a GPU to "
		"draw in; that the display shows it, the first frame has to prove.");
	assert_int_equal(verdict_of(verdicts, "gbm")->depth, LEND_DEPTH_EXPORT);
	lend_verdicts_destroy(verdicts);
	assert_int_equal(fake_drm_handles(), 0); /* its fd keeps it alive */
	return describe(*buffer);
}

/* Of the pixels: what lies beyond the rows no function of GBM reaches. */
static void assert_cleared(const struct lend_buffer *buffer)
{
	const struct lend_plane plane = describe(buffer).planes[0];
	const size_t size = (size_t)plane.stride * 601;
	const unsigned char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, plane.fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		if (map[i] != 0)
			fail_msg("byte %zu of %zu is 0x%02x", i, size, map[i]);
	munmap((void *)map, size);
}

static void test_linear(void **state)
{
	struct lend_buffer_options options = gpu_options(NULL, 0);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;

	fake_drm_inject("drmModeCreateDumbBuffer -> ok pitch=4 dirty");
	const struct lend_buffer_info info = allocated(device, &options, &buffer);
	assert_int_equal(info.memory, LEND_MEMORY_GBM);
	assert_int_equal(info.modifier, LEND_MODIFIER_LINEAR);
	assert_int_equal(info.n_planes, 1);
	assert_int_equal(info.planes[0].offset, 0);
	assert_int_equal(info.planes[0].stride, 801 * 4); /* it was told to be LINEAR */
	assert_cleared(buffer);
	/* The transcript knows RDWR CLOEXEC alone; the first export counts for good. */
	assert_int_equal(fake_drm_calls("drmPrimeHandleToFD"), 1);
	assert_int_equal(fcntl(info.planes[0].fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_int_equal(fcntl(info.planes[0].fd, F_GETFD), FD_CLOEXEC);
	lend_buffer_destroy(buffer);
	/* By its name likewise, and with a list that holds LINEAR. */
	options = small_options(0, "gbm");
	assert_int_equal(allocated(device, &options, &buffer).memory, LEND_MEMORY_GBM);
	lend_buffer_destroy(buffer);
	const uint64_t mixed[] = {tiled[0], LEND_MODIFIER_LINEAR};
	options = gpu_options(mixed, 2);
	assert_int_equal(allocated(device, &options, &buffer).modifier, LEND_MODIFIER_LINEAR);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

static void test_modifiers(void **state)
{
	const struct lend_buffer_options options = gpu_options(tiled, 2);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;

	setenv("LEND_FAKE_GBM", "modifiers", 1);
	const struct lend_buffer_info info = allocated(device, &options, &buffer);
	assert_true(info.modifier == tiled[1]);
	assert_int_equal(info.planes[0].stride, 896 * 4);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

static void test_layout_of_its_own(void **state)
{
	static const uint64_t any = LEND_MODIFIER_INVALID;
	const struct lend_buffer_options options = gpu_options(&any, 1);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;

	const struct lend_buffer_info info = allocated(device, &options, &buffer);
	assert_true(info.modifier == LEND_MODIFIER_INVALID);
	assert_int_equal(info.planes[0].stride, 896 * 4); /* not told to be LINEAR */
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* As with compression, whose second plane lies in the same memory. */
static void test_planes(void **state)
{
	const struct lend_buffer_options options = gpu_options(tiled, 1);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;

	setenv("LEND_FAKE_GBM", "modifiers two-planes", 1);
	const struct lend_buffer_info info = allocated(device, &options, &buffer);
	assert_int_equal(info.n_planes, 2);
	assert_int_equal(info.planes[0].fd, info.planes[1].fd);
	assert_int_equal(info.planes[0].offset, 0);
	assert_int_equal(info.planes[1].offset, 896 * 4 * 601);
	assert_int_equal(info.planes[1].stride, 896 * 4);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

static void test_many(void **state)
{
	const struct lend_buffer_options options = gpu_options(NULL, 0);
	const size_t before = count_fds();
	struct lend_device *device = open_fake(GOOD, CARD);
	const size_t fds = count_fds();
	struct lend_buffer *buffer;

	for (int i = 0; i < 100; i++) {
		allocated(device, &options, &buffer);
		lend_buffer_destroy(buffer);
		assert_int_equal(count_fds(), fds);
	}
	/* A buffer outlives its device. */
	allocated(device, &options, &buffer);
	lend_device_destroy(device);
	assert_cleared(buffer);
	lend_buffer_destroy(buffer);
	assert_int_equal(count_fds(), before);
}

static int reset(void **state)
{
	instead = NULL;
	unsetenv("LEND_FAKE_GBM");
	fake_drm_unload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_no_library, reset),
		cmocka_unit_test_teardown(test_refusals, reset),
		cmocka_unit_test_teardown(test_no_modifiers, reset),
		cmocka_unit_test_teardown(test_no_device, reset),
		cmocka_unit_test_teardown(test_linear, reset),
		cmocka_unit_test_teardown(test_modifiers, reset),
		cmocka_unit_test_teardown(test_layout_of_its_own, reset),
		cmocka_unit_test_teardown(test_planes, reset),
		cmocka_unit_test_teardown(test_many, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
