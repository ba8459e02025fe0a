/* SPDX-License-Identifier: MIT */
/* Surfaces that a GPU draws, and fences: what a program may ask for, what a server lends, rightly
 * and wrongly. The dma-bufs and sync_files are the test's: they are memfds and eventfds. */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <framelend-v1-server-protocol.h>
#include <linux/sync_file.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WIDTH	    64
#define HEIGHT	    48
#define STRIDE	    (WIDTH * 4UL)
#define SIZE	    (STRIDE * HEIGHT)

#define TILED	    UINT64_C(0x100000000000001)
#define OTHER_TILED UINT64_C(0x100000000000002)

/* ---- the kernel ----------------------------------------------------------------------------- */

static bool dmabufs;  /* memfds pass for dma-bufs */
static int sync_file; /* the eventfd that passes for one; 0: none */

LEND_EXPORT int open(const char *path, int flags, ...)
{
	static const char info[] = "pos:\t0\nexp_name:\ttest\n";
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (!dmabufs || strstr(path, "/fdinfo/") == NULL)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	int fd = memfd_create("fdinfo", MFD_CLOEXEC);
	assert_int_equal(pwrite(fd, info, sizeof(info), 0), sizeof(info));
	return fd;
}

LEND_EXPORT int fcntl(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	void *argument = va_arg(args, void *);
	va_end(args);
	errno = EINVAL;
	if (dmabufs && command == F_GET_SEALS)
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

LEND_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (request == SYNC_IOC_FILE_INFO && sync_file > 0 && fd == sync_file)
		return 0;
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static int reset(void **state)
{
	dmabufs = false;
	sync_file = 0;
	return 0;
}

/* Descriptors that are not memory are closed by a thread. */
static void wait_for_fds(int count)
{
	for (int i = 0; i < 1000 && count_fds() != count; i++)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	assert_int_equal(count_fds(), count);
}

/* ---- what a program asks for ---------------------------------------------------------------- */

static const struct fake_options scripted = {
	.width = WIDTH, .height = HEIGHT, .hold_generations = true};

static void refused(struct lend_client *client, struct lend_surface_options options, int error,
		    const char *words)
{
	struct lend_surface *surface = NULL;
	options.size = sizeof(options);
	assert_int_equal(lend_surface_create(client, &options, &surface), error);
	assert_null(surface);
	if (strstr(lend_client_error(client), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", lend_client_error(client), words);
}

static void test_bad_options(void **state)
{
	static const uint64_t many[257];
	const struct {
		struct lend_surface_options options;
		const char *words;
	} rows[] = {
		{{.gpu = 1, .mode = LEND_MODE_FRONT}, "neither front mode nor read nor preserve"},
		{{.gpu = 1, .read = 1}, "neither front mode nor read nor preserve"},
		{{.gpu = 1, .preserve = 1}, "neither front mode nor read nor preserve"},
		{{.modifiers = many, .n_modifiers = 1}, "1 modifiers: with gpu there can be"},
		{{.gpu = 1, .n_modifiers = 2}, "2 modifiers"},
		{{.gpu = 1, .modifiers = many, .n_modifiers = 257}, "up to 256"},
		{{.gpu = 1, .modifiers = many, .n_modifiers = SIZE_MAX}, "up to 256"},
	};
	struct fake fake;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(fake.lend, rows[i].options, -EINVAL, rows[i].words);
	fake_stop(&fake);
}

/* Neither by wl_shm nor by dma-bufs of the program's. */
static void test_servers_that_lend_nothing(void **state)
{
	const struct fake_options servers[] = {
		{.no_manager = true}, {.no_manager = true, .dmabuf = 4}, {.no_format = true}};
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &servers[i]), 0);
		refused(fake.lend, (struct lend_surface_options){.gpu = 1}, -ENOTSUP,
			"lends no memory for a GPU, only framelend does: draw on the CPU (gpu = 0)");
		/* which works */
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		assert_non_null(surface);
		fake_stop(&fake);
	}
}

static void test_what_the_server_is_asked(void **state)
{
	uint64_t modifiers[] = {TILED, LEND_MODIFIER_LINEAR, LEND_MODIFIER_INVALID};
	struct fake fake;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface_options options = {
		.size = sizeof(options), .gpu = 1, .modifiers = modifiers, .n_modifiers = 3};
	struct lend_surface *surface;
	assert_int_equal(lend_surface_create(fake.lend, &options, &surface), 0);
	modifiers[0] = OTHER_TILED; /* they were copied */
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.asked_usage, FRAMELEND_CHAIN_V1_USAGE_GPU);
	assert_int_equal(fake.n_modifiers, 3);
	assert_true(fake.modifiers[0] == TILED);
	assert_true(fake.modifiers[1] == LEND_MODIFIER_LINEAR);
	assert_true(fake.modifiers[2] == LEND_MODIFIER_INVALID);
	lend_surface_destroy(surface);
	fake_surface(&fake, (struct lend_surface_options){.gpu = 1});
	assert_int_equal(fake.asked_usage, FRAMELEND_CHAIN_V1_USAGE_GPU);
	assert_int_equal(fake.n_modifiers, 0);
	fake_stop(&fake);
}

/* ---- what a server lends -------------------------------------------------------------------- */

struct lent {
	const char *name;
	uint64_t modifier;
	uint32_t planes, first; /* how many, from which on */
	uint32_t offset;
	bool memfds;
	int error;
	const char *words;
};

/* The fake knows the buffer, so that it can be asked for. */
static void lend(struct fake *fake, const struct lent *lent)
{
	int fd = fake_memfd(SIZE, true);
	struct fake_buffer *buffer = &fake->buffers[fake->n_buffers++];
	*buffer = (struct fake_buffer){.generation = ++fake->generation, .fd = fd, .size = SIZE};
	buffer->pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(buffer->pixels != MAP_FAILED);
	framelend_chain_v1_send_buffer(fake->chain, fake->generation, 0, LEND_MEMORY_GBM,
				       LEND_CACHING_UNKNOWN, (uint32_t)(lent->modifier >> 32),
				       (uint32_t)lent->modifier);
	for (uint32_t i = 0; i < lent->planes; i++)
		framelend_chain_v1_send_plane(fake->chain, lent->first + i, fd, lent->offset * i,
					      STRIDE);
	framelend_chain_v1_send_done(fake->chain, fake->generation, WIDTH, HEIGHT,
				     LEND_FORMAT_XRGB8888);
	dmabufs = !lent->memfds;
	assert_int_equal(fake_run(fake), 0);
	dmabufs = false;
}

static void test_hostile_announcements(void **state)
{
	static const uint64_t modifiers[] = {LEND_MODIFIER_LINEAR, TILED};
	static const struct lent rows[] = {
		{"no dma-buf", .planes = 1, .memfds = true, .error = -EMEDIUMTYPE,
		 .words = "a descriptor that is no dma-buf"},
		{"a layout not asked for", OTHER_TILED, 1, .error = -EBADMSG,
		 .words = "wrong planes or layout"},
		{"an implicit one", LEND_MODIFIER_INVALID, 1, .error = -EBADMSG,
		 .words = "wrong planes or layout"},
		{"LINEAR with a plane more", .planes = 2, .error = -EBADMSG,
		 .words = "wrong planes or layout"},
		{"no plane", TILED, 0, .error = -EBADMSG, .words = "wrong planes or layout"},
		{"without the first plane", TILED, 2, 1, .error = -EBADMSG,
		 .words = "wrong planes or layout"},
	};
	const struct lend_surface_options options = {
		.gpu = 1, .modifiers = modifiers, .n_modifiers = 2};
	int before = count_fds();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake fake;
		struct lend_frame frame;
		assert_int_equal(fake_start(&fake, &scripted), 0);
		struct lend_surface *surface = fake_surface(&fake, options);
		lend(&fake, &rows[i]);
		int result = lend_frame_begin(surface, &frame);
		if (result != rows[i].error ||
		    strstr(lend_client_error(fake.lend), rows[i].words) == NULL)
			fail_msg("%s: %d: %s", rows[i].name, result, lend_client_error(fake.lend));
		assert_int_equal(fake.dropped, fake.generation);
		assert_int_equal(fake.configures, 1);
		/* a generation in order makes it whole */
		lend(&fake, &(const struct lent){.planes = 1});
		assert_null(fake_begin(surface).pixels);
		fake_stop(&fake);
		wait_for_fds(before);
	}
}

static void test_layouts_with_planes_of_their_own(void **state)
{
	static const uint64_t modifiers[] = {OTHER_TILED, TILED};
	struct fake fake;
	assert_int_equal(fake_start(&fake, &scripted), 0);
	struct lend_surface *surface = fake_surface(
		&fake,
		(struct lend_surface_options){.gpu = 1, .modifiers = modifiers, .n_modifiers = 2});
	lend(&fake, &(const struct lent){.modifier = TILED, .planes = 3, .offset = 4096});
	struct lend_frame frame = fake_begin(surface);
	struct lend_buffer_info info = {.size = sizeof(info)};
	assert_null(frame.pixels);
	assert_int_equal(lend_buffer_describe(frame.buffer, &info), 0);
	assert_true(info.modifier == TILED);
	assert_int_equal(info.memory, LEND_MEMORY_GBM);
	assert_int_equal(info.n_planes, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(info.planes[i].offset, 4096 * i);
		assert_int_equal(info.planes[i].stride, STRIDE);
		assert_true(info.planes[i].fd >= 0);
	}
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_shown(&fake)->generation, 1);
	fake_stop(&fake);
}

/* ---- fences --------------------------------------------------------------------------------- */

static void test_bad_fences(void **state)
{
	const struct fake_options servers[] = {{.width = WIDTH, .height = HEIGHT},
					       {.width = WIDTH, .height = HEIGHT, .fences = true}};
	for (size_t i = 0; i < 2; i++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &servers[i]), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		int before = count_fds();
		fake_begin(surface);
		/* signalled, but an eventfd; and what was never open */
		const int bad[] = {eventfd(1, EFD_CLOEXEC), 1000000};
		for (size_t j = 0; j < 2; j++) {
			assert_int_equal(lend_frame_end_fenced(surface, NULL, 0, bad[j]), -EINVAL);
			assert_non_null(strstr(lend_client_error(fake.lend),
					       "the fence is no sync_file ("));
			wait_for_fds(before); /* it is taken */
		}
		/* the frame is still begun */
		assert_int_equal(lend_frame_end_fenced(surface, NULL, 0, -1), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_non_null(fake_shown(&fake));
		assert_int_equal(fake.fences, 0);
		assert_int_equal(lend_frame_end_fenced(surface, NULL, 0, -1), -EINVAL);
		assert_non_null(strstr(lend_client_error(fake.lend), "no frame is begun"));
		fake_stop(&fake);
	}
}

/* A server that takes fences gets them; for another one the library has waited. */
static void test_fences(void **state)
{
	const struct fake_options servers[] = {{.width = WIDTH, .height = HEIGHT},
					       {.width = WIDTH, .height = HEIGHT, .fences = true},
					       {.no_manager = true}};
	for (size_t i = 0; i < 3; i++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &servers[i]), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		fake_begin(surface);
		int before = count_fds();
		/* One that has not signalled is waited for by the server alone. */
		sync_file = eventfd(servers[i].fences ? 0 : 1, EFD_CLOEXEC);
		assert_int_equal(lend_frame_end_fenced(surface, NULL, 0, sync_file), 0);
		assert_int_equal(fake_run(&fake), 0);
		wait_for_fds(before);
		assert_int_equal(fake.fences, servers[i].fences);
		assert_int_equal(fake.commits, 2); /* the first asks for a size */
		assert_non_null(fake.shown);
		fake_stop(&fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bad_options, reset),
		cmocka_unit_test_setup(test_servers_that_lend_nothing, reset),
		cmocka_unit_test_setup(test_what_the_server_is_asked, reset),
		cmocka_unit_test_setup(test_hostile_announcements, reset),
		cmocka_unit_test_setup(test_layouts_with_planes_of_their_own, reset),
		cmocka_unit_test_setup(test_bad_fences, reset),
		cmocka_unit_test_setup(test_fences, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
