/* SPDX-License-Identifier: MIT */
/* The trial in another process: what it finds, and that the program it runs in notices nothing. */
#undef _FILE_OFFSET_BITS /* mmap() is defined here, under both its names */
#include "helpers.h"

#include "alloc/device.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a kernel that misbehaves --------------------------------------------------------------- */

enum mischief { NONE, HANG, APART_FIRST, APART_SECOND, COUNT_FDS, NO_PROCESS };

/* In memory that the borrower shares. */
static struct shared {
	enum mischief mischief;
	pid_t program;
	int processes; /* borrowers so far */
	size_t fds;    /* that the last one had open when it mapped */
} * shared;

FAKE_EXPORT void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (shared && fd >= 0 && getpid() != shared->program) {
		const int process = ++shared->processes;
		if (shared->mischief == HANG)
			for (;;)
				pause();
		if (shared->mischief == COUNT_FDS)
			shared->fds = count_fds();
		if ((shared->mischief == APART_FIRST && process == 1) ||
		    (shared->mischief == APART_SECOND && process == 2)) {
			flags = MAP_PRIVATE | MAP_ANONYMOUS;
			fd = -1;
		}
	}
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

FAKE_EXPORT void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

FAKE_EXPORT long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long a[6];
	va_list args;
	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_clone && shared && shared->mischief == NO_PROCESS) {
		errno = EAGAIN;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int setup(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	shared->program = getpid();
	return 0;
}

static void behave(enum mischief mischief)
{
	shared->mischief = mischief;
	shared->processes = 0;
	shared->fds = 0;
}

static int teardown(void **state)
{
	behave(NONE);
	fake_drm_unload();
	return 0;
}

/* ---- memory --------------------------------------------------------------------------------- */

enum { PAGES = 300, BYTES = PAGES * 4096 };

static struct memory make_memory(void)
{
	struct memory memory = {
		.info = {.memory = LEND_MEMORY_MEMFD, .n_planes = 1},
		.bytes = BYTES,
	};
	memory.info.planes[0].fd = memfd_create("borrowed", MFD_CLOEXEC);
	assert_true(memory.info.planes[0].fd >= 0);
	assert_int_equal(ftruncate(memory.info.planes[0].fd, BYTES), 0);
	return memory;
}

static void drop(struct memory *memory)
{
	close(memory->info.planes[0].fd);
}

static void assert_finding(const struct finding *finding, const char *call, int error)
{
	assert_int_equal(finding->depth, LEND_DEPTH_MAP);
	assert_string_equal(finding->call, call);
	assert_int_equal(finding->error, error);
}

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

/* ---- what it finds -------------------------------------------------------------------------- */

static void test_good(void **state)
{
	struct memory memory = make_memory();
	struct finding finding = {.call = ""};
	const size_t fds = count_fds();
	assert_int_equal(borrower_try(&memory, &finding), 0);
	assert_finding(&finding, "", 0);
	assert_int_equal(finding.caching, LEND_CACHING_CACHED);
	assert_true(finding.rates.read > 10 && finding.rates.write > 10);
	assert_int_equal(count_fds(), fds);
	assert_no_child();
	/* Nothing of it stays in the memory. */
	const unsigned char *map =
		mmap(NULL, BYTES, PROT_READ, MAP_SHARED, memory.info.planes[0].fd, 0);
	for (size_t i = 0; i < BYTES; i++)
		assert_int_equal(map[i], 0);
	munmap((void *)map, BYTES);
	drop(&memory);
}

/* Memory that ends before it should: the borrower dies of it, and nobody else. */
static void test_fault(void **state)
{
	struct memory memory = make_memory();
	struct finding finding = {.call = ""};
	assert_int_equal(ftruncate(memory.info.planes[0].fd, BYTES - 4096), 0);
	assert_int_equal(borrower_try(&memory, &finding), 0);
	assert_finding(&finding, "a client's access", EFAULT);
	assert_no_child();
	drop(&memory);
}

static void test_read_only(void **state)
{
	struct memory memory = make_memory();
	struct finding finding = {.call = ""};
	char path[40];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory.info.planes[0].fd);
	const int fd = memory.info.planes[0].fd;
	memory.info.planes[0].fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(borrower_try(&memory, &finding), 0);
	assert_finding(&finding, "mmap", EACCES);
	drop(&memory);
	close(fd);
}

static void test_mischief(void **state)
{
	static const struct {
		enum mischief mischief;
		const char *call;
		int error;
	} rows[] = {
		{HANG, "a client's access", ETIMEDOUT},
		{APART_FIRST, "reading what a client drew", EIO},
		{APART_SECOND, "a client's reading", EIO},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct memory memory = make_memory();
		struct finding finding = {.call = ""};
		behave(rows[i].mischief);
		assert_int_equal(borrower_try(&memory, &finding), 0);
		assert_finding(&finding, rows[i].call, rows[i].error);
		assert_no_child();
		drop(&memory);
	}
}

static void test_no_process(void **state)
{
	struct memory memory = make_memory();
	struct finding finding = {.call = ""};
	behave(NO_PROCESS);
	assert_int_equal(borrower_try(&memory, &finding), -EAGAIN);
	assert_int_equal(finding.depth, LEND_DEPTH_NONE);
	drop(&memory);
}

/* ---- what the program notices --------------------------------------------------------------- */

/* The directory that counts them is one, "." and ".." are two; the buffer and its duplicate. */
static void test_holds_nothing_else(void **state)
{
	struct memory memory = make_memory();
	struct finding finding = {.call = ""};
	behave(COUNT_FDS);
	int many[32];
	for (size_t i = 0; i < 32; i++)
		many[i] = dup(STDERR_FILENO);
	assert_int_equal(borrower_try(&memory, &finding), 0);
	assert_finding(&finding, "", 0);
	assert_in_range(shared->fds, 4, 5);
	for (size_t i = 0; i < 32; i++)
		close(many[i]);
	drop(&memory);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	signals++;
}

/* No SIGCHLD, no SIGBUS, and the mask is as it was, whatever the program does with signals. */
static void test_signals(void **state)
{
	struct sigaction count = {.sa_handler = count_signal}, old_child, old_bus;
	sigset_t before, after;
	signals = 0;
	assert_int_equal(sigaction(SIGCHLD, &count, &old_child), 0);
	assert_int_equal(sigaction(SIGBUS, &count, &old_bus), 0);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	test_good(NULL);
	test_fault(NULL);
	signal(SIGCHLD, SIG_IGN);
	test_good(NULL);
	test_fault(NULL);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	assert_int_equal(signals, 0);
	for (int i = 1; i < NSIG; i++)
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
	sigaction(SIGCHLD, &old_child, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
}

static volatile bool busy;

static void *allocate_and_wait(void *data)
{
	while (busy) {
		free(malloc(100000));
		waitpid(-1, NULL, WNOHANG);
	}
	return NULL;
}

/* Threads that hold locks and wait for children of their own. */
static void test_threads(void **state)
{
	pthread_t threads[3];
	busy = true;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, allocate_and_wait, NULL), 0);
	for (size_t i = 0; i < 30; i++) {
		struct memory memory = make_memory();
		struct finding finding = {.call = ""};
		assert_int_equal(borrower_try(&memory, &finding), 0);
		assert_finding(&finding, "", 0);
		drop(&memory);
	}
	busy = false;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_good, teardown),
		cmocka_unit_test_teardown(test_fault, teardown),
		cmocka_unit_test_teardown(test_read_only, teardown),
		cmocka_unit_test_teardown(test_mischief, teardown),
		cmocka_unit_test_teardown(test_no_process, teardown),
		cmocka_unit_test_teardown(test_holds_nothing_else, teardown),
		cmocka_unit_test_teardown(test_signals, teardown),
		cmocka_unit_test_teardown(test_threads, teardown),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
