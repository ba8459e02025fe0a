/* SPDX-License-Identifier: MIT */
/* On servers that do not lend: wl_shm, with nothing else changed. */
#include "fake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static const struct fake_options no_manager = {.width = 65, .height = 48, .no_manager = true};

static uint32_t shown_pixel(struct fake *fake, int x, int y)
{
	struct wl_shm_buffer *buffer = wl_shm_buffer_get(fake->shown);
	assert_non_null(buffer);
	assert_int_equal(wl_shm_buffer_get_width(buffer), 65);
	assert_int_equal(wl_shm_buffer_get_height(buffer), 48);
	assert_int_equal(wl_shm_buffer_get_format(buffer), WL_SHM_FORMAT_XRGB8888);
	const char *row = (const char *)wl_shm_buffer_get_data(buffer) +
			  (ptrdiff_t)y * wl_shm_buffer_get_stride(buffer);
	return ((const uint32_t *)(const void *)row)[x];
}

static void test_frames_and_path(void **state)
{
	struct fake fake;
	struct lend_path_info path = {.size = sizeof(path)};
	int before = count_fds();
	assert_int_equal(fake_start(&fake, &no_manager), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	for (uint32_t i = 1; i < 10; i++) {
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.age, i < 3 ? 0 : 2);
		assert_int_equal(frame.stride % 256, 0);
		uint32_t *last = (uint32_t *)((char *)frame.pixels + 47UL * frame.stride) + 64;
		assert_int_equal(*last, i < 3 ? 0 : i - 2);
		*last = i;
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(shown_pixel(&fake, 64, 47), i);
	}
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_COPY);
	assert_non_null(strstr(path.reason, "framelend_manager_v1"));
	assert_non_null(strstr(path.reason, "copies at least once"));
	assert_int_equal(path.memory, LEND_MEMORY_MEMFD);
	assert_int_equal(path.count, 3);
	assert_string_equal(lend_surface_verdict(surface, 0)->allocator, "memfd");
	assert_int_equal(lend_surface_verdict(surface, 0)->state, LEND_STATE_OK);
	assert_null(lend_surface_verdict(surface, 1));
	fake_stop(&fake);
	assert_int_equal(count_fds(), before);
}

static void test_resize(void **state)
{
	struct fake fake;
	int fds = 0;
	assert_int_equal(fake_start(&fake, &no_manager), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.preserve = 1});
	for (uint32_t i = 0; i < 20; i++) {
		fake_configure(&fake, 100 + i, 100);
		assert_int_equal(fake_run(&fake), 0);
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.width, 100 + i);
		assert_int_equal(frame.age, 0);
		memset(frame.pixels, 1, (size_t)frame.stride * frame.height);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		if (i == 5)
			fds = count_fds();
	}
	assert_int_equal(count_fds(), fds);
	fake_stop(&fake);
}

static void test_front(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &no_manager), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.mode = LEND_MODE_FRONT});
	for (uint32_t i = 1; i < 10; i++) {
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.age, i > 1);
		*(uint32_t *)frame.pixels = i;
		assert_int_equal(lend_frame_end(surface, &(struct lend_rect){0, 0, 1, 1}, 1), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(shown_pixel(&fake, 0, 0), i);
	}
	fake_stop(&fake);
}

/* More than wl_shm can name is refused before anything is allocated. */
static void test_too_large(void **state)
{
	struct fake fake;
	struct fake_options options = no_manager;
	options.width = options.height = 16384;
	struct lend_frame frame;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_int_equal(lend_frame_begin(surface, &frame), -EFBIG);
	assert_non_null(strstr(lend_client_error(fake.lend), "16384x16384"));
	assert_int_equal(lend_surface_verdict(surface, 0)->state, LEND_STATE_FAILED);
	fake_stop(&fake);
}

static void test_limit_of_descriptors(void **state)
{
	struct fake fake;
	struct rlimit limit, low;
	struct lend_frame frame;
	struct lend_surface *surface = NULL;
	struct lend_surface_options options = {.size = sizeof(options)};
	assert_int_equal(fake_start(&fake, &no_manager), 0);
	assert_int_equal(lend_surface_create(fake.lend, &options, &surface), 0);
	assert_int_equal(lend_client_dispatch(fake.lend, 0), 0);
	fake_serve(&fake);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)lend_client_fd(fake.lend);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	int result = lend_client_dispatch(fake.lend, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(result > 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EMFILE);
	assert_non_null(strstr(lend_client_error(fake.lend), "Too many open files"));
	/* the connection is whole: another size is tried anew */
	fake_configure(&fake, 30, 30);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_begin(surface).width, 30);
	fake_stop(&fake);
}

static void test_format_that_is_not_lent(void **state)
{
	struct fake fake;
	struct fake_options options = no_manager;
	options.no_manager = false;
	options.no_format = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_non_null(strstr(path.reason, "does not lend XRGB8888"));
	fake_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_and_path),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_limit_of_descriptors),
		cmocka_unit_test(test_format_that_is_not_lent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
