/* SPDX-License-Identifier: MIT */
/*
 * Lends a buffer of every real card to a process that has nothing but a socket: by every allocator
 * and by the ladder. What came of it is compared with a table.
 *
 * usage: lend TABLE [DRIVER]...   every card there is; the drivers named must be among them
 *        lend --client FD         the process that it is lent to
 *
 * A row of the table: driver, allocator ("ladder" for all of them), state, depth; of the ladder,
 * state and the memory that it gave. A row that is missing or not as in the table is a failure.
 */
#include <framelend/alloc.h>

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WIDTH  640
#define HEIGHT 480
#define NOBODY 65534

static uint32_t pattern(uint32_t x, uint32_t y, uint32_t seed)
{
	return (x * 2654435761u) ^ (y * 40503u) ^ (seed * 97u);
}

static int draw(struct lend_buffer *buffer, uint32_t seed)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	int result = lend_buffer_begin(buffer, LEND_WRITE, &pixels);

	if (result < 0 || (result = lend_buffer_describe(buffer, &info)) < 0)
		return result;
	for (uint32_t y = 0; y < info.height; y++) {
		uint32_t *row = (void *)((char *)pixels + (size_t)y * info.planes[0].stride);

		for (uint32_t x = 0; x < info.width; x++)
			row[x] = pattern(x, y, seed);
	}
	return lend_buffer_end(buffer);
}

/* How many pixels are wrong, or -errno. */
static int check(struct lend_buffer *buffer, uint32_t seed)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	int wrong = 0, result = lend_buffer_begin(buffer, LEND_READ, &pixels);

	if (result < 0 || (result = lend_buffer_describe(buffer, &info)) < 0)
		return result;
	for (uint32_t y = 0; y < info.height; y++) {
		const uint32_t *row = (void *)((char *)pixels + (size_t)y * info.planes[0].stride);

		for (uint32_t x = 0; x < info.width; x++)
			wrong += row[x] != pattern(x, y, seed);
	}
	result = lend_buffer_end(buffer);
	return result < 0 ? result : wrong;
}

/* ---- the client ----------------------------------------------------------------------------- */

static int client(int socket)
{
	struct lend_buffer *buffer;
	char byte = 0;

	/* Nobody, in no group: what it can do, it can by the descriptor alone. */
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 2;
	if (lend_buffer_receive(socket, &buffer) < 0) {
		printf("client: %s\n", lend_buffer_error());
		return 3;
	}
	if (check(buffer, 1) != 0 || draw(buffer, 2) < 0) {
		printf("client: the pixels are wrong, or %s\n", lend_buffer_error());
		return 4;
	}
	lend_buffer_destroy(buffer);
	return send(socket, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : 5;
}

static pid_t start_client(int sockets[2])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	char number[12];

	dup2(sockets[1], 3); /* without close-on-exec; the only one */
	close_range(4, ~0u, 0);
	snprintf(number, sizeof(number), "%d", 3);
	execl("/proc/self/exe", "lend", "--client", number, (char *)NULL);
	_exit(127);
}

/* 0: the client saw what we drew and we see what it drew. */
static int lend(struct lend_buffer *buffer)
{
	int sockets[2], status = -1, wrong = -1;
	char byte;

	if (draw(buffer, 1) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -1;
	fflush(stdout);
	pid_t pid = start_client(sockets);

	close(sockets[1]);
	if (pid > 0 && lend_buffer_send(sockets[0], buffer) == 0 &&
	    recv(sockets[0], &byte, 1, 0) == 1)
		wrong = check(buffer, 2);
	close(sockets[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (wrong != 0 || status != 0)
		printf("FAILED: %d pixels are wrong, the client ended with %d: %s\n", wrong,
		       WEXITSTATUS(status), lend_buffer_error());
	return wrong == 0 && status == 0 ? 0 : -1;
}

/* ---- the table ------------------------------------------------------------------------------ */

static bool is_in_table(FILE *table, const char *row)
{
	char line[256];

	rewind(table);
	while (fgets(line, sizeof(line), table)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, row) == 0)
			return true;
	}
	return false;
}

static int compare(FILE *table, const char *driver, const char *allocator, const char *state,
		   const char *more)
{
	char row[256];

	snprintf(row, sizeof(row), "%s\t%s\t%s\t%s", driver, allocator, state, more);
	if (is_in_table(table, row))
		return 0;
	printf("FAILED: not in the table: %s\n", row);
	return 1;
}

/* ---- every card ----------------------------------------------------------------------------- */

static int try_allocator(FILE *table, struct lend_device *device, const char *driver,
			 const char *allocator)
{
	struct lend_buffer_options options = {.size = sizeof(options),
					      .width = WIDTH,
					      .height = HEIGHT,
					      .format = LEND_FORMAT_XRGB8888,
					      .use = LEND_USE_SCANOUT,
					      .allocator = allocator};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_verdicts *verdicts = NULL;
	struct lend_buffer *buffer = NULL;
	int failures = 0, result = lend_buffer_allocate(device, &options, &buffer, &verdicts);

	for (size_t i = 0; i < lend_verdicts_count(verdicts); i++) {
		const struct lend_verdict *verdict = lend_verdicts_get(verdicts, i);
		char line[2048];

		if (!allocator || strcmp(verdict->allocator, allocator) != 0)
			continue;
		lend_verdict_format(verdict, line, sizeof(line));
		printf("%s: %s\n", driver, line);
		failures += compare(table, driver, allocator, lend_state_name(verdict->state),
				    lend_depth_name(verdict->depth));
	}
	lend_verdicts_destroy(verdicts);
	if (result == 0)
		lend_buffer_describe(buffer, &info);
	if (!allocator)
		failures += compare(table, driver, "ladder", result < 0 ? "failed" : "ok",
				    result < 0 ? "none" : lend_memory_name(info.memory));
	if (result == 0 && lend(buffer) < 0)
		failures++;
	lend_buffer_destroy(buffer);
	return failures;
}

static int try_card(FILE *table, const char *path, char *seen, size_t length)
{
	struct lend_device_info info = {.size = sizeof(info)};
	struct lend_device *device;
	const char *allocator;
	int failures = 0;

	if (lend_device_open(path, &device) < 0) {
		printf("FAILED: %s\n", lend_alloc_error());
		return 1;
	}
	lend_device_describe(device, &info);
	snprintf(seen + strlen(seen), length - strlen(seen), " %s ", info.driver);
	for (size_t i = 0; (allocator = lend_allocator_name(i)); i++)
		failures += try_allocator(table, device, info.driver, allocator);
	failures += try_allocator(table, device, info.driver, NULL);
	lend_device_destroy(device);
	return failures;
}

int main(int argc, char **argv)
{
	char seen[1024] = "";
	int failures = 0;
	glob_t cards;

	if (argc == 3 && strcmp(argv[1], "--client") == 0)
		return client(atoi(argv[2]));
	FILE *table = argc > 1 ? fopen(argv[1], "re") : NULL;

	if (!table) {
		fprintf(stderr, "usage: lend TABLE [DRIVER]... (a table that can be read)\n");
		return 2;
	}
	if (glob("/dev/dri/card*", 0, NULL, &cards) == 0) {
		for (size_t i = 0; i < cards.gl_pathc; i++)
			failures += try_card(table, cards.gl_pathv[i], seen, sizeof(seen));
		globfree(&cards);
	}
	for (int i = 2; i < argc; i++) {
		char name[64];

		snprintf(name, sizeof(name), " %s ", argv[i]);
		if (!strstr(seen, name)) {
			printf("FAILED: no card of %s\n", argv[i]);
			failures++;
		}
	}
	fclose(table);
	return failures ? 1 : 0;
}
