/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

size_t count_fds(void)
{
	size_t count = 0;
	DIR *directory = opendir("/proc/self/fd");
	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void on_enabled(void *data)
{
	struct heard *heard = data;
	heard->enabled++;
}

static void on_disabled(void *data)
{
	struct heard *heard = data;
	heard->disabled++;
	if (heard->then)
		heard->then(heard->session);
}

static void on_log(void *data, enum lend_log_level level, const char *message)
{
	struct heard *heard = data;
	size_t length = strlen(heard->log);
	assert_null(strchr(message, '\n'));
	snprintf(heard->log + length, sizeof(heard->log) - length, "%d %s\n", (int)level, message);
}

int listen_to(struct heard *heard, struct session **session)
{
	static const struct session_events events = {on_enabled, on_disabled};
	memset(heard, 0, sizeof(*heard));
	int ret = session_create(&events, heard, on_log, heard, session);
	if (ret == 0)
		heard->session = *session;
	return ret;
}

int is_readable(const struct session *session)
{
	struct pollfd fd = {.fd = session_fd(session), .events = POLLIN};
	return poll(&fd, 1, 0);
}

void dispatch_until(struct session *session, const int *count, int wanted)
{
	struct pollfd fd = {.fd = session_fd(session), .events = POLLIN};
	while (*count < wanted) {
		if (poll(&fd, 1, 10000) != 1)
			fail_msg("nothing happened within ten seconds");
		assert_int_equal(session_dispatch(session), 0);
	}
}

void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}
