/* SPDX-License-Identifier: MIT */
/* Sessions that open devices by themselves, and being DRM master; libdrm is played by this file. */
#include "helpers.h"
#include "session/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

static struct {
	int node_type;
	int others_master; /* somebody else is */
	int master_fd;	   /* ours that is, or -1 */
	int drops;
} drm;

int drmGetNodeTypeFromFd(int fd)
{
	return drm.node_type;
}

int drmSetMaster(int fd)
{
	if (drm.others_master) {
		errno = EBUSY;
		return -1;
	}
	drm.master_fd = fd;
	return 0;
}

int drmDropMaster(int fd)
{
	drm.drops++;
	drm.master_fd = -1;
	return 0;
}

int drmIsMaster(int fd)
{
	return drm.master_fd == fd;
}

struct place {
	char directory[64], card[96];
	struct session *session;
	struct heard heard;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

static int setup(void **state)
{
	static struct place place;
	memset(&place, 0, sizeof(place));
	snprintf(place.directory, sizeof(place.directory), "/tmp/session-XXXXXX");
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.card, sizeof(place.card), "%s/card0", place.directory);
	write_file(place.card, "a card");
	memset(&drm, 0, sizeof(drm));
	drm.node_type = DRM_NODE_PRIMARY;
	drm.master_fd = -1;
	setenv("LEND_SESSION", "direct", 1);
	unsetenv("XDG_SEAT");
	assert_int_equal(listen_to(&place.heard, &place.session), 0);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	session_destroy(place->session);
	unlink(place->card);
	return rmdir(place->directory);
}

static void refused(struct place *place, const char *path, int error, const char *words)
{
	const size_t fds = count_fds();
	int fd = -77;
	assert_int_equal(session_open(place->session, path, &fd), error);
	assert_int_equal(fd, -77);
	assert_int_equal(count_fds(), fds);
	assert_says(fail_text(), words);
}

static void test_bad_paths(void **state)
{
	struct place *place = *state;
	char path[128];
	refused(place, "/dev/dri/none", -ENOENT,
		"direct: cannot open /dev/dri/none: No such file or directory: list /dev/dri");
	refused(place, "/dev/input/none", -ENOENT, "list /dev/input for the devices there are");
	refused(place, "", -ENOENT, "cannot open : No such");
	refused(place, place->directory, -EISDIR, "Is a directory");
	snprintf(path, sizeof(path), "%s/below", place->card);
	refused(place, path, -ENOTDIR, "Not a directory");
	assert_int_equal(drm.drops, 0);
}

static void test_no_permission(void **state)
{
	struct place *place = *state;
	assert_int_equal(chmod(place->directory, 0755), 0);
	assert_int_equal(chmod(place->card, 0), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	refused(place, place->card, -EACCES,
		"Permission denied: run as root, join the group video, or start seatd");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void test_too_many_files(void **state)
{
	struct place *place = *state;
	struct rlimit limit, none;
	int fd;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int ret = session_open(place->session, place->card, &fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(ret, -EMFILE);
	assert_says(fail_text(), "close files, or raise the limit");
}

static void test_opens_as_master(void **state)
{
	struct place *place = *state;
	const size_t fds = count_fds();
	char text[16] = "";
	int fd;
	assert_int_equal(session_open(place->session, place->card, &fd), 0);
	assert_int_equal(drm.master_fd, fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_string_equal(text, "a card");
	session_close(place->session, fd);
	assert_int_equal(drm.drops, 1);
	assert_int_equal(count_fds(), fds);
	session_close(place->session, fd); /* is no session's any more: left alone */
	session_close(place->session, 0);
	assert_int_equal(drm.drops, 1);
	assert_true(fcntl(0, F_GETFD) >= 0);
}

static void test_other_nodes_need_no_master(void **state)
{
	struct place *place = *state;
	int fd;
	drm.node_type = DRM_NODE_RENDER;
	drm.others_master = 1;
	assert_int_equal(session_open(place->session, place->card, &fd), 0);
	session_close(place->session, fd);
	assert_int_equal(drm.drops, 0);
}

static void test_busy(void **state)
{
	struct place *place = *state;
	drm.others_master = 1;
	refused(place, place->card, -EBUSY, "card0 is in use: another program has the display");
}

static void test_destroy_closes(void **state)
{
	struct place *place = *state;
	int fds[3];
	for (int i = 0; i < 3; i++)
		assert_int_equal(session_open(place->session, place->card, &fds[i]), 0);
	session_destroy(place->session);
	assert_int_equal(drm.drops, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fcntl(fds[i], F_GETFD), -1);
	assert_int_equal(listen_to(&place->heard, &place->session), 0);
}

static void test_it_is_always_active(void **state)
{
	struct place *place = *state;
	assert_true(session_is_active(place->session));
	assert_string_equal(session_kind(place->session), "direct");
	assert_string_equal(session_seat(place->session), "seat0");
	assert_int_equal(is_readable(place->session), 0);
	assert_int_equal(session_dispatch(place->session), 0);
	assert_int_equal(place->heard.enabled + place->heard.disabled, 0);
	assert_says(place->heard.log, "2 session: direct on seat0\n");
}

static void test_no_vts(void **state)
{
	struct place *place = *state;
	assert_int_equal(session_switch(place->session, 2), -EOPNOTSUPP);
	assert_says(fail_text(), "a direct session cannot switch VTs");
	assert_int_equal(session_switch(place->session, 0), -EINVAL);
	assert_says(fail_text(), "there is no VT 0: give 1 to 63");
	assert_int_equal(session_switch(place->session, 64), -EINVAL);
}

static void test_bad_choices(void **state)
{
	struct heard heard;
	struct session *session = NULL;
	const size_t fds = count_fds();
	setenv("LEND_SESSION", "elogind", 1);
	assert_int_equal(listen_to(&heard, &session), -EINVAL);
	assert_string_equal(fail_text(),
			    "LEND_SESSION=elogind: no such session: give libseat or direct");
	assert_null(session);
	assert_int_equal(count_fds(), fds);
	session_destroy(NULL);
}

static void test_seat_of_the_login(void **state)
{
	struct heard heard;
	struct session *session;
	setenv("XDG_SEAT", "seat-left", 1);
	assert_int_equal(listen_to(&heard, &session), 0);
	assert_string_equal(session_seat(session), "seat-left");
	session_destroy(session);
}

/* ---- who is master -------------------------------------------------------------------------- */

static void find(struct place *place, const char *text, const char *expected)
{
	char path[128], holder[64] = "";
	snprintf(path, sizeof(path), "%s/clients", place->directory);
	write_file(path, text);
	assert_int_equal(session_find_master(path, holder, sizeof(holder)), *expected != '\0');
	assert_string_equal(holder, expected);
	unlink(path);
}

static void test_find_master(void **state)
{
	struct place *place = *state;
	const char *head = "             command  tgid dev master a   uid      magic\n";
	char text[1024], holder[16];
	assert_false(session_find_master("/nowhere/clients", holder, sizeof(holder)));
	find(place, "", "");
	find(place, head, "");
	find(place, "y y y y y y\n1 2 3 4 5\n  \n", "");
	snprintf(text, sizeof(text),
		 "%s      systemd-logind   412   0   n    y     0          0\n"
		 "              weston  1200   0   y    y  1000          3\n",
		 head);
	find(place, text, "weston (pid 1200)");
	/* A command may have spaces and digits, and newer kernels have more columns. */
	snprintf(text, sizeof(text),
		 "%s        my 2 server 7  1300   0   y    y     0          0"
		 "                         <unset>     7\n",
		 head);
	find(place, text, "my 2 server 7 (pid 1300)");
	snprintf(text, sizeof(text), "%s              weston  1200   0   n    y  1000  3\n", head);
	find(place, text, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_paths),
		TEST(bad_choices),
		TEST(no_permission),
		TEST(too_many_files),
		TEST(busy),
		TEST(opens_as_master),
		TEST(other_nodes_need_no_master),
		TEST(destroy_closes),
		TEST(it_is_always_active),
		TEST(no_vts),
		TEST(seat_of_the_login),
		TEST(find_master),
	};
	return cmocka_run_group_tests_name("direct", tests, NULL, NULL);
}
