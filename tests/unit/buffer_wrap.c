/* SPDX-License-Identifier: MIT */
/* Buffers of memory that the caller has mapped already. */
#include "buffer_helpers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIDTH = 16, HEIGHT = 8, STRIDE = 80, BYTES = STRIDE * HEIGHT };

static struct lend_buffer_info layout(void)
{
	struct lend_buffer_info info = info_new(12345, WIDTH, HEIGHT, LEND_FORMAT_XRGB8888);
	info.planes[0].stride = STRIDE;
	info.memory = LEND_MEMORY_DUMB;
	return info;
}

static void test_refused(void **state)
{
	static uint32_t memory[BYTES / 4];
	struct lend_buffer *buffer = NULL;
	struct lend_buffer_info info = layout();
	assert_refused(lend_buffer_wrap(&info, NULL, BYTES, &buffer), EINVAL, "pixels is NULL");
	assert_refused(lend_buffer_wrap(&info, memory, BYTES - 1, &buffer), ENOSPC,
		       "needs 640 bytes, the memory has 639");
	assert_refused(lend_buffer_wrap(&info, memory, 0, &buffer), ENOSPC, "the memory has 0");
	info.planes[0].offset = 4;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), ENOSPC, "needs 644 bytes");
	info = layout();
	info.planes[0].stride = WIDTH * 4 - 4;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), EINVAL, "too small");
	info = layout();
	info.planes[0].stride = UINT32_MAX - 3;
	assert_refused(lend_buffer_wrap(&info, memory, SIZE_MAX, &buffer), EOVERFLOW, "32 bits");
	info = layout();
	info.format = 1;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), EINVAL, "not known");
	info = layout();
	info.width = 0;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), EINVAL, "0x8");
	info = layout();
	info.n_planes = 2;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), EINVAL, "2 planes");
	info = layout();
	info.size = 1;
	assert_refused(lend_buffer_wrap(&info, memory, BYTES, &buffer), EINVAL, "info.size");
	assert_null(buffer);
}

/* What is drawn is in the caller's memory, at once, which outlives the buffer. */
static void test_draw(void **state)
{
	const size_t fds = count_fds();
	uint32_t *memory = calloc(1, BYTES);
	const struct lend_buffer_info info = layout();
	struct lend_buffer_info found = {.size = sizeof(found)};
	struct lend_buffer *buffer = NULL;
	void *pixels = NULL;
	assert_non_null(memory);
	assert_int_equal(lend_buffer_wrap(&info, memory, BYTES, &buffer), 0);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(lend_buffer_describe(buffer, &found), 0);
	for (size_t i = 0; i < LEND_PLANES_MAX; i++)
		assert_int_equal(found.planes[i].fd, -1);
	assert_int_equal(found.planes[0].stride, STRIDE);
	assert_int_equal(found.memory, LEND_MEMORY_DUMB);
	assert_int_equal(lend_buffer_map(buffer, LEND_READ_WRITE), 0);
	assert_null(lend_buffer_plane(buffer, 0));
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	assert_ptr_equal(pixels, memory);
	assert_refused(lend_buffer_begin(buffer, LEND_READ, NULL), EBUSY, "open already");
	((uint32_t *)pixels)[BYTES / 4 - 1] = 0x12345678;
	assert_int_equal(memory[BYTES / 4 - 1], 0x12345678);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0); /* open at the end */
	lend_buffer_destroy(buffer);
	assert_int_equal(memory[BYTES / 4 - 1], 0x12345678);
	free(memory);
}

static void test_measure(void **state)
{
	static uint32_t memory[BYTES / 4];
	const struct lend_buffer_info info = layout();
	struct lend_buffer_info found = {.size = sizeof(found)};
	struct lend_rates rates = {.size = sizeof(rates)};
	struct lend_buffer *buffer = NULL;
	memory[7] = 0xabcdef;
	assert_int_equal(lend_buffer_wrap(&info, memory, BYTES, &buffer), 0);
	assert_int_equal(lend_buffer_measure(buffer, &rates), 0);
	assert_true(rates.read > 0 && rates.write > 0);
	assert_int_equal(lend_buffer_describe(buffer, &found), 0);
	assert_int_not_equal(found.caching, LEND_CACHING_UNKNOWN);
	assert_int_equal(memory[7], 0xabcdef);
	lend_buffer_destroy(buffer);
}

static void test_planes(void **state)
{
	static uint8_t memory[64 * 32 + 64 * 16];
	struct lend_buffer_info info = info_new(-1, 64, 32, LEND_FORMAT_NV12);
	struct lend_buffer *buffer = NULL;
	info.n_planes = 2;
	info.planes[0].stride = 64;
	info.planes[1] = (struct lend_plane){.fd = 3, .offset = 64 * 32, .stride = 64};
	assert_int_equal(lend_buffer_wrap(&info, memory, sizeof(memory), &buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
	assert_ptr_equal(lend_buffer_plane(buffer, 1), memory + 64 * 32);
	lend_buffer_destroy(buffer);
	/* With a layout that only a driver knows there is nothing for a CPU. */
	info.modifier = 0x0100000000000001;
	assert_int_equal(lend_buffer_wrap(&info, memory, sizeof(memory), &buffer), 0);
	assert_refused(lend_buffer_begin(buffer, LEND_READ, NULL), EOPNOTSUPP, "only LINEAR");
	lend_buffer_destroy(buffer);
}

static void test_not_sent(void **state)
{
	static uint32_t memory[BYTES / 4];
	const struct lend_buffer_info info = layout();
	struct lend_buffer *buffer = NULL, *received = NULL;
	int sockets[2];
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
	assert_int_equal(lend_buffer_wrap(&info, memory, BYTES, &buffer), 0);
	assert_refused(lend_buffer_send(sockets[0], buffer), EMEDIUMTYPE, "without a descriptor");
	assert_int_equal(lend_buffer_receive(sockets[1], &received), -EAGAIN);
	lend_buffer_destroy(buffer);
	close(sockets[0]);
	close(sockets[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_draw),
		cmocka_unit_test(test_measure),	 cmocka_unit_test(test_planes),
		cmocka_unit_test(test_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
