/* SPDX-License-Identifier: MIT */
/*
 * Events of real display devices, passed on by a udevd and, where there is none, from the kernel
 * itself. Needs a display device and root: tests/vm runs it in a guest.
 */
#include "helpers.h"
#include "session/udev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

struct told {
	int calls;
	enum card_change change;
	struct card card;
};

static void on_card(void *data, enum card_change change, const struct card *card)
{
	struct told *told = data;
	told->calls++;
	told->change = change;
	told->card = *card;
}

/* Makes the kernel say it once more. */
static void trigger(const char *sysname, const char *action)
{
	char path[128];
	snprintf(path, sizeof(path), "/sys/class/drm/%s/uevent", sysname);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, action, strlen(action)), strlen(action));
	close(fd);
}

static void await(struct cards *cards, const struct told *told)
{
	struct pollfd fd = {.fd = cards_fd(cards), .events = POLLIN};
	for (int i = 0; i < 100 && told->calls == 0; i++)
		if (poll(&fd, 1, 100) == 1)
			assert_int_equal(cards_dispatch(cards), 0);
	assert_int_equal(told->calls, 1);
}

static void add_once_more(void)
{
	struct told told = {0};
	struct cards *cards;
	struct card *list;
	assert_int_equal(cards_create("seat0", on_card, &told, &cards), 0);
	int n = cards_list(cards, &list);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		print_message("%s: %s%s\n", list[i].path, list[i].driver,
			      list[i].boot ? ", the firmware's" : "");
		assert_int_equal(access(list[i].path, R_OK | W_OK), 0);
	}
	trigger(list[0].sysname, "change"); /* nothing was plugged */
	trigger(list[0].sysname, "add");
	await(cards, &told);
	assert_int_equal(told.change, CARD_ADDED);
	assert_memory_equal(&told.card, &list[0], sizeof(told.card));
	free(list);
	cards_destroy(cards);
}

static void test_with_udevd(void **state)
{
	assert_true(udevd_runs());
	add_once_more();
}

static void test_without_udevd(void **state)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/run/udev", "tmpfs", 0, NULL), 0);
	assert_false(udevd_runs());
	add_once_more();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_udevd),
		cmocka_unit_test(test_without_udevd),
	};
	if (geteuid() != 0 || access("/sys/class/drm/card0", F_OK) < 0) {
		puts("skipped: needs root and a display device");
		return 77;
	}
	return cmocka_run_group_tests_name("uevents", tests, NULL, NULL);
}
