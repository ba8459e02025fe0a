/* SPDX-License-Identifier: MIT */
/* /dev/fb0 as a program finds it: run by inside.sh, in a 320x240 framebuffer on a display. */
#include "fbdev/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* cmocka wants those above */
#include <cmocka.h>

#define WIDTH  320
#define HEIGHT 240
#define LENGTH ((((size_t)WIDTH * HEIGHT * 4 * 4) + 65535) / 65536 * 65536)

#define assert_fails(call, error)                                                                  \
	do {                                                                                       \
		errno = 0;                                                                         \
		assert_int_equal((long)(call), -1);                                                \
		assert_int_equal(errno, error);                                                    \
	} while (0)

int __open_2(const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

static int open_device(void)
{
	int fd = open("/dev/fb0", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static struct fb_var_screeninfo get_mode(int fd)
{
	struct fb_var_screeninfo mode;
	assert_int_equal(ioctl(fd, FBIOGET_VSCREENINFO, &mode), 0);
	return mode;
}

static void reset_mode(int fd)
{
	struct fb_var_screeninfo mode = {.xres = WIDTH, .yres = HEIGHT, .bits_per_pixel = 32};
	assert_int_equal(ioctl(fd, FBIOPUT_VSCREENINFO, &mode), 0);
}

static void check_is_device(int fd)
{
	struct fb_fix_screeninfo fixed;
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FBIOGET_FSCREENINFO, &fixed), 0);
	assert_string_equal(fixed.id, "framelend");
	assert_int_equal(close(fd), 0);
}

/* ---- opening -------------------------------------------------------------------------------- */

static void opens_by_every_function(void **state)
{
	errno = 77;
	check_is_device(open("/dev/fb0", O_RDWR));
	assert_int_equal(errno, 77);
	check_is_device(open64("/dev/fb/0", O_RDONLY));
	check_is_device(openat(AT_FDCWD, "/dev/graphics/fb0", O_WRONLY));
	check_is_device(openat64(-1, "/dev/fb0", O_RDWR | O_CLOEXEC));
	check_is_device(__open_2("/dev/fb0", O_RDWR));
	check_is_device(__openat64_2(AT_FDCWD, "/dev/fb0", O_RDWR));
	check_is_device(creat("/dev/fb0", 0666));
	check_is_device(open("/dev/fb0", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666));
	FILE *stream = fopen("/dev/fb0", "r+e");
	assert_non_null(stream);
	assert_int_equal(fcntl(fileno(stream), F_GETFD), FD_CLOEXEC);
	check_is_device(dup(fileno(stream)));
	assert_int_equal(fclose(stream), 0);
}

static void opening_fails_as_of_a_device(void **state)
{
	const char *volatile nowhere = NULL;
	assert_fails(open("/dev/fb0", O_RDONLY | O_DIRECTORY), ENOTDIR);
	assert_fails(open("/dev/fb0", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	assert_fails(open("/dev/fb77", O_RDWR), ENOENT);
	assert_fails(open("/dev/fb0x", O_RDWR), ENOENT);
	assert_fails(open(nowhere, O_RDWR), EFAULT);
	struct rlimit limit, few;
	getrlimit(RLIMIT_NOFILE, &limit);
	few = (struct rlimit){3, limit.rlim_max};
	int spare = open("/dev/null", O_RDONLY);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_fails(open("/dev/fb0", O_RDWR), EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);
	close(spare);
}

static void other_files_stay_what_they_are(void **state)
{
	char path[] = "/tmp/framelend-fbdev-XXXXXX", text[8] = "";
	int fd = mkstemp(path);
	struct stat status;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_fails(ioctl(fd, FBIOGET_VSCREENINFO, &status), ENOTTY);
	assert_int_equal(fstat(fd, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(access(path, W_OK), 0);
	close(fd);
	unlink(path);
	assert_fails(ioctl(-1, FBIOGET_VSCREENINFO, &status), EBADF);
	assert_fails(stat("/nonexistent", &status), ENOENT);
	assert_fails(access("/nonexistent", R_OK), ENOENT);
}

static void check_status(const struct stat *status)
{
	assert_true(S_ISCHR(status->st_mode));
	assert_int_equal(major(status->st_rdev), 29);
	assert_int_equal(minor(status->st_rdev), 0);
	assert_int_equal(status->st_size, 0);
}

static void looks_like_a_device(void **state)
{
	struct stat status;
	struct statx extended;
	int fd = open_device();
	assert_int_equal(stat("/dev/fb0", &status), 0);
	check_status(&status);
	assert_int_equal(lstat("/dev/fb0", &status), 0);
	check_status(&status);
	assert_int_equal(fstat(fd, &status), 0);
	check_status(&status);
	assert_int_equal(fstatat(AT_FDCWD, "/dev/fb0", &status, 0), 0);
	check_status(&status);
	assert_int_equal(fstatat(fd, "", &status, AT_EMPTY_PATH), 0);
	check_status(&status);
	assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &extended), 0);
	assert_int_equal(extended.stx_rdev_major, 29);
	assert_int_equal(access("/dev/fb0", R_OK | W_OK), 0);
	assert_fails(access("/dev/fb0", X_OK), EACCES);
	assert_false(isatty(fd));
	assert_true(ftruncate(fd, 0) < 0);
	close(fd);
}

/* ---- modes ---------------------------------------------------------------------------------- */

static void tells_its_mode(void **state)
{
	int fd = open_device();
	struct fb_fix_screeninfo fixed;
	struct fb_var_screeninfo mode = get_mode(fd);
	assert_int_equal(mode.xres, WIDTH);
	assert_int_equal(mode.yres, HEIGHT);
	assert_int_equal(mode.bits_per_pixel, 32);
	assert_int_equal(mode.red.offset, 16);
	assert_int_equal(mode.green.length, 8);
	assert_int_equal(ioctl(fd, FBIOGET_FSCREENINFO, &fixed), 0);
	assert_int_equal(fixed.line_length, WIDTH * 4);
	assert_int_equal(fixed.smem_len, LENGTH);
	assert_int_equal(fixed.type, FB_TYPE_PACKED_PIXELS);
	assert_int_equal(fixed.visual, FB_VISUAL_TRUECOLOR);
	assert_fails(ioctl(fd, FBIOGET_VSCREENINFO, NULL), EFAULT);
	assert_fails(ioctl(fd, FBIOGET_FSCREENINFO, (void *)16), EFAULT);
	assert_fails(ioctl(fd, FBIOPUT_VSCREENINFO, NULL), EFAULT);
	assert_fails(ioctl(fd, FBIOPAN_DISPLAY, (void *)16), EFAULT);
	close(fd);
}

static void sets_every_depth(void **state)
{
	static const struct {
		uint32_t asked, bits, stride, red, green;
	} depths[] = {
		{16, 16, 204 * 2, 11, 6}, {15, 16, 204 * 2, 11, 6}, {24, 24, 204 * 3, 16, 8},
		{32, 32, 204 * 4, 16, 8}, {25, 32, 204 * 4, 16, 8},
	};
	int fd = open_device();
	for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
		struct fb_fix_screeninfo fixed;
		struct fb_var_screeninfo mode = {
			.xres = 204, .yres = 100, .bits_per_pixel = depths[i].asked};
		assert_int_equal(ioctl(fd, FBIOPUT_VSCREENINFO, &mode), 0);
		assert_int_equal(mode.bits_per_pixel, depths[i].bits);
		assert_int_equal(mode.red.offset, depths[i].red);
		assert_int_equal(mode.green.length, depths[i].green);
		assert_int_equal(mode.xres_virtual, 204);
		assert_int_equal(ioctl(fd, FBIOGET_FSCREENINFO, &fixed), 0);
		assert_int_equal(fixed.line_length, depths[i].stride);
		struct fb_var_screeninfo now = get_mode(fd);
		assert_memory_equal(&now, &mode, sizeof(mode));
	}
	reset_mode(fd);
	close(fd);
}

static void refuses_absurd_modes(void **state)
{
	static const struct fb_var_screeninfo absurd[] = {
		{.xres = 0, .yres = 100, .bits_per_pixel = 32},
		{.xres = 100, .yres = 0, .bits_per_pixel = 32},
		{.xres = 100, .yres = 100, .bits_per_pixel = 0},
		{.xres = 100, .yres = 100, .bits_per_pixel = 8},
		{.xres = 100, .yres = 100, .bits_per_pixel = 33},
		{.xres = 100, .yres = 100, .bits_per_pixel = UINT32_MAX},
		{.xres = UINT32_MAX, .yres = 100, .bits_per_pixel = 32},
		{.xres = 100, .yres = UINT32_MAX, .bits_per_pixel = 32},
		{.xres = 20000, .yres = 1, .bits_per_pixel = 16},
		{.xres = 10000, .yres = 10000, .bits_per_pixel = 16},
		{.xres = WIDTH, .yres = HEIGHT, .yres_virtual = HEIGHT * 5, .bits_per_pixel = 32},
		{.xres = 100, .yres = 100, .xres_virtual = UINT32_MAX, .bits_per_pixel = 32},
		{.xres = 100, .yres = 100, .xoffset = UINT32_MAX, .bits_per_pixel = 32},
		{.xres = 100, .yres = 100, .yoffset = 60000, .bits_per_pixel = 32},
		{.xres = 100, .yres = 100, .bits_per_pixel = 32, .grayscale = 1},
		{.xres = 100, .yres = 100, .bits_per_pixel = 32, .vmode = FB_VMODE_YWRAP},
	};
	int fd = open_device();
	struct fb_var_screeninfo before = get_mode(fd);
	for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		struct fb_var_screeninfo mode = absurd[i];
		assert_fails(ioctl(fd, FBIOPUT_VSCREENINFO, &mode), EINVAL);
		assert_memory_equal(&mode, &absurd[i], sizeof(mode));
		mode = get_mode(fd);
		assert_memory_equal(&mode, &before, sizeof(mode));
	}
	close(fd);
}

static void a_test_changes_nothing(void **state)
{
	int fd = open_device();
	struct fb_var_screeninfo before = get_mode(fd);
	struct fb_var_screeninfo mode = {
		.xres = 64, .yres = 48, .bits_per_pixel = 16, .activate = FB_ACTIVATE_TEST};
	assert_int_equal(ioctl(fd, FBIOPUT_VSCREENINFO, &mode), 0);
	assert_int_equal(mode.xres_virtual, 64);
	mode = get_mode(fd);
	assert_memory_equal(&mode, &before, sizeof(mode));
	close(fd);
}

static void pans_within_the_virtual_size(void **state)
{
	int fd = open_device();
	struct fb_var_screeninfo mode = get_mode(fd);
	mode.yres_virtual = 4 * HEIGHT;
	assert_int_equal(ioctl(fd, FBIOPUT_VSCREENINFO, &mode), 0);
	assert_int_equal(mode.yres_virtual, 4 * HEIGHT);
	mode.yoffset = 3 * HEIGHT;
	assert_int_equal(ioctl(fd, FBIOPAN_DISPLAY, &mode), 0);
	assert_int_equal(get_mode(fd).yoffset, 3 * HEIGHT);
	mode.yoffset++;
	assert_fails(ioctl(fd, FBIOPAN_DISPLAY, &mode), EINVAL);
	mode.yoffset = UINT32_MAX;
	assert_fails(ioctl(fd, FBIOPAN_DISPLAY, &mode), EINVAL);
	mode.yoffset = 0;
	mode.xoffset = 1;
	assert_fails(ioctl(fd, FBIOPAN_DISPLAY, &mode), EINVAL);
	mode.xoffset = 0;
	mode.vmode = FB_VMODE_YWRAP;
	assert_fails(ioctl(fd, FBIOPAN_DISPLAY, &mode), EINVAL);
	assert_int_equal(get_mode(fd).yoffset, 3 * HEIGHT);
	reset_mode(fd);
	assert_int_equal(get_mode(fd).yoffset, 0);
	close(fd);
}

/* ---- other ioctls --------------------------------------------------------------------------- */

static void blanks(void **state)
{
	int fd = open_device();
	for (unsigned long level = FB_BLANK_UNBLANK; level <= FB_BLANK_POWERDOWN; level++)
		assert_int_equal(ioctl(fd, FBIOBLANK, level), 0);
	assert_fails(ioctl(fd, FBIOBLANK, FB_BLANK_POWERDOWN + 1), EINVAL);
	assert_fails(ioctl(fd, FBIOBLANK, -1ul), EINVAL);
	assert_int_equal(ioctl(fd, FBIOBLANK, FB_BLANK_UNBLANK), 0);
	close(fd);
}

static void waits_for_frames(void **state)
{
	int fd = open_device();
	uint32_t crtc = 0;
	for (int i = 0; i < 4; i++)
		assert_int_equal(ioctl(fd, FBIO_WAITFORVSYNC, &crtc), 0);
	assert_int_equal(ioctl(fd, FBIO_WAITFORVSYNC, NULL), 0);
	close(fd);
}

static void has_a_straight_palette(void **state)
{
	uint16_t red[256], green[256], blue[256], none[256] = {1};
	struct fb_cmap palette = {0, 256, red, green, blue, none};
	int fd = open_device();
	assert_int_equal(ioctl(fd, FBIOGETCMAP, &palette), 0);
	assert_int_equal(red[0], 0);
	assert_int_equal(green[1], 0x101);
	assert_int_equal(blue[255], 0xffff);
	assert_int_equal(none[0], 0);
	assert_int_equal(ioctl(fd, FBIOPUTCMAP, &palette), 0);
	palette = (struct fb_cmap){16, 2, red, green, blue, NULL};
	assert_int_equal(ioctl(fd, FBIOGETCMAP, &palette), 0);
	assert_int_equal(red[1], 17 * 0x101);
	palette.start = 255;
	assert_fails(ioctl(fd, FBIOGETCMAP, &palette), EINVAL);
	assert_fails(ioctl(fd, FBIOPUTCMAP, &palette), EINVAL);
	palette = (struct fb_cmap){0, UINT32_MAX, red, green, blue, NULL};
	assert_fails(ioctl(fd, FBIOGETCMAP, &palette), EINVAL);
	palette = (struct fb_cmap){0, 1, NULL, green, blue, NULL};
	assert_fails(ioctl(fd, FBIOGETCMAP, &palette), EFAULT);
	assert_fails(ioctl(fd, FBIOPUTCMAP, &palette), EFAULT);
	assert_fails(ioctl(fd, FBIOGETCMAP, NULL), EFAULT);
	close(fd);
}

static void consoles_are_on_it(void **state)
{
	int fd = open_device();
	struct fb_con2fbmap map = {.console = 1, .framebuffer = 9};
	assert_int_equal(ioctl(fd, FBIOGET_CON2FBMAP, &map), 0);
	assert_int_equal(map.framebuffer, 0);
	assert_int_equal(ioctl(fd, FBIOPUT_CON2FBMAP, &map), 0);
	map.framebuffer = 1;
	assert_fails(ioctl(fd, FBIOPUT_CON2FBMAP, &map), ENODEV);
	map.console = 64;
	assert_fails(ioctl(fd, FBIOGET_CON2FBMAP, &map), EINVAL);
	map.console = 0;
	assert_fails(ioctl(fd, FBIOGET_CON2FBMAP, &map), EINVAL);
	assert_fails(ioctl(fd, FBIOGET_CON2FBMAP, NULL), EFAULT);
	close(fd);
}

static void unknown_ioctls_fail_as_in_the_kernel(void **state)
{
	char argument[512] = {0};
	int fd = open_device();
	assert_fails(ioctl(fd, 0x46ff, argument), ENOTTY);
	assert_fails(ioctl(fd, FBIOGET_VBLANK, argument), ENOTTY);
	assert_fails(ioctl(fd, FBIOGET_GLYPH, argument), ENOTTY);
	assert_fails(ioctl(fd, FBIO_CURSOR, argument), EINVAL);
	assert_fails(ioctl(fd, 0x5401, argument), ENOTTY); /* TCGETS */
	assert_fails(ioctl(fd, 0x4b3a, 1), ENOTTY);	   /* KDSETMODE */
	close(fd);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void maps_what_there_is(void **state)
{
	int fd = open_device();
	uint32_t *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	map[0] = 0x11223344;
	map[LENGTH / 4 - 1] = 0x55667788;
	uint32_t *part = mmap64(NULL, 4096, PROT_READ, MAP_SHARED, fd, (off64_t)LENGTH - 4096);
	assert_true(part != MAP_FAILED);
	assert_int_equal(part[1023], 0x55667788);
	uint32_t *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	assert_true(own != MAP_FAILED);
	own[0] = 5;
	assert_int_equal(map[0], 0x11223344);
	errno = 0;
	assert_true(mmap(NULL, LENGTH + 1, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_true(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, LENGTH) == MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_true(mmap(NULL, SIZE_MAX, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	int reader = open("/dev/fb0", O_RDONLY);
	assert_true(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
	assert_int_equal(errno, EACCES);
	close(reader);
	close(fd); /* maps live on */
	map[1] = 6;
	munmap(own, 4096);
	munmap(part, 4096);
	munmap(map, LENGTH);
}

static void reads_and_writes(void **state)
{
	char text[16] = "";
	int fd = open_device(), other = open_device();
	assert_int_equal(write(fd, "abcdef", 6), 6);
	assert_int_equal(read(other, text, 6), 6); /* a position of its own */
	assert_string_equal(text, "abcdef");
	int twin = dup(fd);
	assert_int_equal(lseek(twin, 0, SEEK_CUR), 6); /* and a shared one */
	assert_int_equal(pwrite(fd, "xy", 2, 1), 2);
	assert_int_equal(pread(twin, text, 6, 0), 6);
	assert_string_equal(text, "axydef");
	assert_int_equal(lseek(fd, 0, SEEK_END), LENGTH);
	assert_int_equal(read(fd, text, 1), 0);
	int reader = open("/dev/fb0", O_RDONLY);
	assert_fails(write(reader, "a", 1), EBADF);
	close(reader);
	close(twin);
	close(other);
	close(fd);
}

static void writing_ends_with_the_memory(void **state)
{
	static char block[300000];
	int fd = open_device();
	size_t total = 0;
	ssize_t n;
	while ((n = write(fd, block, sizeof(block))) > 0)
		total += (size_t)n;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(total, LENGTH);
	assert_int_equal(lseek(fd, (off_t)LENGTH - 100, SEEK_SET), LENGTH - 100);
	assert_int_equal(write(fd, block, 1000), 100);
	assert_fails(write(fd, block, 1), ENOSPC);
	assert_int_equal(pwrite(fd, block, 1000, (off_t)LENGTH - 50), 50);
	assert_fails(pwrite(fd, block, 1, LENGTH), ENOSPC);
	assert_fails(pwrite64(fd, block, 1, LENGTH + 1), EFBIG);
	assert_int_equal(lseek(fd, LENGTH + 10, SEEK_SET), LENGTH + 10);
	assert_fails(write(fd, block, 1), EFBIG);
	close(fd);
}

/* ---- processes and threads ------------------------------------------------------------------ */

static void duplicates_are_devices(void **state)
{
	int fd = open_device();
	check_is_device(dup(fd));
	check_is_device(dup2(fd, 50));
	check_is_device(dup3(fd, 51, O_CLOEXEC));
	check_is_device(fcntl(fd, F_DUPFD, 60));
	close(fd);
	check_is_device(open_device());
}

static int wait_for(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_child_draws_in_the_same_memory(void **state)
{
	int fd = open_device();
	uint32_t *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	map[7] = 0;
	pid_t child = fork();
	if (child == 0) {
		struct fb_var_screeninfo mode;
		map[7] = 0xc0ffee;
		_exit(ioctl(fd, FBIOGET_VSCREENINFO, &mode) != 0 || mode.xres != WIDTH);
	}
	assert_int_equal(wait_for(child), 0);
	assert_int_equal(map[7], 0xc0ffee);
	munmap(map, LENGTH);
	close(fd);
}

static void a_program_inherits_it(void **state)
{
	int fd = open("/dev/fb0", O_RDWR);
	char number[16];
	snprintf(number, sizeof(number), "%d", fd);
	pid_t child = fork();
	if (child == 0) {
		execl("/proc/self/exe", "device", number, NULL);
		_exit(99);
	}
	assert_int_equal(wait_for(child), 0);
	close(fd);
}

static void scribbling_hurts_the_scribbler_alone(void **state)
{
	int fd = open_device();
	struct rlimit no_core = {0, 0};
	pid_t child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGSEGV, SIG_DFL); /* cmocka's otherwise */
		/* an inaccessible page behind it, so that nothing else is there by chance */
		char *room =
			mmap(NULL, LENGTH + 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *map =
			mmap(room, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		memset(map, 1, LENGTH + 1);
		_exit(0);
	}
	int status = wait_for(child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_int_equal(get_mode(fd).xres, WIDTH);
	char byte = 0;
	assert_int_equal(pread(fd, &byte, 1, (off_t)LENGTH - 1), 1);
	assert_int_equal(byte, 1);
	close(fd);
}

static void survives_closing_everything(void **state)
{
	pid_t child = fork();
	if (child == 0) {
		int fd = open("/dev/fb0", O_RDWR);
		uint32_t *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		for (int i = 3; i < 256; i++)
			close(i);
		map[0] = 1;
		struct fb_var_screeninfo mode;
		fd = open("/dev/fb0", O_RDWR);
		_exit(fd != 3 || ioctl(fd, FBIOGET_VSCREENINFO, &mode) != 0);
	}
	assert_int_equal(wait_for(child), 0);
}

static void *use_device(void *failed)
{
	for (int i = 0; i < 100; i++) {
		struct fb_var_screeninfo mode = {0};
		int fd = open("/dev/fb0", O_RDWR);
		uint32_t *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED || ioctl(fd, FBIOGET_VSCREENINFO, &mode) != 0 ||
		    mode.xres != WIDTH)
			return failed;
		map[0] = (uint32_t)i;
		munmap(map, 4096);
		close(fd);
	}
	return NULL;
}

static void threads_use_it_at_once(void **state)
{
	pthread_t threads[6];
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_device, threads), 0);
	for (size_t i = 0; i < 6; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

/* ---- the keeper ----------------------------------------------------------------------------- */

/* Sends bytes as a request, with a descriptor; the answer's error, or 1 if there is none. */
static int say(const void *bytes, size_t length, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned name = (unsigned)strcspn(getenv(LINK_VARIABLE), " ");
	memcpy(address.sun_path + 1, getenv(LINK_VARIABLE), name);
	int keeper = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(keeper, (struct sockaddr *)&address,
				 (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 + name),
			 0);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, length};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	*(struct cmsghdr *)control = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(control + CMSG_LEN(0), &fd, sizeof(fd));
	assert_int_equal(sendmsg(keeper, &message, 0), length);
	struct link_answer answer = {.error = 1};
	(void)recv(keeper, &answer, sizeof(answer), 0);
	close(keeper);
	return answer.error;
}

static void the_keeper_survives_nonsense(void **state)
{
	char long_one[4096] = {LINK_IOCTL};
	struct link_request request = {.kind = 99};
	int fd = open("/dev/null", O_RDWR);
	assert_int_equal(say("", 0, fd), -EBADMSG);
	assert_int_equal(say("x", 1, fd), -EBADMSG);
	assert_int_equal(say(long_one, sizeof(long_one), fd), -EBADMSG);
	assert_int_equal(say(&request, sizeof(request), fd), -EBADMSG);
	request = (struct link_request){.kind = LINK_IOCTL, .code = FBIOPUT_VSCREENINFO};
	assert_int_equal(say(&request, sizeof(request), fd), -EFAULT);
	request.code = 12345;
	assert_int_equal(say(&request, sizeof(request), fd), -ENOTTY);
	for (int i = 0; i < 300; i++) {
		request = (struct link_request){
			.kind = LINK_WATCH,
			.address = i % 3 ? UINT64_MAX - (uint64_t)i : (uint64_t)i << 13,
			.length = i % 2 ? UINT64_MAX : 4096,
			.offset = i % 5 ? UINT64_MAX : 0,
		};
		assert_int_equal(say(&request, sizeof(request), fd), 0);
	}
	close(fd);
	fd = open_device();
	assert_int_equal(get_mode(fd).xres, WIDTH);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_by_every_function),
		cmocka_unit_test(opening_fails_as_of_a_device),
		cmocka_unit_test(other_files_stay_what_they_are),
		cmocka_unit_test(looks_like_a_device),
		cmocka_unit_test(tells_its_mode),
		cmocka_unit_test(sets_every_depth),
		cmocka_unit_test(refuses_absurd_modes),
		cmocka_unit_test(a_test_changes_nothing),
		cmocka_unit_test(pans_within_the_virtual_size),
		cmocka_unit_test(blanks),
		cmocka_unit_test(waits_for_frames),
		cmocka_unit_test(has_a_straight_palette),
		cmocka_unit_test(consoles_are_on_it),
		cmocka_unit_test(unknown_ioctls_fail_as_in_the_kernel),
		cmocka_unit_test(maps_what_there_is),
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(writing_ends_with_the_memory),
		cmocka_unit_test(duplicates_are_devices),
		cmocka_unit_test(a_child_draws_in_the_same_memory),
		cmocka_unit_test(a_program_inherits_it),
		cmocka_unit_test(scribbling_hurts_the_scribbler_alone),
		cmocka_unit_test(survives_closing_everything),
		cmocka_unit_test(threads_use_it_at_once),
		cmocka_unit_test(the_keeper_survives_nonsense),
	};
	if (argc > 1) { /* a_program_inherits_it() */
		struct fb_var_screeninfo mode;
		int fd = atoi(argv[1]);
		return ioctl(fd, FBIOGET_VSCREENINFO, &mode) != 0 || mode.xres != WIDTH;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
