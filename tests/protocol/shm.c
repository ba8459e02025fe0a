/* SPDX-License-Identifier: MIT */
/* wl_shm: pools that a client brings, honest or not. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040

struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options)
{
	fixture->test = test_create(options);
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
}

static void fixture_destroy(struct fixture *fixture)
{
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

static void assert_shown(struct fixture *fixture, int x, int y, int width, int height,
			 uint32_t colour)
{
	struct picture picture;

	picture_take(fixture->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	picture_finish(&picture);
}

/* ---- formats -------------------------------------------------------------------------------- */

static bool has_format(const struct client *client, uint32_t format)
{
	for (unsigned i = 0; i < client->n_shm_formats; i++)
		if (client->shm_formats[i] == format)
			return true;
	return false;
}

static void formats_are_announced(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);

	assert_true(has_format(client, WL_SHM_FORMAT_ARGB8888));
	assert_true(has_format(client, WL_SHM_FORMAT_XRGB8888));
	assert_true(has_format(client, WL_SHM_FORMAT_RGB565));
	assert_false(has_format(client, WL_SHM_FORMAT_NV12));
	assert_false(has_format(client, LEND_FORMAT_ARGB8888)); /* has a code of its own */
	test_destroy(test);
}

static void put_bytes(uint8_t *to, uint32_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* Red in each format comes out red. */
static void formats_are_converted(void)
{
	static const struct {
		uint32_t format, red;
		unsigned bytes;
	} rows[] = {
		{WL_SHM_FORMAT_XRGB8888, 0xffff0000, 4},
		{WL_SHM_FORMAT_ARGB8888, 0xffff0000, 4},
		{WL_SHM_FORMAT_XBGR8888, 0xff0000ff, 4},
		{WL_SHM_FORMAT_ABGR8888, 0xff0000ff, 4},
		{WL_SHM_FORMAT_RGB565, 0xf800, 2},
		{WL_SHM_FORMAT_BGR565, 0x001f, 2},
		{WL_SHM_FORMAT_XRGB2101010, 0xfff00000, 4},
		{WL_SHM_FORMAT_ARGB2101010, 0xfff00000, 4},
		{WL_SHM_FORMAT_XBGR2101010, 0xc00003ff, 4},
		{WL_SHM_FORMAT_ABGR2101010, 0xc00003ff, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture fixture;
		/* An odd width and a stride that is no multiple of four, too. */
		for (int32_t width = 319; width <= 320; width++) {
			int32_t stride = width * (int32_t)rows[i].bytes;
			int32_t size = stride * 240;
			fixture_create(&fixture, NULL);
			assert_true(has_format(fixture.client, rows[i].format));
			int fd = memory_create((size_t)size);
			uint8_t *pixels =
				mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			assert_ptr_not_equal(pixels, MAP_FAILED);
			for (int32_t j = 0; j < 240 * width; j++)
				put_bytes(pixels + (size_t)j * rows[i].bytes, rows[i].red,
					  rows[i].bytes);
			struct wl_shm_pool *pool =
				wl_shm_create_pool(fixture.client->shm, fd, size);
			struct wl_buffer *buffer = wl_shm_pool_create_buffer(
				pool, 0, width, 240, stride, rows[i].format);
			wl_shm_pool_destroy(pool);
			window_show(&fixture.window, buffer);
			assert_shown(&fixture, 1, 0, 318, 240, 0xff0000);
			munmap(pixels, (size_t)size);
			close(fd);
			wl_buffer_destroy(buffer);
			fixture_destroy(&fixture);
		}
	}
}

/* ---- pools ---------------------------------------------------------------------------------- */

static void buffers_outlive_their_pool(void)
{
	struct fixture fixture;
	const int32_t size = 320 * 240 * 4;

	fixture_create(&fixture, NULL);
	int before = count_fds();
	int fd = memory_create((size_t)size * 2);
	uint8_t *pixels = mmap(NULL, (size_t)size * 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(pixels, MAP_FAILED);
	fill_rect(pixels, 1280, 0, 0, 320, 240, RED);
	fill_rect(pixels + size, 1280, 0, 0, 320, 240, GREEN);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, size);
	close(fd);
	struct wl_buffer *first =
		wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_resize(pool, size * 2);
	struct wl_buffer *second =
		wl_shm_pool_create_buffer(pool, size, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	window_show(&fixture.window, first);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	window_show(&fixture.window, second);
	assert_shown(&fixture, 0, 0, 320, 240, GREEN);
	wl_buffer_destroy(first);
	wl_buffer_destroy(second);
	wl_surface_attach(fixture.window.surface, NULL, 0, 0);
	wl_surface_commit(fixture.window.surface);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	munmap(pixels, (size_t)size * 2);
	assert_in_range(count_fds(), before, before + 1); /* + an output buffer for the black */
	fixture_destroy(&fixture);
}

static void many_buffers_in_one_pool(void)
{
	struct fixture fixture;
	struct wl_buffer *buffers[100];

	fixture_create(&fixture, NULL);
	int fd = memory_create(102400);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 100 * 16 * 16 * 4);
	for (int i = 0; i < 100; i++)
		buffers[i] = wl_shm_pool_create_buffer(pool, i * 16 * 16 * 4, 16, 16, 64,
						       WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	for (int i = 0; i < 100; i++) {
		if (i % 10 == 0)
			window_show(&fixture.window, buffers[i]);
		wl_buffer_destroy(buffers[i]);
	}
	expect_alive(fixture.client);
	close(fd);
	fixture_destroy(&fixture);
}

/* ---- dishonest numbers ---------------------------------------------------------------------- */

static void create_buffer_is_checked(void)
{
	const uint32_t format = WL_SHM_FORMAT_XRGB8888;
	const struct {
		int32_t offset, width, height, stride;
		uint32_t format, code;
	} rows[] = {
		{-1, 10, 10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{-4, 10, 10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 0, 10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 0, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, -10, 10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, -10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 10, 39, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 10, 0, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 10, -40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 11, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{1, 10, 10, 40, format, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 1, 1, 4, format, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX - 3, 1, 1, 4, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 10, INT32_MAX, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 1, 65536, 65536, format, WL_SHM_ERROR_INVALID_STRIDE}, /* wraps to 0 */
		{0, 16384, 16384, 65536, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 0x40000001, 1, 4, format,
		 WL_SHM_ERROR_INVALID_STRIDE}, /* width * 4 wraps to 4 */
		{0, INT32_MAX, INT32_MAX, INT32_MAX, format, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, format, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 10, 10, 40, 2, WL_SHM_ERROR_INVALID_FORMAT},
		{0, 10, 10, 40, WL_SHM_FORMAT_NV12, WL_SHM_ERROR_INVALID_FORMAT},
		{0, 10, 10, 40, UINT32_MAX, WL_SHM_ERROR_INVALID_FORMAT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test *test = test_create(NULL);
		struct client *client = client_create(test);
		int fd = memory_create(400);
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 400);
		wl_shm_pool_create_buffer(pool, rows[i].offset, rows[i].width, rows[i].height,
					  rows[i].stride, rows[i].format);
		/* wl_shm's codes are posted on the pool */
		expect_error(client, &wl_shm_pool_interface, rows[i].code, "create_buffer");
		close(fd);
		test_destroy(test);
	}
}

static void expect_pool_refused(int fd, int32_t size, uint32_t code, const char *words)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct client *other = client_create(test);

	wl_shm_create_pool(client->shm, fd, size);
	expect_error(client, &wl_shm_interface, code, words);
	expect_alive(other);
	test_destroy(test);
}

static void sizes_are_checked(void)
{
	int fd = memory_create(4096);

	expect_pool_refused(fd, 0, WL_SHM_ERROR_INVALID_STRIDE, "0");
	expect_pool_refused(fd, -1, WL_SHM_ERROR_INVALID_STRIDE, "-1");
	expect_pool_refused(fd, INT32_MIN, WL_SHM_ERROR_INVALID_STRIDE, "-2147483648");
	close(fd);
}

/* A pool may be larger than its memory, as long as no buffer is where there is none. */
static void buffers_beyond_the_memory_are_refused(void)
{
	static const struct {
		int32_t size, offset, width, height;
	} cases[] = {{4097, 0, 1024, 1},
		     {4097, 1, 1024, 1},
		     {INT32_MAX, 0, 64, 17},
		     {INT32_MAX, INT32_MAX - 65536, 16, 16}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test *test = test_create(NULL);
		struct client *client = client_create(test);
		struct client *other = client_create(test);
		int fd = memory_create(4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, cases[i].size);
		wl_shm_pool_create_buffer(pool, cases[i].offset, cases[i].width, cases[i].height,
					  cases[i].width * 4, WL_SHM_FORMAT_XRGB8888);
		if (i == 0)
			expect_alive(client);
		else
			expect_error(client, &wl_buffer_interface, WL_SHM_ERROR_INVALID_FD,
				     "4096 bytes");
		expect_alive(other);
		close(fd);
		test_destroy(test);
	}
}

static void resize_is_checked(void)
{
	static const int32_t sizes[] = {4095, 0, -1, 8193, INT32_MAX, INT32_MIN};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct test *test = test_create(NULL);
		struct client *client = client_create(test);
		int fd = memory_create(8192);
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
		wl_shm_pool_resize(pool, 4096);
		wl_shm_pool_resize(pool, 8192);
		wl_shm_pool_resize(pool, 8192);
		expect_alive(client);
		wl_shm_pool_resize(pool, sizes[i]);
		expect_error(client, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_FD, "resize");
		close(fd);
		test_destroy(test);
	}
}

/* ---- fds that are no memory, or will not stay ----------------------------------------------- */

static void pipes_sockets_and_files_are_refused(void)
{
	int fds[2];
	char path[] = "/var/tmp/framelend-file-XXXXXX";

	assert_int_equal(pipe(fds), 0);
	expect_pool_refused(fds[0], 4096, WL_SHM_ERROR_INVALID_FD, "not shared memory");
	expect_pool_refused(fds[1], 4096, WL_SHM_ERROR_INVALID_FD, "not shared memory");
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	expect_pool_refused(fds[0], 4096, WL_SHM_ERROR_INVALID_FD, "memfd");
	close(fds[0]);
	close(fds[1]);
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	expect_pool_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "");
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	expect_pool_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "");
	close(fd);
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	expect_pool_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "");
	close(fd);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(ftruncate(fd, 4096), 0);
	int seals = fcntl(fd, F_GET_SEALS); /* -1 unless this directory is a tmpfs */
	if (seals < 0)
		expect_pool_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "not shared memory");
	close(fd);
}

/* Lets a FUSE file be opened and closed; whoever wants to know or read anything of it then waits.
 */
static void serve_fuse(int fuse)
{
	static union {
		struct fuse_in_header header;
		char bytes[FUSE_MIN_READ_BUFFER];
	} in;
	struct {
		struct fuse_out_header header;
		union {
			struct fuse_init_out init;
			struct fuse_open_out open;
			struct fuse_attr_out attributes;
		};
	} out;
	bool opened = false;

	alarm(30); /* its end frees whoever waits */
	while (read(fuse, &in, sizeof(in)) > 0) {
		size_t length = 0;
		memset(&out, 0, sizeof(out));
		if (opened && (in.header.opcode == FUSE_GETATTR || in.header.opcode == FUSE_READ))
			continue;
		if (in.header.opcode == FUSE_INIT) {
			out.init.major = FUSE_KERNEL_VERSION;
			out.init.minor = FUSE_KERNEL_MINOR_VERSION;
			out.init.max_write = 4096;
			length = sizeof(out.init);
		} else if (in.header.opcode == FUSE_GETATTR) {
			out.attributes.attr = (struct fuse_attr){
				.ino = 1, .size = 4096, .mode = S_IFREG | 0644, .nlink = 1};
			length = sizeof(out.attributes);
		} else if (in.header.opcode == FUSE_OPEN) {
			opened = true;
			length = sizeof(out.open);
		} else {
			out.header.error = -ENOSYS;
		}
		out.header.len = (uint32_t)(sizeof(out.header) + length);
		out.header.unique = in.header.unique;
		if (write(fuse, &out, out.header.len) < 0)
			return;
	}
}

static void a_fuse_file_does_not_hang_the_server(void)
{
	char path[] = "/tmp/framelend-fuse-XXXXXX", options[128];
	int mountpoint = mkstemp(path), fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	assert_true(mountpoint >= 0);
	close(mountpoint);
	snprintf(options, sizeof(options), "fd=%d,rootmode=100644,user_id=%d,group_id=%d", fuse,
		 (int)getuid(), (int)getgid());
	/* In a name space of its own, so that nobody else's look at /tmp waits for it. */
	if (fuse < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("framelend-test", path, "fuse", 0, options) < 0) {
		const char *why = strerror(errno);
		unlink(path);
		harness_skip("no FUSE file system can be mounted here: %s", why);
	}
	pid_t pid = fork();
	if (pid == 0) {
		serve_fuse(fuse);
		_exit(0);
	}
	close(fuse);
	int file = open(path, O_RDWR | O_CLOEXEC);
	umount2(path, MNT_DETACH);
	unlink(path);
	assert_true(file >= 0);
	alarm(20);
	expect_pool_refused(file, 4096, WL_SHM_ERROR_INVALID_FD, "not shared memory");
	close(file);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void sealed_by_the_server_it_cannot_shrink(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	uint64_t scanout = output_scanout(fixture.test->outputs[0]);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	client_roundtrip(fixture.client);
	assert_int_equal(ftruncate(buffer.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(buffer.fd, (off_t)buffer.size * 2), 0); /* growing is fine */
	shm_buffer_fill(&buffer, RED);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	assert_int_equal(output_scanout(fixture.test->outputs[0]), scanout + 1);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Memory that nobody can seal, cut off at every moment that matters. */
static void truncated_pools_hurt_their_own_picture_alone(void)
{
	for (int when = 0; when < 4; when++) {
		struct fixture fixture;
		struct bystander bystander;
		const int32_t size = 320 * 240 * 4;

		fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
		bystander_create(fixture.test, &bystander);
		int fd = memfd_create("unsealable", MFD_CLOEXEC); /* F_SEAL_SEAL is set */
		assert_int_equal(ftruncate(fd, size), 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, size);
		if (when == 0)
			assert_int_equal(ftruncate(fd, 0), 0);
		else
			client_roundtrip(fixture.client);
		if (when == 1)
			assert_int_equal(ftruncate(fd, 0), 0);
		struct wl_buffer *buffer =
			wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
		if (when > 1) {
			client_roundtrip(fixture.client);
			if (when == 2)
				assert_int_equal(ftruncate(fd, 4096 * 3 + 5), 0);
			window_show(&fixture.window, buffer);
			if (when == 3)
				assert_int_equal(ftruncate(fd, 0), 0);
			window_show(&fixture.window, buffer);
			wl_buffer_destroy(buffer);
			wl_shm_pool_destroy(pool);
		} else {
			expect_error(fixture.client, &wl_buffer_interface, WL_SHM_ERROR_INVALID_FD,
				     "0 bytes");
		}
		bystander_check(&bystander);
		close(fd);
		bystander_destroy(&bystander);
		fixture_destroy(&fixture);
	}
}

static void unsealable_pools_are_shown_by_a_copy(void)
{
	struct fixture fixture;
	const int32_t size = 320 * 240 * 4;

	fixture_create(&fixture, NULL);
	uint64_t scanout = output_scanout(fixture.test->outputs[0]);
	int fd = memfd_create("unsealable", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, size), 0);
	uint8_t *pixels = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(pixels, MAP_FAILED);
	fill_rect(pixels, 1280, 0, 0, 320, 240, RED);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, size);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	window_show(&fixture.window, buffer);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	/* The damage is read, and nothing beside it. */
	fill_rect(pixels, 1280, 0, 0, 320, 240, GREEN);
	unsigned frames = fixture.window.frames;
	wl_surface_attach(fixture.window.surface, buffer, 0, 0);
	wl_surface_damage_buffer(fixture.window.surface, 10, 10, 20, 20);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	assert_shown(&fixture, 10, 10, 20, 20, GREEN);
	assert_int_equal(output_scanout(fixture.test->outputs[0]), scanout);
	/* Truncated, it is black where it is damaged, and grown again it shows. */
	assert_int_equal(ftruncate(fd, 0), 0);
	window_show(&fixture.window, buffer);
	assert_shown(&fixture, 0, 0, 320, 240, 0);
	assert_int_equal(ftruncate(fd, size), 0);
	fill_rect(pixels, 1280, 0, 0, 320, 240, RED);
	window_show(&fixture.window, buffer);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	munmap(pixels, (size_t)size);
	close(fd);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	fixture_destroy(&fixture);
}

/* What shm_open() gives: a file on tmpfs, which has no seals either. */
static void files_on_tmpfs_work(void)
{
	struct fixture fixture;
	char name[64];

	fixture_create(&fixture, NULL);
	snprintf(name, sizeof(name), "/framelend-test-%d", (int)getpid());
	int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		harness_skip("shm_open: %s", strerror(errno));
	shm_unlink(name);
	assert_int_equal(ftruncate(fd, 1024), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 16 * 16 * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 16, 16, 64, WL_SHM_FORMAT_XRGB8888);
	window_show(&fixture.window, buffer);
	expect_alive(fixture.client);
	close(fd);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	fixture_destroy(&fixture);
}

/* A descriptor that only reads, as some clients pass: it is enough. */
static void read_only_descriptors_work(void)
{
	struct fixture fixture;
	char path[64];

	fixture_create(&fixture, NULL);
	int writable = memory_create(307200);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", writable);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 320 * 240 * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	window_show(&fixture.window, buffer);
	expect_alive(fixture.client);
	close(fd);
	close(writable);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"formats_are_announced", formats_are_announced},
	{"formats_are_converted", formats_are_converted},
	{"buffers_outlive_their_pool", buffers_outlive_their_pool},
	{"many_buffers_in_one_pool", many_buffers_in_one_pool},
	{"create_buffer_is_checked", create_buffer_is_checked},
	{"sizes_are_checked", sizes_are_checked},
	{"buffers_beyond_the_memory_are_refused", buffers_beyond_the_memory_are_refused},
	{"resize_is_checked", resize_is_checked},
	{"pipes_sockets_and_files_are_refused", pipes_sockets_and_files_are_refused},

	{"a_fuse_file_does_not_hang_the_server", a_fuse_file_does_not_hang_the_server},
	{"sealed_by_the_server_it_cannot_shrink", sealed_by_the_server_it_cannot_shrink},
	{"truncated_pools_hurt_their_own_picture_alone",
	 truncated_pools_hurt_their_own_picture_alone},
	{"unsealable_pools_are_shown_by_a_copy", unsealable_pools_are_shown_by_a_copy},
	{"files_on_tmpfs_work", files_on_tmpfs_work},
	{"read_only_descriptors_work", read_only_descriptors_work},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
