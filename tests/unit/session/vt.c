/* SPDX-License-Identifier: MIT */
/*
 * A session on a real VT with real display devices, by libseat's builtin seatd: what becomes of VT,
 * keyboard and DRM master when it begins, is switched away, comes back, ends and dies. Needs VTs, a
 * display device and root: tests/vm runs it in a guest.
 */
#include "helpers.h"
#include "session/udev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#define OTHER_VT 5

static int tty;		   /* /dev/tty0 */
static struct card *cards; /* all there are */
static int n_cards;
static const char *card; /* the first */

static int active_vt(void)
{
	struct vt_stat state;
	assert_int_equal(ioctl(tty, VT_GETSTATE, &state), 0);
	return state.v_active;
}

struct vt_mode_of {
	int mode, keyboard, switching; /* KD_*, K_*, VT_* */
};

static struct vt_mode_of look_at(int vt)
{
	struct vt_mode_of found;
	struct vt_mode mode;
	char path[32];
	snprintf(path, sizeof(path), "/dev/tty%d", vt);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, KDGETMODE, &found.mode), 0);
	assert_int_equal(ioctl(fd, KDGKBMODE, &found.keyboard), 0);
	assert_int_equal(ioctl(fd, VT_GETMODE, &mode), 0);
	found.switching = (unsigned char)mode.mode;
	close(fd);
	return found;
}

static void assert_text(int vt, const struct vt_mode_of *before)
{
	struct vt_mode_of now = look_at(vt);
	for (int i = 0; i < 500 && now.mode != before->mode; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		now = look_at(vt);
	}
	assert_int_equal(now.mode, before->mode);
	assert_int_equal(now.keyboard, before->keyboard);
	/* It stays VT_PROCESS until the next switch, when the kernel finds nobody to ask. */
}

static void assert_ours(int vt)
{
	struct vt_mode_of now = look_at(vt);
	assert_int_equal(now.mode, KD_GRAPHICS);
	assert_int_equal(now.keyboard, K_OFF);
	assert_int_equal(now.switching, VT_PROCESS);
}

static int find_cards(void **state)
{
	struct cards *watched;
	assert_int_equal(cards_create("seat0", NULL, NULL, &watched), 0);
	n_cards = cards_list(watched, &cards);
	cards_destroy(watched);
	assert_true(n_cards > 0);
	for (int i = 0; i < n_cards; i++)
		print_message("%s %s%s\n", cards[i].path, cards[i].driver,
			      cards[i].boot ? ", the firmware's" : "");
	card = cards[0].path;
	return 0;
}

static int forget_cards(void **state)
{
	free(cards);
	return 0;
}

/* Whether somebody else could become master of the card. */
static int is_free(void)
{
	int fd = open(card, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	int got = drmSetMaster(fd) == 0;
	close(fd);
	return got;
}

static void test_begins_and_ends(void **state)
{
	struct heard heard;
	struct session *session;
	int fd;
	const int vt = active_vt();
	const struct vt_mode_of before = look_at(vt);
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_string_equal(session_kind(session), "libseat (builtin)");
	assert_true(session_is_active(session));
	assert_ours(vt);
	for (int i = 0; i < n_cards; i++) {
		assert_int_equal(session_open(session, cards[i].path, &fd), 0);
		assert_true(drmIsMaster(fd));
	}
	assert_false(is_free());
	session_destroy(session);
	assert_text(vt, &before);
	assert_true(is_free());
}

static void test_is_switched_away_and_back(void **state)
{
	struct heard heard;
	struct session *session;
	int fd;
	const int vt = active_vt();
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_int_equal(session_open(session, card, &fd), 0);
	assert_int_equal(session_switch(session, OTHER_VT), 0);
	dispatch_until(session, &heard.disabled, 1);
	assert_int_equal(ioctl(tty, VT_WAITACTIVE, OTHER_VT), 0);
	assert_int_equal(active_vt(), OTHER_VT);
	assert_false(drmIsMaster(fd));
	assert_true(is_free());
	assert_int_equal(session_open(session, card, &(int){0}), -EAGAIN);

	assert_int_equal(ioctl(tty, VT_ACTIVATE, vt), 0);
	dispatch_until(session, &heard.enabled, 1);
	assert_true(drmIsMaster(fd)); /* the same descriptor: framebuffers stay */
	assert_int_equal(active_vt(), vt);
	assert_ours(vt);
	session_destroy(session);
}

static void test_dies(void **state)
{
	int pipes[2];
	char byte;
	const int vt = active_vt();
	const struct vt_mode_of before = look_at(vt);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct session *session;
		int fd;
		if (session_create(NULL, NULL, NULL, NULL, &session) == 0 &&
		    session_open(session, card, &fd) == 0 && write(pipes[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	assert_ours(vt);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_text(vt, &before);
	assert_true(is_free());
	close(pipes[0]);
}

/* Somebody without a session is master already. */
static void busy(const char *kind)
{
	struct heard heard;
	struct session *session;
	char holder[64];
	int fd;
	assert_int_equal(listen_to(&heard, &session), 0);
	/* After the session, since the builtin seatd keeps open what it found open. */
	int other = open(card, O_RDWR | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(drmSetMaster(other), 0);
	assert_says(session_kind(session), kind);
	assert_int_equal(session_open(session, card, &fd), -EBUSY);
	snprintf(holder, sizeof(holder), "(pid %d) has the display", (int)getpid());
	assert_says(fail_text(), "is in use: test-session-vt");
	assert_says(fail_text(), holder);
	close(other);
	assert_int_equal(session_open(session, card, &fd), 0);
	assert_true(drmIsMaster(fd));
	session_close(session, fd);
	assert_true(is_free());
	session_destroy(session);
}

static void test_busy(void **state)
{
	busy("libseat (builtin)");
}

static void test_direct(void **state)
{
	const int vt = active_vt();
	const struct vt_mode_of before = look_at(vt);
	setenv("LEND_SESSION", "direct", 1);
	busy("direct");
	unsetenv("LEND_SESSION");
	assert_text(vt, &before); /* it leaves VTs alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_and_ends),
		cmocka_unit_test(test_is_switched_away_and_back),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_dies),
	};
	tty = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0) {
		printf("skipped: /dev/tty0: %s\n", strerror(errno));
		return 77;
	}
	if (access("/dev/dri", F_OK) < 0) {
		puts("skipped: no display device");
		return 77;
	}
	unsetenv("LEND_SESSION");
	return cmocka_run_group_tests_name("vt", tests, find_cards, forget_cards);
}
