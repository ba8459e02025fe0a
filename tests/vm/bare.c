/* SPDX-License-Identifier: MIT */
/*
 * Programs that have a real display to themselves: examples/hello as it is, and what its user does
 * to it. The session is direct, or libseat's with the console's VT.
 * usage: bare DRIVER [TEST]
 */
#include "protocol/display.h"

#include "protocol/harness.h"
#include "screen_kms.h"

#include <errno.h>
#include <fcntl.h>
#include <framelend/client.h>
#include <linux/input-event-codes.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "guest.h"

#define OTHER_VT 2
#define FDS_MAX	 64

/* ---- the console ---------------------------------------------------------------------------- */

static int ask_console(unsigned long request, void *answer)
{
	int tty = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);

	assert_true(tty >= 0);
	int ret = ioctl(tty, request, answer);
	close(tty);
	return ret;
}

/* What it is like; all of it has to be as before in the end. */
struct console {
	int vt;
	int graphics, keys;
	uint32_t *picture;
};

static int active_vt(void)
{
	struct vt_stat state;

	assert_int_equal(ask_console(VT_GETSTATE, &state), 0);
	return state.v_active;
}

static struct console read_console(struct display *display, uint32_t *width, uint32_t *height)
{
	struct console console = {.vt = active_vt()};

	assert_int_equal(ask_console(KDGETMODE, &console.graphics), 0);
	assert_int_equal(ask_console(KDGKBMODE, &console.keys), 0);
	console.picture = display_look(display, 0, width, height);
	return console;
}

static bool is_same(const struct console *a, const struct console *b, size_t n)
{
	return a->vt == b->vt && a->graphics == b->graphics && a->keys == b->keys &&
	       (a->picture != NULL) == (b->picture != NULL) &&
	       (!a->picture || memcmp(a->picture, b->picture, n * sizeof(uint32_t)) == 0);
}

/* Soon: the kernel and libseat's process tidy up after who ended. */
static void expect_console(struct display *display, const struct console *before, uint32_t width,
			   uint32_t height)
{
	struct console now = {0};
	uint32_t now_width = 0, now_height = 0;
	bool same = false;

	for (int i = 0; i < 50 && !same; i++) {
		usleep(100000);
		now = read_console(display, &now_width, &now_height);
		same = now_width == width && now_height == height &&
		       is_same(&now, before, (size_t)width * height);
		free(now.picture);
	}
	if (!same)
		fail_msg("the console is VT %d, mode %d, keys %d, %ux%u; before: %d, %d, %d, %ux%u",
			 now.vt, now.graphics, now.keys, now_width, now_height, before->vt,
			 before->graphics, before->keys, width, height);
}

/* ---- a program ------------------------------------------------------------------------------ */

struct program {
	pid_t pid;
	int said; /* its stderr */
	int fds[FDS_MAX];
	size_t n_fds;
};

static void set_session(const char *session)
{
	setenv("LEND_SESSION", session, 1);
	setenv("LIBSEAT_BACKEND", "builtin", 1);
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("DISPLAY");
}

static struct program start(const struct display *display, void (*run)(int said))
{
	struct program program = {0};
	char name[128];
	int pipes[2];

	snprintf(name, sizeof(name), "kms:%s:%s:%ux%u", display->path, display->connectors[0],
		 display->facts->width, display->facts->height);
	setenv("LEND_DISPLAY", name, 1);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	program.said = pipes[0];
	program.pid = fork();
	assert_true(program.pid >= 0);
	if (program.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test fail */
		dup2(pipes[1], STDERR_FILENO);
		if (run)
			run(pipes[1]);
		execl("examples/hello", "hello", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	return program;
}

static void give_back(struct program *program)
{
	while (program->n_fds > 0)
		close(program->fds[--program->n_fds]);
}

/* Its card, so that we may look at what it shows. */
static bool borrow(struct program *program, const char *path)
{
	int pidfd = (int)syscall(SYS_pidfd_open, program->pid, 0);

	assert_true(pidfd >= 0);
	for (int fd = 3; fd < FDS_MAX; fd++) {
		char link[64], target[64] = "";
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)program->pid, fd);
		if (readlink(link, target, sizeof(target) - 1) < 0 || strcmp(target, path) != 0)
			continue;
		int own = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		if (own >= 0)
			program->fds[program->n_fds++] = own;
	}
	close(pidfd);
	return program->n_fds > 0 && drmIsMaster(program->fds[0]);
}

/* What hello draws in a frame. */
static uint32_t hello_pixel(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t n)
{
	uint32_t dx = x - width / 2, dy = y - height / 2;
	uint32_t ring = (dx * dx + dy * dy) / 256 - n * 4;

	return 0xff000000 | (ring & 255) << 16 | (ring & 127) << 8 | 0x60;
}

/* Which frame of hello's it is, 1 to 64; 0: none. */
static uint32_t recognise(const uint32_t *pixels, uint32_t width, uint32_t height)
{
	if (!pixels)
		return 0;
	uint32_t red = pixels[(height / 2) * width + width / 2] >> 16 & 255;
	uint32_t n = 64 - red / 4;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			if (pixels[y * width + x] != hello_pixel(x, y, width, height, n))
				return 0;
	return n;
}

/* While it stands still. */
static uint32_t look_at_hello(struct program *program, struct display *display)
{
	uint32_t width = 0, height = 0, frame = 0;

	kill(program->pid, SIGSTOP);
	usleep(200000); /* what was handed over comes on display */
	if (borrow(program, display->path)) {
		uint32_t *pixels = display_look(display, 0, &width, &height);
		if (width == display->facts->width && height == display->facts->height)
			frame = recognise(pixels, width, height);
		free(pixels);
	}
	give_back(program);
	kill(program->pid, SIGCONT);
	return frame;
}

static void wait_for_hello(struct program *program, struct display *display)
{
	char words[512] = "";

	for (int i = 0; i < 100; i++) {
		usleep(300000);
		if (look_at_hello(program, display) != 0)
			return;
		if (waitpid(program->pid, NULL, WNOHANG) == program->pid) {
			(void)!read(program->said, words, sizeof(words) - 1);
			fail_msg("it has ended: %s", words);
		}
	}
	fail_msg("it does not show its picture");
}

static int end(struct program *program, int signal, char *words, size_t size)
{
	int status = 0;
	ssize_t length = 0;

	if (signal)
		kill(program->pid, signal);
	for (int i = 0; i < 100 && waitpid(program->pid, &status, WNOHANG) == 0; i++)
		usleep(100000);
	if (words && (length = read(program->said, words, size - 1)) < 0)
		length = 0;
	if (words)
		words[length] = '\0';
	close(program->said);
	return status;
}

static void press(const char *keys)
{
	char answer[256], request[64];

	snprintf(request, sizeof(request), "key %s", keys);
	if (vm_ask(request, answer, sizeof(answer)) != 0)
		fail_msg("%s: %s", request, answer);
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* From one end to the other, ended by this signal; 0: by its user's keys. */
static void show_hello(const char *session, int signal)
{
	struct display display;
	uint32_t width = 0, height = 0, last = 0, changes = 0;
	char words[512];

	set_session(session);
	display_open(&display, 0);
	struct console before = read_console(&display, &width, &height);
	struct program program = start(&display, NULL);
	wait_for_hello(&program, &display);
	for (int i = 0; i < 4; i++) {
		usleep(200000);
		uint32_t frame = look_at_hello(&program, &display);
		assert_true(frame != 0);
		changes += frame != last;
		last = frame;
	}
	assert_true(changes > 1);
	if (!signal)
		press("ctrl alt backspace");
	int status = end(&program, signal, words, sizeof(words));
	if (signal)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
	else
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	if (!signal)
		assert_non_null(strstr(words, "closed by its user"));
	expect_console(&display, &before, width, height);
	free(before.picture);
	display_close(&display);
}

static void hello_is_shown_and_closed(void)
{
	show_hello("direct", 0);
}

static void hello_is_shown_on_a_vt_and_closed(void)
{
	show_hello("libseat", 0);
}

static void hello_is_killed(void)
{
	show_hello("direct", SIGKILL);
}

static void hello_is_killed_on_a_vt(void)
{
	show_hello("libseat", SIGKILL);
}

static void hello_is_interrupted_on_a_vt(void)
{
	show_hello("libseat", SIGTERM);
}

static void wait_for_vt(int vt)
{
	for (int i = 0; i < 100 && active_vt() != vt; i++)
		usleep(50000);
	assert_int_equal(active_vt(), vt);
}

static void another_vt_and_back(void)
{
	struct display display;
	uint32_t width = 0, height = 0;
	char back[32];

	set_session("libseat");
	display_open(&display, 0);
	struct console before = read_console(&display, &width, &height);
	struct program program = start(&display, NULL);
	wait_for_hello(&program, &display);
	for (int i = 0; i < 2; i++) {
		press("ctrl alt f2");
		wait_for_vt(OTHER_VT);
		assert_int_equal(look_at_hello(&program, &display), 0);
		/* Whoever comes next has the display. */
		usleep(200000);
		int other = open(display.path, O_RDWR | O_CLOEXEC);
		assert_true(other >= 0 && drmSetMaster(other) == 0);
		close(other);
		/* The kernel hears this one: that VT is a text console. */
		snprintf(back, sizeof(back), "ctrl alt f%d", before.vt);
		press(back);
		wait_for_vt(before.vt);
		wait_for_hello(&program, &display);
	}
	press("ctrl alt backspace");
	assert_int_equal(end(&program, 0, NULL, 0), 0);
	expect_console(&display, &before, width, height);
	free(before.picture);
	display_close(&display);
}

/* Nothing is touched: neither the display nor the VT. */
static void a_busy_display_is_left_alone(void)
{
	static const char *const sessions[] = {"direct", "libseat"};
	struct display display;
	uint32_t width = 0, height = 0;
	char words[512], holder[64];

	display_open(&display, 0);
	for (int i = 0; i < 2; i++) {
		set_session(sessions[i]);
		int other = open(display.path, O_RDWR | O_CLOEXEC);
		assert_true(other >= 0 && drmIsMaster(other));
		struct console before = read_console(&display, &width, &height);
		struct program program = start(&display, NULL);
		int status = end(&program, 0, words, sizeof(words));
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		snprintf(holder, sizeof(holder), "(pid %d) has the display", (int)getpid());
		if (!strstr(words, holder) || strchr(words, '\n') != words + strlen(words) - 1)
			fail_msg("it said: %s", words);
		expect_console(&display, &before, width, height);
		free(before.picture);
		close(other);
	}
	display_close(&display);
}

/* ---- input ---------------------------------------------------------------------------------- */

static void tell_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	if (write(*(int *)data, input, sizeof(*input)) != sizeof(*input))
		_exit(3);
}

static void draw_and_listen(int said)
{
	const struct lend_surface_events events = {.size = sizeof(events), .input = tell_input};
	const struct lend_surface_options options = {
		.size = sizeof(options), .events = &events, .data = &said};
	struct lend_client *client;
	struct lend_surface *surface;
	struct lend_frame frame;
	bool drawn = false;

	int result = lend_client_connect(NULL, &client);
	if (result == 0)
		result = lend_surface_create(client, &options, &surface);
	while (result >= 0 && (result = lend_client_dispatch(client, -1)) >= 0) {
		if (drawn || lend_frame_begin(surface, &frame) < 0)
			continue;
		for (uint32_t y = 0; y < frame.height; y++)
			memset((char *)frame.pixels + (size_t)y * frame.stride, 0x55,
			       (size_t)frame.width * 4);
		result = lend_frame_end(surface, NULL, 0);
		drawn = true;
	}
	lend_client_destroy(client);
	_exit(result == -ECANCELED ? 0 : 1);
}

/* The next of that kind. */
static struct lend_input next_input(struct program *program, enum lend_input_kind kind)
{
	struct pollfd readable = {.fd = program->said, .events = POLLIN};
	struct lend_input input = {0};

	while (input.kind != kind) {
		if (poll(&readable, 1, 10000) != 1 ||
		    read(program->said, &input, sizeof(input)) != sizeof(input))
			fail_msg("no event of kind %d", (int)kind);
	}
	return input;
}

static void ask(const char *request)
{
	char answer[256];

	if (vm_ask(request, answer, sizeof(answer)) != 0)
		fail_msg("%s: %s", request, answer);
}

static void what_the_user_does(void)
{
	struct display display;
	uint32_t width = 0, height = 0;

	set_session("libseat");
	display_open(&display, 0);
	struct program program = start(&display, draw_and_listen);
	next_input(&program, LEND_INPUT_KEYBOARD_ENTER);
	/* A tablet that is there already says nothing. */
	ask("place 0 0");
	ask("place 16384 8192");
	struct lend_input input;
	do
		input = next_input(&program, LEND_INPUT_POINTER_MOTION);
	while (input.x < 10);
	assert_true(input.x > display.facts->width / 2 - 3 &&
		    input.x < display.facts->width / 2 + 3);
	assert_true(input.y > display.facts->height / 4 - 3 &&
		    input.y < display.facts->height / 4 + 3);
	ask("button left down");
	ask("button left up");
	struct lend_input button = next_input(&program, LEND_INPUT_POINTER_BUTTON);
	assert_int_equal(button.code, BTN_LEFT);
	assert_int_equal(button.pressed, 1);
	press("shift b");
	while ((input = next_input(&program, LEND_INPUT_KEYBOARD_KEY)).code != KEY_B)
		;
	assert_string_equal(input.text, "B");
	assert_true(borrow(&program, display.path));
	uint32_t *pixels = display_look(&display, 0, &width, &height);
	assert_non_null(pixels);
	size_t at = (size_t)(int)button.y * width + (size_t)(int)button.x;
	assert_int_equal(pixels[0], 0xff555555);
	/* the arrow's tip */
	assert_int_equal(pixels[at], display.facts->can & DISPLAY_CURSOR ? 0xff000000 : 0xff555555);
	free(pixels);
	give_back(&program);
	press("ctrl alt backspace");
	assert_int_equal(end(&program, 0, NULL, 0), 0);
	display_close(&display);
}

static const struct harness_test tests[] = {
	{"hello_is_shown_and_closed", hello_is_shown_and_closed},
	{"hello_is_shown_on_a_vt_and_closed", hello_is_shown_on_a_vt_and_closed},
	{"hello_is_killed", hello_is_killed},
	{"hello_is_killed_on_a_vt", hello_is_killed_on_a_vt},
	{"hello_is_interrupted_on_a_vt", hello_is_interrupted_on_a_vt},
	{"another_vt_and_back", another_vt_and_back},
	{"a_busy_display_is_left_alone", a_busy_display_is_left_alone},
	{"what_the_user_does", what_the_user_does},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s DRIVER [TEST]\n", argv[0]);
		return 2;
	}
	int ret = display_choose(argv[1]);
	return ret ? ret : harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc - 1, argv + 1);
}
