/* SPDX-License-Identifier: MIT */
/* What callers ask for: bad options first, then the rungs without a device, by name and by use. */
#include "helpers.h"

#include "alloc/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void refused(const struct lend_buffer_options *options, int error, const char *words)
{
	struct lend_buffer *buffer = (struct lend_buffer *)&error;
	struct lend_verdicts *verdicts = (struct lend_verdicts *)&error;
	assert_int_equal(lend_buffer_allocate(NULL, options, &buffer, &verdicts), error);
	assert_ptr_equal(buffer, &error); /* untouched */
	assert_null(verdicts);
	if (!strstr(lend_alloc_error(), words))
		fail_msg("\"%s\" does not say \"%s\"", lend_alloc_error(), words);
}

static void test_bad_options(void **state)
{
	struct lend_buffer_options options = small_options(0, NULL);
	struct lend_buffer *buffer;
	refused(NULL, -EINVAL, "needs options");
	assert_int_equal(lend_buffer_allocate(NULL, &options, NULL, NULL), -EINVAL);
	options.size = 0;
	refused(&options, -EINVAL, "sizeof the struct");
	options = small_options(0, NULL);
	options.format = 0;
	refused(&options, -EINVAL, "format 0x00000000 is unknown");
	options = small_options(8, NULL);
	refused(&options, -EINVAL, "use 0x8");
	options = small_options(0, "none");
	refused(&options, -EINVAL, "no allocator is named \"none\": give dumb");
	options = small_options(0, "");
	refused(&options, -EINVAL, "no allocator is named \"\"");
	struct {
		struct lend_buffer_options options;
		uint64_t newer;
	} wide = {small_options(0, NULL), 1};
	wide.options.size = sizeof(wide);
	refused(&wide.options, -EINVAL, "does not know");
	wide.newer = 0;
	assert_int_equal(lend_buffer_allocate(NULL, &wide.options, &buffer, NULL), 0);
	lend_buffer_destroy(buffer);
}

static void test_absurd_sizes(void **state)
{
	static const uint32_t sizes[][2] = {
		{0, 1},		{1, 0},		 {65536, 1},
		{1, 65536},	{UINT32_MAX, 1}, {UINT32_MAX, UINT32_MAX},
		{1, INT32_MAX},
	};
	struct lend_buffer_options options = small_options(0, NULL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		options.width = sizes[i][0];
		options.height = sizes[i][1];
		refused(&options, -EINVAL, "give 1 to 65535 pixels a side");
	}
	options.width = 65535;
	options.height = 65535;
	refused(&options, -EINVAL, "65535x65535 pixels of this format are more than the 4 GiB");
	options.width = 1;
	options.height = 1;
	struct lend_buffer *buffer;
	assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, NULL), 0);
	assert_int_equal(describe(buffer).planes[0].stride, 256);
	lend_buffer_destroy(buffer);
}

/* Rows in multiples of 256 bytes, planes that do not overlap, for every format there is. */
static void test_layouts(void **state)
{
	const struct lend_format *format;
	for (size_t i = 0; (format = lend_format_at(i)); i++) {
		struct lend_buffer_options options = small_options(0, NULL);
		struct lend_buffer *buffer;
		uint64_t end = 0;
		options.format = format->fourcc;
		assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, NULL), 0);
		const struct lend_buffer_info info = describe(buffer);
		assert_int_equal(info.n_planes, format->n_planes);
		assert_int_equal(info.modifier, LEND_MODIFIER_LINEAR);
		for (uint32_t p = 0; p < info.n_planes; p++) {
			assert_int_equal(info.planes[p].stride % 256, 0);
			assert_true(info.planes[p].offset >= end);
			end = info.planes[p].offset +
			      (uint64_t)info.planes[p].stride *
				      lend_format_rows(format, p, options.height);
		}
		assert_zeroed(buffer);
		lend_buffer_destroy(buffer);
	}
}

static void test_memfd(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	const size_t fds = count_fds();
	assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, &verdicts), 0);
	const struct lend_buffer_info info = describe(buffer);
	assert_int_equal(info.memory, LEND_MEMORY_MEMFD);
	assert_int_equal(info.caching, LEND_CACHING_CACHED);
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	const int seals = fcntl(info.planes[0].fd, F_GET_SEALS);
	assert_int_equal(seals & wanted, wanted);
	assert_int_equal(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE), 0);
	assert_int_equal(fcntl(info.planes[0].fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ftruncate(info.planes[0].fd, 0), -1);
	assert_zeroed(buffer);
	static const char *const lines[] = {
		"dumb: not tried: there is no display device to allocate on. Remedy: Give a display "
		"device, such as /dev/dri/card0.",
		"heap: not tried: there is no display device that could show it. Remedy: Give a "
		"display device, such as /dev/dri/card0.",
		"udmabuf: not tried: there is no display device that could show it. Remedy: Give a "
		"display device, such as /dev/dri/card0.",
		"memfd: ok: ordinary memory, the fastest for a CPU.",
	};
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(verdict_line(verdicts, i), lines[i]);
	assert_null(lend_verdicts_get(verdicts, 4));
	assert_int_equal(verdict_of(verdicts, "memfd")->depth, LEND_DEPTH_MAP);
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	assert_int_equal(count_fds(), fds);
}

static void test_plain(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_READ, NULL);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	assert_string_equal(
		verdict_line(verdicts, 0),
		"dumb: not tried: the buffer is not for a display to show directly, and "
		"ordinary memory is the fastest for a CPU.");
	assert_string_equal(verdict_line(verdicts, 3),
			    "memfd: ok: ordinary memory, the fastest for a CPU.");
	assert_int_equal(fake_drm_calls("drmModeCreateDumbBuffer"), 0);
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

static void test_forced(void **state)
{
	static const enum lend_memory memories[] = {LEND_MEMORY_DUMB, LEND_MEMORY_HEAP,
						    LEND_MEMORY_UDMABUF, LEND_MEMORY_MEMFD};
	struct lend_device *device = open_fake(GOOD, CARD);
	const char *name;
	size_t i;
	fake_drm_inject("open /dev/dma_heap/system -> ok\nDMA_HEAP_IOCTL_ALLOC -> ok");
	for (i = 0; (name = lend_allocator_name(i)); i++) {
		const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, name);
		struct lend_verdicts *verdicts;
		struct lend_buffer *buffer;
		assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
		assert_int_equal(describe(buffer).memory, memories[i]);
		for (size_t v = 0; v < lend_verdicts_count(verdicts); v++)
			if (v != i)
				assert_string_equal(lend_verdicts_get(verdicts, v)->reason,
						    "another allocator was asked for by name.");
		assert_string_equal(lend_verdicts_get(verdicts, i)->allocator, name);
		assert_int_equal(lend_verdicts_get(verdicts, i)->state,
				 i < 3 ? LEND_STATE_UNVERIFIED : LEND_STATE_OK);
		assert_string_equal(lend_memory_name(memories[i]), name);
		lend_verdicts_destroy(verdicts);
		lend_buffer_destroy(buffer);
	}
	assert_int_equal(i, 4);
	/* A display that would refuse it does not matter to a buffer that is not for a display. */
	const struct lend_buffer_options options = small_options(0, "udmabuf");
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_inject("drmPrimeFDToHandle -> EINVAL");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(verdict_line(verdicts, 2),
			    "udmabuf: ok: ordinary memory, the fastest for a CPU.");
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* A udmabuf for a CPU alone needs no display; a dumb buffer does. */
static void test_forced_without_device(void **state)
{
	struct lend_buffer_options options = small_options(0, "udmabuf");
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_load(personality_path(GOOD));
	assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, &verdicts), 0);
	assert_int_equal(verdict_of(verdicts, "udmabuf")->state, LEND_STATE_OK);
	assert_zeroed(buffer);
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	options.allocator = "dumb";
	assert_int_equal(lend_buffer_allocate(NULL, &options, &buffer, &verdicts), -ENODEV);
	assert_int_equal(verdict_of(verdicts, "dumb")->state, LEND_STATE_NOT_TRIED);
	assert_string_equal(lend_alloc_error(),
			    "dumb: not tried: there is no display device to allocate on. Remedy: "
			    "Give a display device, such as /dev/dri/card0.");
	lend_verdicts_destroy(verdicts);
}

static void test_planes(void **state)
{
	struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake("i915", CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	options.format = LEND_FORMAT_NV12;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(verdict_line(verdicts, 0),
			    "dumb: not tried: a dumb buffer holds one plane, and this format has "
			    "more. Remedy: Ask for a format of one plane, such as XRGB8888.");
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* A client that reads back is not lent memory that reads slowly. */
static void test_write_combined(void **state)
{
	struct lend_buffer_options options = small_options(LEND_USE_SCANOUT | LEND_USE_READ, NULL);
	struct lend_device *device = open_fake("i915", CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	device->findings[LEND_MEMORY_DUMB] = (struct finding){
		.depth = LEND_DEPTH_MAP,
		.caching = LEND_CACHING_WRITE_COMBINED,
	};
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	assert_string_equal(
		verdict_line(verdicts, 0),
		"dumb: not tried: the device's memory is write-combined: reading it back, as this "
		"client does, is many times slower than writing it. Remedy: Nothing to do: the client "
		"draws in ordinary memory, and the server copies what changed once a frame.");
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	/* A client that only writes is, and so is one that asks for it by name. */
	options.use = LEND_USE_SCANOUT;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_DUMB);
	assert_int_equal(describe(buffer).caching, LEND_CACHING_WRITE_COMBINED);
	lend_buffer_destroy(buffer);
	options = small_options(LEND_USE_SCANOUT | LEND_USE_READ, "dumb");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_DUMB);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* Measuring maps the buffer twice: for the second buffer the answer is known. */
static void test_measured_once(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *first, *second;
	assert_int_equal(lend_buffer_allocate(device, &options, &first, NULL), 0);
	const size_t maps = fake_drm_calls("mmap");
	assert_int_equal(lend_buffer_allocate(device, &options, &second, NULL), 0);
	assert_true(fake_drm_calls("mmap") - maps < maps);
	assert_int_equal(describe(second).caching, LEND_CACHING_CACHED);
	lend_buffer_destroy(first);
	lend_buffer_destroy(second);
	lend_device_destroy(device);
}

static int unload(void **state)
{
	fake_drm_unload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_memfd),
		cmocka_unit_test_teardown(test_plain, unload),
		cmocka_unit_test_teardown(test_forced, unload),
		cmocka_unit_test_teardown(test_forced_without_device, unload),
		cmocka_unit_test_teardown(test_planes, unload),
		cmocka_unit_test_teardown(test_write_combined, unload),
		cmocka_unit_test_teardown(test_measured_once, unload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
