/* SPDX-License-Identifier: MIT */
/* zwp_linux_dmabuf_v1: what is refused and how, what is shown, and what a client is told to make.
 */
#include "dmabufs.h"

#include <fake-drm.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040

/* ---- bad input ------------------------------------------------------------------------------ */

/* One plane and a request for a buffer, of which something is wrong. */
struct attempt {
	const char *what;
	int32_t width, height;
	uint32_t format, flags, offset, stride, modifier_hi;
	int fd; /* -1: the dma-buf's */
	uint32_t plane;
	int error; /* of create_immed; -1: `failed` */
	const char *words;
};

static void ask(struct dmabufs *dmabufs, struct dmabuf *dmabuf, const struct attempt *attempt,
		bool immediately)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(dmabufs->global);

	dmabuf_listen(params, dmabuf);
	zwp_linux_buffer_params_v1_add(params, attempt->fd >= 0 ? attempt->fd : dmabuf->fd,
				       attempt->plane, attempt->offset, attempt->stride,
				       attempt->modifier_hi, 0);
	if (immediately)
		dmabuf->buffer = zwp_linux_buffer_params_v1_create_immed(
			params, attempt->width, attempt->height, attempt->format, attempt->flags);
	else
		zwp_linux_buffer_params_v1_create(params, attempt->width, attempt->height,
						  attempt->format, attempt->flags);
}

static const struct attempt attempts[] = {
	{"no width", 0, 16, LEND_FORMAT_XRGB8888, 0, 0, 64, 0, -1, 0, 5, "each side"},
	{"a negative height", 16, -1, LEND_FORMAT_XRGB8888, 0, 0, 64, 0, -1, 0, 5, "each side"},
	{"no such format", 16, 16, LEND_FOURCC('Q', 'Q', 'Q', 'Q'), 0, 0, 64, 0, -1, 0, 4,
	 "not announced"},
	{"two planes needed", 16, 16, LEND_FORMAT_NV12, 0, 0, 64, 0, -1, 0, 4, "not announced"},
	{"a modifier", 16, 16, LEND_FORMAT_XRGB8888, 0, 0, 64, 0x01000000, -1, 0, 4,
	 "not announced"},
	{"too small a stride", 16, 16, LEND_FORMAT_XRGB8888, 0, 0, 60, 0, -1, 0, 6, "stride"},
	{"beyond the end", 16, 65, LEND_FORMAT_XRGB8888, 0, 0, 64, 0, -1, 0, 6, "needs"},
	{"an offset beyond the end", 16, 16, LEND_FORMAT_XRGB8888, 0, 0xfffffff0, 64, 0, -1, 0, 6,
	 "32 bits"},
	{"plane 1 alone", 16, 16, LEND_FORMAT_XRGB8888, 0, 0, 64, 0, -1, 1, 3, "missing"},
	{"upside down", 16, 16, LEND_FORMAT_XRGB8888, 1, 0, 64, 0, -1, 0, -1, "inverted"},
};

static void try_all(bool immediately)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct attempt *attempt = &attempts[i];
		struct dmabufs dmabufs;
		struct dmabuf dmabuf;

		dmabufs_open(&dmabufs, NULL, 4);
		dmabuf_allocate(&dmabuf, 16, 16, RED); /* a page */
		ask(&dmabufs, &dmabuf, attempt, immediately);
		if (immediately && attempt->error >= 0) {
			expect_error(dmabufs.client, &zwp_linux_buffer_params_v1_interface,
				     (uint32_t)attempt->error, attempt->words);
		} else {
			expect_alive(dmabufs.client);
			if (dmabuf.failed != 1 || dmabuf.created)
				fail_msg("%s: not refused", attempt->what);
			if (!strstr(dmabufs.test->log, attempt->words))
				fail_msg("%s: %s", attempt->what, dmabufs.test->log);
		}
		dmabuf_destroy(&dmabuf);
		dmabufs_close(&dmabufs);
	}
}

static void create_answers_failed_and_nothing_worse(void)
{
	try_all(false);
}

static void create_immed_answers_as_the_specification_says(void)
{
	try_all(true);
}

static void what_is_no_dmabuf_is_refused(void)
{
	struct dmabufs dmabufs;
	struct dmabuf dmabuf;
	int pipes[2], fds[4];

	dmabufs_open(&dmabufs, NULL, 4);
	dmabuf_allocate(&dmabuf, 16, 16, RED);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fds[0] = memory_create(4096);
	fds[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[2] = pipes[0];
	fds[3] = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < 4; i++) {
		const struct attempt attempt = {
			"", 16, 16, LEND_FORMAT_XRGB8888, 0, 0, 64, 0, fds[i], 0, -1, ""};
		ask(&dmabufs, &dmabuf, &attempt, false);
		expect_alive(dmabufs.client);
		assert_int_equal(dmabuf.failed, i + 1);
		close(fds[i]);
	}
	close(pipes[1]);
	assert_non_null(strstr(dmabufs.test->log, "an fd is no dma-buf"));
	dmabuf_destroy(&dmabuf);
	dmabufs_close(&dmabufs);
}

static void parameters_are_good_for_one_buffer(void)
{
	static const char *const words[] = {"add: a buffer was made", "create: a buffer was made",
					    "create_immed: a buffer was made"};

	for (int i = 0; i < 3; i++) {
		struct dmabufs dmabufs;
		struct dmabuf dmabuf;

		dmabufs_open(&dmabufs, NULL, 4);
		dmabuf_allocate(&dmabuf, 16, 16, RED);
		struct zwp_linux_buffer_params_v1 *params =
			zwp_linux_dmabuf_v1_create_params(dmabufs.global);
		dmabuf_listen(params, &dmabuf);
		zwp_linux_buffer_params_v1_add(params, dmabuf.fd, 0, 0, 64, 0, 0);
		zwp_linux_buffer_params_v1_create(params, 16, 16, LEND_FORMAT_XRGB8888, 0);
		if (i == 0)
			zwp_linux_buffer_params_v1_add(params, dmabuf.fd, 0, 0, 64, 0, 0);
		else if (i == 1)
			zwp_linux_buffer_params_v1_create(params, 16, 16, LEND_FORMAT_XRGB8888, 0);
		else
			zwp_linux_buffer_params_v1_create_immed(params, 16, 16,
								LEND_FORMAT_XRGB8888, 0);
		expect_error(dmabufs.client, &zwp_linux_buffer_params_v1_interface,
			     ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED, words[i]);
		dmabuf_destroy(&dmabuf);
		dmabufs_close(&dmabufs);
	}
}

static void planes_are_set_once_and_within_four(void)
{
	for (uint32_t second = 0; second < 5; second += 4) {
		struct dmabufs dmabufs;
		struct dmabuf dmabuf;

		dmabufs_open(&dmabufs, NULL, 4);
		dmabuf_allocate(&dmabuf, 16, 16, RED);
		struct zwp_linux_buffer_params_v1 *params =
			zwp_linux_dmabuf_v1_create_params(dmabufs.global);
		zwp_linux_buffer_params_v1_add(params, dmabuf.fd, 0, 0, 64, 0, 0);
		zwp_linux_buffer_params_v1_add(params, dmabuf.fd, second, 0, 64, 0, 0);
		expect_error(dmabufs.client, &zwp_linux_buffer_params_v1_interface,
			     second ? ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX
				    : ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
			     second ? "plane 4" : "plane 0 is set");
		dmabuf_destroy(&dmabuf);
		dmabufs_close(&dmabufs);
	}
}

static void descriptors_count_for_the_quota(void)
{
	struct dmabufs dmabufs;
	struct dmabuf dmabuf;

	dmabufs_open(&dmabufs, NULL, 4);
	dmabuf_allocate(&dmabuf, 16, 16, RED);
	for (int i = 0; i < 300 && !wl_display_get_error(dmabufs.client->display); i++) {
		struct zwp_linux_buffer_params_v1 *params =
			zwp_linux_dmabuf_v1_create_params(dmabufs.global);
		zwp_linux_buffer_params_v1_add(params, dmabuf.fd, 0, 0, 64, 0, 0);
		pump(dmabufs.test);
	}
	expect_no_memory(dmabufs.client, "file descriptors");
	dmabuf_destroy(&dmabuf);
	dmabufs_close(&dmabufs);
}

/* ---- what is shown -------------------------------------------------------------------------- */

static void assert_shown(struct dmabufs *dmabufs, uint32_t colour)
{
	struct picture picture;

	picture_take(dmabufs->test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, colour);
	picture_finish(&picture);
}

static void a_dmabuf_is_shown_and_released(void)
{
	struct dmabufs dmabufs;
	struct dmabuf buffers[2];
	struct window window;

	dmabufs_open(&dmabufs, NULL, 4);
	window_create(dmabufs.client, &window);
	dmabuf_create(&dmabufs, &buffers[0], 320, 240, RED);
	dmabuf_create(&dmabufs, &buffers[1], 320, 240, GREEN);
	window_show(&window, buffers[0].buffer);
	assert_shown(&dmabufs, RED);
	window_show(&window, buffers[1].buffer);
	assert_shown(&dmabufs, GREEN);
	pump(dmabufs.test);
	assert_int_equal(buffers[0].released, 1);
	assert_int_equal(buffers[1].released, 0);
	for (int i = 0; i < 2; i++)
		dmabuf_destroy(&buffers[i]);
	window_destroy(&window);
	dmabufs_close(&dmabufs);
}

static void the_last_good_picture_stays(void)
{
	const struct attempt bad = {"", 320, 240, LEND_FORMAT_XRGB8888, 1, 0, 1280, 0, -1,
				    0,	-1,  ""};
	struct dmabufs dmabufs;
	struct dmabuf good, failed;
	struct window window;

	dmabufs_open(&dmabufs, NULL, 4);
	window_create(dmabufs.client, &window);
	dmabuf_create(&dmabufs, &good, 320, 240, RED);
	dmabuf_allocate(&failed, 320, 240, GREEN);
	window_show(&window, good.buffer);
	ask(&dmabufs, &failed, &bad, true);
	window_show(&window, failed.buffer);
	expect_alive(dmabufs.client);
	assert_int_equal(failed.failed, 1);
	assert_shown(&dmabufs, RED);
	dmabuf_destroy(&good);
	dmabuf_destroy(&failed);
	window_destroy(&window);
	dmabufs_close(&dmabufs);
}

/* ---- what to make --------------------------------------------------------------------------- */

static void older_versions_hear_of_formats_at_once(void)
{
	struct dmabufs dmabufs;

	dmabufs_open(&dmabufs, NULL, 3);
	assert_int_equal(dmabufs.formats, 0);
	assert_int_equal(dmabufs.modifiers, 10);
	dmabufs_close(&dmabufs);
	dmabufs_open(&dmabufs, NULL, 1);
	assert_int_equal(dmabufs.formats, 10);
	assert_int_equal(dmabufs.modifiers, 0);
	dmabufs_close(&dmabufs);
}

struct feedback {
	struct dmabuf_format *table;
	uint32_t size;
	unsigned done, tranches, devices, indices;
	uint32_t flags;
};

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
	((struct feedback *)data)->done++;
}

static void handle_table(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, int32_t fd,
			 uint32_t size)
{
	struct feedback *feedback = data;

	assert_ptr_equal(mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	feedback->table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(feedback->table, MAP_FAILED);
	feedback->size = size;
	close(fd);
}

static void handle_device(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy,
			  struct wl_array *device)
{
	assert_int_equal(device->size, sizeof(dev_t));
	((struct feedback *)data)->devices++;
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
	((struct feedback *)data)->tranches++;
}

static void handle_formats(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy,
			   struct wl_array *indices)
{
	((struct feedback *)data)->indices += indices->size / 2;
}

static void handle_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags)
{
	((struct feedback *)data)->flags |= flags;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_done,
	.format_table = handle_table,
	.main_device = handle_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_device,
	.tranche_formats = handle_formats,
	.tranche_flags = handle_flags,
};

static void feedback_names_what_the_renderer_reads(void)
{
	struct feedback feedback = {0};
	struct dmabufs dmabufs;

	dmabufs_open(&dmabufs, NULL, 4);
	assert_int_equal(dmabufs.modifiers + dmabufs.formats, 0);
	struct zwp_linux_dmabuf_feedback_v1 *proxy =
		zwp_linux_dmabuf_v1_get_default_feedback(dmabufs.global);
	zwp_linux_dmabuf_feedback_v1_add_listener(proxy, &feedback_listener, &feedback);
	client_roundtrip(dmabufs.client);
	assert_int_equal(feedback.done, 1);
	assert_int_equal(feedback.tranches, 1);
	assert_int_equal(feedback.devices, 2);
	assert_int_equal(feedback.flags, 0);
	assert_int_equal(feedback.indices, 10);
	assert_int_equal(feedback.size, 160);
	for (int i = 0; i < 10; i++)
		assert_int_equal(feedback.table[i].modifier, LEND_MODIFIER_LINEAR);
	munmap(feedback.table, feedback.size);
	zwp_linux_dmabuf_feedback_v1_destroy(proxy);
	dmabufs_close(&dmabufs);
}

static void a_surface_that_goes_leaves_its_feedback_inert(void)
{
	struct feedback feedback = {0};
	struct dmabufs dmabufs;

	dmabufs_open(&dmabufs, NULL, 4);
	struct wl_surface *surface = wl_compositor_create_surface(dmabufs.client->compositor);
	struct zwp_linux_dmabuf_feedback_v1 *proxy =
		zwp_linux_dmabuf_v1_get_surface_feedback(dmabufs.global, surface);
	zwp_linux_dmabuf_feedback_v1_add_listener(proxy, &feedback_listener, &feedback);
	wl_surface_destroy(surface);
	expect_alive(dmabufs.client);
	assert_int_equal(feedback.done, 1);
	munmap(feedback.table, feedback.size);
	zwp_linux_dmabuf_feedback_v1_destroy(proxy);
	dmabufs_close(&dmabufs);
}

static const struct harness_test tests[] = {
	{"create_answers_failed_and_nothing_worse", create_answers_failed_and_nothing_worse},
	{"create_immed_answers_as_the_specification_says",
	 create_immed_answers_as_the_specification_says},
	{"what_is_no_dmabuf_is_refused", what_is_no_dmabuf_is_refused},
	{"parameters_are_good_for_one_buffer", parameters_are_good_for_one_buffer},
	{"planes_are_set_once_and_within_four", planes_are_set_once_and_within_four},
	{"descriptors_count_for_the_quota", descriptors_count_for_the_quota},
	{"a_dmabuf_is_shown_and_released", a_dmabuf_is_shown_and_released},
	{"the_last_good_picture_stays", the_last_good_picture_stays},
	{"older_versions_hear_of_formats_at_once", older_versions_hear_of_formats_at_once},
	{"feedback_names_what_the_renderer_reads", feedback_names_what_the_renderer_reads},
	{"a_surface_that_goes_leaves_its_feedback_inert",
	 a_surface_that_goes_leaves_its_feedback_inert},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
