/* SPDX-License-Identifier: MIT */
/* What a server lends, rightly and wrongly. */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <framelend-v1-server-protocol.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WIDTH  64
#define HEIGHT 48
#define STRIDE (WIDTH * 4UL)
#define SIZE   (STRIDE * HEIGHT)

static const struct fake_options scripted = {
	.width = WIDTH, .height = HEIGHT, .hold_generations = true};

/* A server's announcement, in which one thing may be wrong. */
struct script {
	const char *name;
	int (*make_fd)(void);
	uint32_t index, plane, offset, stride, modifier_low;
	uint32_t width, height, format;
	bool twice, no_plane, no_buffer, wrong_generation;
	int error;
	const char *words;
};

static int good_fd(void)
{
	return fake_memfd(SIZE, true);
}

static int small_fd(void)
{
	return fake_memfd(SIZE - 1, true);
}

static int shrinkable_fd(void)
{
	return fake_memfd(SIZE, false);
}

static int file_fd(void)
{
	return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int pipe_fd(void)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	return fds[0];
}

static void announce(struct fake *fake, const struct script *script)
{
	uint32_t generation = ++fake->generation;
	int fd = (script->make_fd != NULL ? script->make_fd : good_fd)();
	assert_true(fd >= 0);
	for (int i = 0; i < (script->twice ? 2 : 1) && !script->no_buffer; i++)
		framelend_chain_v1_send_buffer(
			fake->chain, script->wrong_generation ? generation + 7 : generation,
			script->index, 1, 1, 0, script->modifier_low);
	if (!script->no_plane)
		framelend_chain_v1_send_plane(fake->chain, script->plane, fd, script->offset,
					      script->stride != 0 ? script->stride : STRIDE);
	close(fd);
	framelend_chain_v1_send_done(fake->chain, generation,
				     script->width != 0 ? script->width : WIDTH,
				     script->height != 0 ? script->height : HEIGHT,
				     script->format != 0 ? script->format : LEND_FORMAT_XRGB8888);
}

/* Descriptors that are not memory are closed by a thread. */
static void wait_for_fds(int count)
{
	for (int i = 0; i < 1000 && count_fds() != count; i++)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	assert_int_equal(count_fds(), count);
}

static void test_hostile_announcements(void **state)
{
	static const struct script rows[] = {
		{"small", .make_fd = small_fd, .error = -ENOSPC, .words = "the memory has"},
		{"shrinkable", .make_fd = shrinkable_fd, .error = -EPERM, .words = "shrink"},
		{"not memory", .make_fd = file_fd, .error = -EMEDIUMTYPE, .words = "not memory"},
		{"pipe", .make_fd = pipe_fd, .error = -EMEDIUMTYPE, .words = "not memory"},
		{"index 4", .index = 4, .error = -EBADMSG, .words = "index"},
		{"index max", .index = UINT32_MAX, .error = -EBADMSG, .words = "index"},
		{"plane 1", .plane = 1, .error = -EBADMSG, .words = "planes"},
		{"plane 4", .plane = 4, .error = -EBADMSG, .words = "plane"},
		{"plane max", .plane = UINT32_MAX, .error = -EBADMSG, .words = "plane"},
		{"offset", .offset = 4, .error = -ENOSPC, .words = "the memory has"},
		{"offset max", .offset = UINT32_MAX - 3, .error = -EOVERFLOW,
		 .words = "does not fit"},
		{"stride short", .stride = STRIDE - 4, .error = -EINVAL, .words = "stride"},
		{"stride max", .stride = UINT32_MAX - 3, .error = -EOVERFLOW,
		 .words = "does not fit"},
		{"tiled", .modifier_low = 1, .error = -EBADMSG, .words = "layout"},
		{"twice", .twice = true, .error = -EBADMSG, .words = "same index"},
		{"no plane", .no_plane = true, .error = -EBADMSG, .words = "planes"},
		{"no buffer", .no_buffer = true, .error = -EBADMSG, .words = "buffers"},
		{"other generation", .wrong_generation = true, .error = -EBADMSG,
		 .words = "buffers"},
		{"height max", .height = UINT32_MAX, .error = -EBADMSG, .words = "size"},
		{"too high", .height = 16384, .error = -ENOSPC, .words = "the memory has"},
		{"format", .format = LEND_FORMAT_NV12, .error = -EBADMSG, .words = "format"},
		{"format max", .format = UINT32_MAX, .error = -EBADMSG, .words = "format"},
	};
	int before = count_fds();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake fake;
		struct lend_frame frame;
		assert_int_equal(fake_start(&fake, &scripted), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		announce(&fake, &rows[i]);
		assert_int_equal(fake_run(&fake), 0);
		int result = lend_frame_begin(surface, &frame);
		if (result != rows[i].error ||
		    strstr(lend_client_error(fake.lend), rows[i].words) == NULL)
			fail_msg("%s: %d: %s", rows[i].name, result, lend_client_error(fake.lend));
		/* the server is told that the generation is not used */
		assert_int_equal(fake.dropped, fake.generation);
		/* it stays refused, without asking again and again */
		assert_int_equal(lend_frame_begin(surface, &frame), rows[i].error);
		assert_int_equal(fake.configures, 1);
		/* a generation in order makes it whole */
		fake_lend(&fake, WIDTH, HEIGHT, 2);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake_begin(surface).width, WIDTH);
		fake_stop(&fake);
		wait_for_fds(before);
	}
}

static void test_stray_events(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	int fd = good_fd();
	framelend_chain_v1_send_plane(fake.chain, 0, fd, 0, STRIDE); /* before any buffer */
	framelend_chain_v1_send_done(fake.chain, 0, WIDTH, HEIGHT, LEND_FORMAT_XRGB8888);
	framelend_chain_v1_send_path(fake.chain, 4711, "", "");
	framelend_chain_v1_send_buffer(fake.chain, 99, 1, 77, 78, 0, 0);
	framelend_chain_v1_send_plane(fake.chain, 0, fd, 0, STRIDE); /* never done */
	close(fd);
	for (int i = 0; i < 40; i++)
		framelend_chain_v1_send_verdict(fake.chain, "x", 99, 99, "", 99, "", "");
	assert_int_equal(fake_run(&fake), 0);
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	/* a done again for what is known, and for what is gone */
	framelend_chain_v1_send_done(fake.chain, fake.generation, WIDTH, HEIGHT,
				     LEND_FORMAT_XRGB8888);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	/* releases that nobody waits for */
	for (int i = 0; i < 3; i++)
		wl_buffer_send_release(fake.buffers[0].resource);
	assert_int_equal(fake_run(&fake), 0);
	fake_stop(&fake);
}

static void test_refusal_tells_the_servers_reason(void **state)
{
	struct fake fake;
	struct lend_frame frame;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	framelend_chain_v1_send_failed(fake.chain, EDQUOT, "over your quota of bytes");
	assert_int_equal(fake_run(&fake), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lend_frame_begin(surface, &frame), -EDQUOT);
		assert_non_null(strstr(lend_client_error(fake.lend), "over your quota of bytes"));
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(fake.configures, 1);
	/* another size is another question */
	fake_configure(&fake, 32, 32);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	assert_int_equal(fake.configures, 2);
	fake_lend(&fake, 32, 32, 3);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_begin(surface).width, 32);
	fake_stop(&fake);
}

static void test_absurd_error_numbers(void **state)
{
	static const uint32_t numbers[] = {0, 1U << 31, UINT32_MAX, 4096};
	struct fake fake;
	struct lend_frame frame;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(fake_start(&fake, &scripted), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		framelend_chain_v1_send_failed(fake.chain, numbers[i], "");
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(lend_frame_begin(surface, &frame), -EIO);
		fake_stop(&fake);
	}
}

/* Told once; then drawing goes on in the size there is. */
static void test_refused_resize(void **state)
{
	struct fake fake;
	struct lend_frame frame;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	fake_configure(&fake, 1000, 1000);
	assert_int_equal(fake_run(&fake), 0);
	framelend_chain_v1_send_failed(fake.chain, ENOMEM, "no memory");
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -ENOMEM);
	assert_non_null(strstr(lend_client_error(fake.lend), "no memory"));
	/* a loop that waits for events before it looks again is woken */
	assert_true(lend_client_dispatch(fake.lend, -1) > 0);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	assert_int_equal(frame.width, WIDTH);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.dropped, 0);
	fake_stop(&fake);
}

static void test_pushed_generation_is_adopted(void **state)
{
	struct fake fake;
	struct fake_options options = scripted;
	options.hold_releases = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	fake_lend(&fake, WIDTH, HEIGHT, 2); /* within a frame */
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_shown(&fake)->generation, 1);
	assert_int_equal(fake.dropped, 0);
	assert_int_equal(fake_begin(surface).age, 0);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_shown(&fake)->generation, 2);
	assert_int_equal(fake.dropped, 1);
	/* what the server still holds stays until it is released */
	assert_non_null(fake.buffers[0].resource);
	assert_null(fake.buffers[1].resource);
	fake_release(&fake, fake.buffers[0].resource);
	assert_int_equal(fake_run(&fake), 0);
	assert_null(fake.buffers[0].resource);
	assert_int_equal(fake.configures, 1);
	fake_stop(&fake);
}

static void test_limit_of_descriptors(void **state)
{
	struct fake fake;
	struct rlimit limit, low;
	struct lend_frame frame;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	fake_serve(&fake);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)fake.buffers[2].fd + 1; /* none is free below */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	int result = lend_client_dispatch(fake.lend, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(result, -EMFILE);
	assert_non_null(strstr(lend_client_error(fake.lend), "ulimit -n"));
	assert_int_equal(lend_frame_begin(surface, &frame), -EMFILE);
	fake_stop(&fake);
}

static void test_a_flood_of_generations_is_bounded(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	int before = count_fds();
	for (int i = 0; i < 50; i++) {
		fake_lend(&fake, WIDTH, HEIGHT, 1);
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(fake.dropped, 49);
	/* the server's own 50, and the client's one */
	assert_int_equal(count_fds(), before + 50 + 1);
	assert_int_equal(fake_begin(surface).width, WIDTH);
	fake_stop(&fake);
}

/* The protocol lets a generation's buffers come one after the other. */
static void test_buffers_that_come_later(void **state)
{
	struct fake fake;
	struct lend_frame frame;
	struct fake_options options = scripted;
	options.hold_releases = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_lend(&fake, WIDTH, HEIGHT, 1);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	struct fake_buffer *buffer = &fake.buffers[fake.n_buffers++];
	*buffer = fake.buffers[0];
	buffer->index = 1;
	buffer->resource = NULL;
	buffer->fd = dup(buffer->fd);
	buffer->pixels = NULL;
	framelend_chain_v1_send_buffer(fake.chain, 1, 1, 1, 1, 0, 0);
	framelend_chain_v1_send_plane(fake.chain, 0, buffer->fd, 0, buffer->stride);
	framelend_chain_v1_send_done(fake.chain, 1, WIDTH, HEIGHT, LEND_FORMAT_XRGB8888);
	assert_int_equal(fake_run(&fake), 0);
	assert_non_null(buffer->resource);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	assert_int_equal(frame.age, 0);
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.count, 2);
	fake_stop(&fake);
}

static void count_call(void *data, struct lend_surface *surface)
{
	++*(int *)data;
}

static void test_path_and_verdicts(void **state)
{
	struct fake fake;
	int changes = 0;
	struct lend_surface_events events = {.size = sizeof(events), .path = count_call};
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(
		&fake, (struct lend_surface_options){.events = &events, .data = &changes});
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_NONE);
	assert_string_equal(path.output, "");
	assert_int_equal(path.count, 0);
	assert_null(lend_surface_verdict(surface, 0));

	fake_lend(&fake, WIDTH, HEIGHT, 3);
	assert_int_equal(fake_run(&fake), 0);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	framelend_chain_v1_send_path(fake.chain, LEND_PATH_SCANOUT, "It fills the output.", "left");
	framelend_chain_v1_send_path(fake.chain, LEND_PATH_SCANOUT, "It fills the output.", "left");
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(changes, 1);
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_SCANOUT);
	assert_string_equal(path.reason, "It fills the output.");
	assert_string_equal(path.output, "left");
	assert_int_equal(path.memory, LEND_MEMORY_MEMFD);
	assert_int_equal(path.caching, LEND_CACHING_CACHED);
	assert_int_equal(path.count, 3);

	const struct lend_verdict *verdict = lend_surface_verdict(surface, 0);
	assert_string_equal(verdict->allocator, "dumb");
	assert_int_equal(verdict->state, LEND_STATE_NOT_TRIED);
	assert_string_equal(verdict->reason, "There is no device.");
	assert_string_equal(lend_surface_verdict(surface, 1)->allocator, "memfd");
	assert_null(lend_surface_verdict(surface, 2));

	framelend_chain_v1_send_path(fake.chain, LEND_PATH_COPY, "Others cover it.", "left");
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(changes, 2);
	fake_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_announcements),
		cmocka_unit_test(test_stray_events),
		cmocka_unit_test(test_refusal_tells_the_servers_reason),
		cmocka_unit_test(test_absurd_error_numbers),
		cmocka_unit_test(test_refused_resize),
		cmocka_unit_test(test_pushed_generation_is_adopted),
		cmocka_unit_test(test_limit_of_descriptors),
		cmocka_unit_test(test_a_flood_of_generations_is_bounded),
		cmocka_unit_test(test_buffers_that_come_later),
		cmocka_unit_test(test_path_and_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
