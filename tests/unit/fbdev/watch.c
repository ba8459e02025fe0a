/* SPDX-License-Identifier: MIT */
/* Which pages of a memory another process wrote. Skipped where the kernel cannot tell. */
#include "fbdev/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* cmocka wants those above */
#include <cmocka.h>

#define PAGES	300
#define LENGTH	((size_t)PAGES * WATCH_PAGE)
#define SKIPPED 77

struct other {
	pid_t pid;
	int socket;
	uint8_t *map;
	struct watch *list;
	uint8_t flags[PAGES];
	struct pages pages;
};

static int memory;

/* The other process does what it is told by a letter, and answers it. */
static void serve(uint8_t *map, int socket)
{
	unsigned char command[3];
	while (read(socket, command, 3) == 3) {
		size_t page = command[1] * 256u + command[2];
		if (command[0] == 'w')
			map[page * WATCH_PAGE + page] ^= 1;
		else if (command[0] == 'r') {
			int zero = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
			if (read(zero, map + page * WATCH_PAGE, 10) != 10)
				_exit(1);
			close(zero);
		} else if (command[0] == 'u')
			munmap(map, LENGTH);
		else if (command[0] == 'f' && fork() == 0) {
			map[page * WATCH_PAGE] ^= 1;
			_exit(0);
		} else if (command[0] == 'f')
			wait(NULL);
		if (write(socket, command, 1) != 1)
			break;
	}
	_exit(0);
}

static void tell(const struct other *other, char what, unsigned page)
{
	unsigned char command[3] = {(unsigned char)what, (unsigned char)(page >> 8),
				    (unsigned char)page};
	assert_int_equal(write(other->socket, command, 3), 3);
	assert_int_equal(read(other->socket, command, 1), 1);
}

/* The userfaultfd is made in the child. */
static int receive_fd(int socket)
{
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	assert_int_equal(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	const struct cmsghdr *passed = CMSG_FIRSTHDR(&message);
	assert_non_null(passed);
	int fd = -1;
	if (passed)
		memcpy(&fd, CMSG_DATA(passed), sizeof(fd));
	return fd;
}

static void send_fd(int socket, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	*CMSG_FIRSTHDR(&message) = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		_exit(1);
	close(fd); /* the receiver's is enough */
}

static void scan(struct other *other)
{
	pages_clear(&other->pages);
	assert_int_equal(watch_scan(&other->list, &other->pages), 0);
}

static int set_up(void **state)
{
	struct other *other = calloc(1, sizeof(*other));
	int sockets[2];
	other->pages = (struct pages){PAGES, other->flags, false};
	other->map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	other->pid = fork();
	if (other->pid == 0) {
		close(sockets[0]);
		send_fd(sockets[1], watch_arm(other->map, LENGTH));
		serve(other->map, sockets[1]);
	}
	close(sockets[1]);
	other->socket = sockets[0];
	int userfault = receive_fd(other->socket);
	assert_int_equal(
		watch_add(&other->list, other->pid, userfault, (uintptr_t)other->map, LENGTH, 0),
		0);
	scan(other);
	*state = other;
	return 0;
}

static int tear_down(void **state)
{
	struct other *other = *state;
	watch_clear(&other->list);
	close(other->socket);
	waitpid(other->pid, NULL, 0);
	munmap(other->map, LENGTH);
	free(other);
	return 0;
}

static size_t count(const struct other *other)
{
	size_t n = 0;
	for (size_t i = 0; i < PAGES; i++)
		n += other->flags[i];
	return n;
}

static void tells_the_written_pages(void **state)
{
	struct other *other = *state;
	scan(other);
	assert_false(other->pages.any);
	tell(other, 'w', 0);
	tell(other, 'w', 7);
	tell(other, 'w', PAGES - 1);
	scan(other);
	assert_int_equal(count(other), 3);
	assert_true(other->flags[0] && other->flags[7] && other->flags[PAGES - 1]);
	scan(other);
	assert_false(other->pages.any);
}

/* More runs of pages than one call tells. */
static void tells_scattered_pages(void **state)
{
	struct other *other = *state;
	for (unsigned page = 0; page < PAGES; page += 2)
		tell(other, 'w', page);
	scan(other);
	assert_int_equal(count(other), PAGES / 2);
	assert_false(other->flags[1]);
}

/* Synchronous protection would make this read(2) fail. */
static void the_kernel_can_write_too(void **state)
{
	struct other *other = *state;
	tell(other, 'r', 9);
	scan(other);
	assert_int_equal(count(other), 1);
	assert_true(other->flags[9]);
}

static void a_child_is_not_watched(void **state)
{
	struct other *other = *state;
	tell(other, 'f', 3);
	scan(other);
	assert_false(other->pages.any);
	tell(other, 'w', 4);
	scan(other);
	assert_int_equal(count(other), 1);
}

static void notices_that_a_map_went(void **state)
{
	struct other *other = *state;
	tell(other, 'u', 0);
	assert_int_equal(watch_scan(&other->list, &other->pages), 1);
	assert_null(other->list);
}

static void notices_that_a_process_ended(void **state)
{
	struct other *other = *state;
	kill(other->pid, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)other->pid, &info, WEXITED | WNOWAIT);
	assert_int_equal(watch_scan(&other->list, &other->pages), 1);
	assert_null(other->list);
}

static void a_new_map_replaces_the_old(void **state)
{
	struct other *other = *state;
	const struct watch *old = other->list;
	uintptr_t address = (uintptr_t)other->map;
	int spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(watch_add(&other->list, other->pid, spare, address + LENGTH, 4096, 0), 0);
	assert_ptr_equal(other->list->next, old);
	spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(watch_add(&other->list, other->pid, spare, address, 2 * LENGTH, 0), 0);
	assert_null(other->list->next);
}

static void bad_processes_and_ranges_fail(void **state)
{
	struct watch *list = NULL;
	int spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(watch_add(&list, -5, spare, 0, 4096, 0), -ENOENT);
	assert_null(list);
	assert_int_equal(fcntl(spare, F_GETFD), -1); /* taken */
	assert_true(watch_arm((void *)4096, 4096) < 0);
	assert_true(watch_arm(NULL, 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_the_written_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_scattered_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kernel_can_write_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_child_is_not_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notices_that_a_map_went, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notices_that_a_process_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_map_replaces_the_old, set_up, tear_down),
		cmocka_unit_test(bad_processes_and_ranges_fail),
	};
	const char *reason;
	memory = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(memory, (off_t)LENGTH), 0);
	int result = watch_trial(memory, &reason);
	if (result < 0) {
		printf("skipped: %s: %s\n", reason, strerror(-result));
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
