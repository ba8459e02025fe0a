/* SPDX-License-Identifier: MIT */
/*
 * Sessions from libseat: from a real seatd (not bound to a VT, so that clients share the seat by
 * session numbers) and from libseat's builtin one. Runs in a mount namespace with a /run and a /dev
 * of its own; the devices in it are ordinary files, which seatd hands out all the same.
 */
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CARD "/dev/dri/card0"
#define KEYS "/dev/input/event0"

/* ---- the namespace -------------------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, strlen(text));
	close(fd);
	return written == (ssize_t)strlen(text) ? 0 : -1;
}

static int become_root(void)
{
	char map[64];
	snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
	if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %d 1", (int)getegid());
	return write_file("/proc/self/gid_map", map);
}

/* Only /dev/null stays. */
static int make_devices(void)
{
	char path[64];
	int null = open("/dev/null", O_PATH | O_CLOEXEC);
	if (null < 0 || mount("none", "/dev", "tmpfs", 0, NULL) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", null);
	if (write_file("/dev/null", "") < 0 || mount(path, "/dev/null", NULL, MS_BIND, NULL) < 0)
		return -1;
	close(null);
	if (mkdir("/dev/dri", 0755) < 0 || mkdir("/dev/input", 0755) < 0)
		return -1;
	return write_file(CARD, "a card") < 0 || write_file(KEYS, "keys") < 0 ? -1 : 0;
}

static int enter_namespace(void)
{
	if (geteuid() != 0 && become_root() < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return mount("none", "/run", "tmpfs", 0, NULL) < 0 ? -1 : make_devices();
}

/* ---- seatd ---------------------------------------------------------------------------------- */

static pid_t seatd;

static void run_seatd(int ready)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", ready);
	fcntl(ready, F_SETFD, 0);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDERR_FILENO);
	execlp("seatd", "seatd", "-n", number, "-l", "silent", (char *)NULL);
	_exit(127);
}

static int start_seatd(void **state)
{
	int pipes[2];
	char byte;
	setenv("LEND_SESSION", "libseat", 1);
	setenv("LIBSEAT_BACKEND", "seatd", 1);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	seatd = fork();
	assert_true(seatd >= 0);
	if (seatd == 0)
		run_seatd(pipes[1]);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1); /* it listens */
	close(pipes[0]);
	return 0;
}

static int stop_seatd(void **state)
{
	if (seatd > 0) {
		kill(seatd, SIGTERM);
		waitpid(seatd, NULL, 0);
	}
	seatd = 0;
	unlink("/run/seatd.sock");
	return 0;
}

/* ---- without it ----------------------------------------------------------------------------- */

static void test_no_manager(void **state)
{
	struct heard heard;
	struct session *session = NULL;
	const size_t fds = count_fds();
	setenv("LEND_SESSION", "libseat", 1);
	setenv("LIBSEAT_BACKEND", "seatd", 1);
	assert_int_equal(listen_to(&heard, &session), -ENXIO);
	assert_null(session);
	assert_int_equal(count_fds(), fds);
	assert_says(fail_text(), "no session: libseat: seatd: Could not connect to socket");
	assert_says(fail_text(),
		    "No such file or directory: start seatd, or log in on the machine");
	assert_says(heard.log, "3 libseat: Could not connect");
}

static void test_every_reason_is_told(void **state)
{
	struct heard heard;
	struct session *session;
	int fd;
	unsetenv("LEND_SESSION");
	setenv("LIBSEAT_BACKEND", "seatd", 1);
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_string_equal(session_kind(session), "direct");
	assert_int_equal(session_open(session, "/dev/dri/card7", &fd), -ENOENT);
	assert_says(fail_text(), "direct: cannot open /dev/dri/card7: No such file or directory");
	assert_says(fail_text(), "(libseat: seatd: Could not connect to socket");
	session_destroy(session);
}

static void test_unknown_backend(void **state)
{
	struct heard heard;
	struct session *session;
	setenv("LEND_SESSION", "libseat", 1);
	setenv("LIBSEAT_BACKEND", "nonsense", 1);
	assert_int_equal(listen_to(&heard, &session), -ENXIO);
	assert_says(fail_text(), "nonsense");
}

/* ---- with it -------------------------------------------------------------------------------- */

static void assert_reads(int fd, const char *expected)
{
	char text[16] = "";
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), strlen(expected));
	assert_string_equal(text, expected);
}

static void open_and_close(struct session *session)
{
	const size_t fds = count_fds();
	int card, again, keys, none = -77;
	assert_int_equal(session_open(session, CARD, &card), 0);
	assert_int_equal(session_open(session, CARD, &again), 0);
	assert_int_equal(session_open(session, KEYS, &keys), 0);
	assert_int_not_equal(card, again);
	assert_reads(card, "a card");
	assert_reads(again, "a card");
	assert_reads(keys, "keys");
	assert_int_equal(fcntl(card, F_GETFD), FD_CLOEXEC);
	session_close(session, card);
	assert_reads(again, "a card");
	session_close(session, again);
	assert_int_equal(session_open(session, "/dev/null", &none), -ENOENT);
	assert_says(fail_text(), "cannot open /dev/null: No such file or directory");
	assert_int_equal(session_open(session, "/dev/dri/none", &none), -ENOENT);
	assert_int_equal(none, -77);
	session_close(session, keys);
	assert_int_equal(count_fds(), fds);
}

static void test_seatd_opens(void **state)
{
	struct heard heard;
	struct session *session;
	const size_t fds = count_fds();
	int fd;
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_true(session_is_active(session));
	assert_string_equal(session_kind(session), "libseat (seatd)");
	assert_string_equal(session_seat(session), "seat0");
	assert_int_equal(session_dispatch(session), 0);
	assert_int_equal(heard.enabled + heard.disabled, 0); /* nothing has changed since create */
	assert_int_equal(is_readable(session), 0);
	open_and_close(session);
	assert_int_equal(session_open(session, CARD, &fd), 0);
	session_destroy(session); /* closes it */
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(count_fds(), fds);
}

static int fd_of_first;

static void use_and_close(struct session *session)
{
	assert_false(session_is_active(session));
	assert_reads(fd_of_first, "a card"); /* not acknowledged yet */
	session_close(session, fd_of_first);
}

static void test_seatd_switches(void **state)
{
	struct heard heard, others;
	struct session *session, *other;
	int fd;
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_int_equal(session_open(session, CARD, &fd_of_first), 0);
	heard.then = use_and_close;

	/* The second one waits for its turn. */
	assert_int_equal(listen_to(&others, &other), 0);
	assert_false(session_is_active(other));
	assert_says(others.log, "libseat (seatd) on seat0, not active yet");
	assert_int_equal(session_open(other, CARD, &fd), -EAGAIN);
	assert_says(fail_text(),
		    "cannot open " CARD ": the session is not active: switch to its VT");

	assert_int_equal(session_switch(session, 1), 0);
	dispatch_until(session, &heard.disabled, 1);
	dispatch_until(other, &others.enabled, 1);
	assert_true(session_is_active(other));
	assert_int_equal(session_open(other, CARD, &fd), 0);
	assert_int_equal(session_open(session, CARD, &fd_of_first), -EAGAIN);

	/* Back, since the other one goes. */
	session_destroy(other);
	dispatch_until(session, &heard.enabled, 1);
	assert_int_equal(session_open(session, CARD, &fd_of_first), 0);
	assert_int_equal(heard.disabled, 1);
	assert_int_equal(others.disabled, 0);
	session_destroy(session);
}

/* What happens while another request waits for its answer is told by dispatch, not before. */
static void test_told_by_dispatch_only(void **state)
{
	struct heard heard, others;
	struct session *session, *other;
	int fd = -1;
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_int_equal(listen_to(&others, &other), 0);
	assert_int_equal(session_switch(session, 1), 0);
	/* seatd answers this one after it has disabled the session. */
	assert_true(session_open(session, CARD, &fd) < 0);
	assert_int_equal(heard.disabled, 0);
	dispatch_until(session, &heard.disabled, 1);
	dispatch_until(other, &others.enabled, 1);
	session_destroy(session);
	session_destroy(other);
}

static void test_seatd_dies(void **state)
{
	struct heard heard;
	struct session *session;
	const size_t fds = count_fds();
	int fd, other;
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_int_equal(session_open(session, CARD, &fd), 0);
	kill(seatd, SIGKILL);
	waitpid(seatd, NULL, 0);
	seatd = 0;
	struct pollfd end = {.fd = session_fd(session), .events = POLLIN};
	assert_int_equal(poll(&end, 1, 10000), 1);
	assert_true(session_dispatch(session) < 0);
	assert_says(fail_text(), "the seat's manager went away");
	assert_int_equal(heard.disabled, 1);
	assert_says(heard.log, "0 session: the seat's manager went away");
	assert_false(session_is_active(session));
	assert_true(session_dispatch(session) < 0); /* for good, and told once */
	assert_int_equal(heard.disabled, 1);
	assert_int_equal(is_readable(session), 0);
	assert_int_equal(session_open(session, CARD, &other), -EAGAIN);
	assert_true(session_switch(session, 1) < 0);
	assert_reads(fd, "a card"); /* the fd itself is ours until closed */
	session_close(session, fd);
	session_destroy(session);
	assert_int_equal(count_fds(), fds);
}

/* ---- builtin -------------------------------------------------------------------------------- */

/* In memory shared with forks: how many processes ran this one's exit handlers. */
static int *exits;

static void count_exit(void)
{
	(*exits)++;
}

static void test_builtin(void **state)
{
	struct heard heard;
	struct session *session;
	const size_t fds = count_fds();
	setenv("LIBSEAT_BACKEND", "builtin", 1);
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_string_equal(session_kind(session), "libseat (builtin)");
	assert_true(session_is_active(session));
	open_and_close(session);
	assert_says(fail_text(), "(Could not canonicalize path"); /* its process says why */
	session_destroy(session);
	assert_int_equal(*exits, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), fds);
}

/* ---- and never a word on stderr ------------------------------------------------------------- */

static int stderr_before, stderr_file;

static int catch_stderr(void **state)
{
	exits = mmap(NULL, sizeof(*exits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_ptr_not_equal(exits, MAP_FAILED);
	assert_int_equal(atexit(count_exit), 0);
	stderr_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	stderr_file = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(stderr_before >= 0 && stderr_file >= 0);
	return dup2(stderr_file, STDERR_FILENO) < 0 ? -1 : 0;
}

static void test_says_nothing_itself(void **state)
{
	struct session *session;
	struct heard heard;
	setenv("LEND_SESSION", "libseat", 1);
	setenv("LIBSEAT_BACKEND", "seatd", 1);
	const off_t before = lseek(stderr_file, 0, SEEK_END);
	assert_int_equal(session_create(NULL, NULL, NULL, NULL, &session), -ENXIO);
	assert_int_equal(listen_to(&heard, &session), -ENXIO);
	assert_int_equal(lseek(stderr_file, 0, SEEK_END), before);
}

static int release_stderr(void **state)
{
	char text[4096] = "";
	dup2(stderr_before, STDERR_FILENO);
	if (pread(stderr_file, text, sizeof(text) - 1, 0) > 0)
		fputs(text, stderr);
	return 0;
}

#define WITH_SEATD(name) cmocka_unit_test_setup_teardown(test_##name, start_seatd, stop_seatd)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_manager),
		cmocka_unit_test(test_every_reason_is_told),
		cmocka_unit_test(test_unknown_backend),
		cmocka_unit_test(test_says_nothing_itself),
		WITH_SEATD(seatd_opens),
		WITH_SEATD(seatd_switches),
		WITH_SEATD(told_by_dispatch_only),
		WITH_SEATD(seatd_dies),
		cmocka_unit_test(test_builtin),
	};
	if (system("command -v seatd >/dev/null") != 0) {
		puts("skipped: seatd is not installed");
		return 77;
	}
	setenv("SEATD_VTBOUND", "0", 1);
	unsetenv("SEATD_SOCK");
	if (enter_namespace() < 0) {
		printf("skipped: no mount namespace is to be had: %s\n", strerror(errno));
		return 77;
	}
	return cmocka_run_group_tests_name("libseat", tests, catch_stderr, release_stderr);
}
