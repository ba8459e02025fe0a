/* SPDX-License-Identifier: MIT */
/* Draws the harness's pattern in /dev/fb0, in the way that is named, and waits to be ended. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct framebuffer {
	int fd;
	struct fb_var_screeninfo mode;
	struct fb_fix_screeninfo fixed;
	uint8_t *pixels;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void get_info(struct framebuffer *fb)
{
	if (ioctl(fb->fd, FBIOGET_VSCREENINFO, &fb->mode) < 0 ||
	    ioctl(fb->fd, FBIOGET_FSCREENINFO, &fb->fixed) < 0)
		fail("ioctl");
}

static struct framebuffer open_framebuffer(void)
{
	struct framebuffer fb = {.fd = open("/dev/fb0", O_RDWR)};
	if (fb.fd < 0)
		fail("/dev/fb0");
	get_info(&fb);
	fb.pixels = mmap(NULL, fb.fixed.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fb.fd, 0);
	if (fb.pixels == MAP_FAILED)
		fail("mmap");
	return fb;
}

static uint32_t colour(uint32_t x, uint32_t y)
{
	return (x * 7 + y * 3) % 256 << 16 | (x ^ y) % 256 << 8 | (y * 5 + x / 3) % 256;
}

static void draw_rows(const struct framebuffer *fb, uint32_t first, uint32_t last, uint32_t below)
{
	for (uint32_t y = first; y < last; y++) {
		uint8_t *row = fb->pixels + (size_t)(y + below) * fb->fixed.line_length;
		for (uint32_t x = 0; x < fb->mode.xres; x++) {
			uint32_t pixel = colour(x, y);
			memcpy(row + (size_t)x * 4, &pixel, 4);
		}
	}
}

static void draw(struct framebuffer *fb)
{
	draw_rows(fb, 0, fb->mode.yres, 0);
}

/* Long enough for the first pictures to be shown, and the keeper to look seldom. */
static void rest(void)
{
	usleep(300000);
}

/* The child ends with us. */
static pid_t fork_bound(void)
{
	pid_t child = fork();
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

static void in_a_child(struct framebuffer *fb)
{
	rest();
	if (fork_bound() == 0) {
		rest();
		draw(fb);
		pause();
	}
	pause();
}

static void in_another_program(struct framebuffer *fb)
{
	rest();
	execl("/proc/self/exe", "draw", "map", NULL);
	fail("exec");
}

static void in_two_processes(struct framebuffer *fb)
{
	uint32_t middle = fb->mode.yres / 2;
	pid_t child = fork_bound();
	rest();
	if (child == 0)
		draw_rows(fb, 0, middle, 0);
	else
		draw_rows(fb, middle, fb->mode.yres, 0);
	pause();
}

/* Maps, draws and unmaps, line by line. */
static void in_passing(struct framebuffer *fb)
{
	for (uint32_t y = 0; y < fb->mode.yres; y++) {
		struct framebuffer own = open_framebuffer();
		draw_rows(&own, y, y + 1, 0);
		munmap(own.pixels, own.fixed.smem_len);
		close(own.fd);
	}
}

static void *draw_half(void *data)
{
	const struct framebuffer *fb = data;
	draw_rows(fb, 0, fb->mode.yres / 2, 0);
	return NULL;
}

static void in_a_thread(struct framebuffer *fb)
{
	pthread_t thread;
	pthread_create(&thread, NULL, draw_half, fb);
	draw_rows(fb, fb->mode.yres / 2, fb->mode.yres, 0);
	pthread_join(thread, NULL);
}

static void through_a_stream(struct framebuffer *fb)
{
	FILE *stream = fopen("/dev/fb0", "w");
	if (!stream)
		fail("fopen");
	for (uint32_t y = 0; y < fb->mode.yres; y++)
		for (uint32_t x = 0; x < fb->mode.xres; x++) {
			uint32_t pixel = colour(x, y);
			fwrite(&pixel, 4, 1, stream);
		}
	fclose(stream);
}

static void below_and_pan(struct framebuffer *fb)
{
	fb->mode.yres_virtual = 2 * fb->mode.yres;
	if (ioctl(fb->fd, FBIOPUT_VSCREENINFO, &fb->mode) < 0)
		fail("FBIOPUT_VSCREENINFO");
	draw_rows(fb, 0, fb->mode.yres, fb->mode.yres);
	rest();
	fb->mode.yoffset = fb->mode.yres;
	if (ioctl(fb->fd, FBIOPAN_DISPLAY, &fb->mode) < 0)
		fail("FBIOPAN_DISPLAY");
}

/* A line a frame. */
static void with_vsync(struct framebuffer *fb)
{
	uint32_t crtc = 0;
	for (uint32_t y = 0; y < fb->mode.yres; y += 10) {
		draw_rows(fb, y, y + 10 < fb->mode.yres ? y + 10 : fb->mode.yres, 0);
		if (ioctl(fb->fd, FBIO_WAITFORVSYNC, &crtc) < 0)
			fail("FBIO_WAITFORVSYNC");
	}
}

/* In other modes, then in the first again. */
static void after_other_modes(struct framebuffer *fb)
{
	struct fb_var_screeninfo mode = fb->mode;
	for (uint32_t bits = 16; bits <= 24; bits += 8) {
		mode.xres = mode.xres_virtual = 100;
		mode.bits_per_pixel = bits;
		if (ioctl(fb->fd, FBIOPUT_VSCREENINFO, &mode) < 0)
			fail("FBIOPUT_VSCREENINFO");
		memset(fb->pixels, 0x55, fb->fixed.smem_len);
		rest();
	}
	if (ioctl(fb->fd, FBIOPUT_VSCREENINFO, &fb->mode) < 0)
		fail("FBIOPUT_VSCREENINFO");
	draw(fb);
}

static void without_descriptors(struct framebuffer *fb)
{
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	rest();
	draw(fb);
}

/* Through a map that nobody was told of. */
static void behind_our_back(struct framebuffer *fb)
{
	rest();
	void *moved = mremap(fb->pixels, fb->fixed.smem_len, fb->fixed.smem_len, MREMAP_MAYMOVE);
	size_t half = fb->fixed.smem_len / 2;
	munmap((char *)moved + half, fb->fixed.smem_len - half);
	fb->pixels = mremap(moved, half, half, MREMAP_MAYMOVE | MREMAP_FIXED,
			    mmap(NULL, half, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (fb->pixels == MAP_FAILED)
		fail("mremap");
	draw(fb);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	signals = signals + 1;
}

/* Blank and not, by turns, as signals come. */
static void blank_at_signals(struct framebuffer *fb)
{
	sigset_t blocked, free;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &free);
	signal(SIGUSR1, count_signal);
	draw(fb);
	for (;;) {
		sigsuspend(&free);
		if (ioctl(fb->fd, FBIOBLANK, signals % 2 ? FB_BLANK_NORMAL : FB_BLANK_UNBLANK) < 0)
			fail("FBIOBLANK");
	}
}

/* What the framebuffer says without its keeper. */
static void outlive_the_keeper(struct framebuffer *fb)
{
	sigset_t blocked;
	int number;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	draw(fb);
	sigwait(&blocked, &number);
	memset(fb->pixels, 1, fb->fixed.smem_len);
	while (ioctl(fb->fd, FBIOGET_VSCREENINFO, &fb->mode) == 0)
		rest();
	if (errno == ENODEV && open("/dev/fb0", O_RDWR) < 0 && errno == ENODEV)
		close(creat("enodev", 0600));
}

static void as_an_orphan(struct framebuffer *fb)
{
	if (fork() == 0) {
		rest();
		draw(fb);
		pause();
	}
	exit(3);
}

static void later(struct framebuffer *fb)
{
	usleep(2500000);
	draw(fb);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*draw)(struct framebuffer *fb);
	} ways[] = {
		{"map", draw},
		{"late", later},
		{"fork", in_a_child},
		{"exec", in_another_program},
		{"twice", in_two_processes},
		{"unmap", in_passing},
		{"thread", in_a_thread},
		{"stream", through_a_stream},
		{"pan", below_and_pan},
		{"vsync", with_vsync},
		{"mode", after_other_modes},
		{"closed", without_descriptors},
		{"unknown", behind_our_back},
		{"blank", blank_at_signals},
		{"survive", outlive_the_keeper},
		{"orphan", as_an_orphan},
	};
	struct framebuffer fb = open_framebuffer();
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			ways[i].draw(&fb);
	pause();
	return 0;
}
