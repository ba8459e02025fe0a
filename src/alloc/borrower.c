/* SPDX-License-Identifier: MIT */
/* A trial as a client would have it: another process that holds the buffer's fd and nothing else.
 *
 * The process is forked off within whatever program uses this library, which may have threads and
 * opinions on signals: it sends no SIGCHLD, is waited for by its number, runs with all signals
 * blocked (so that a fault kills it instead of reaching the program's handlers), and makes nothing
 * but system calls. */
#include "alloc/trial.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 2000

/* Between here and there, in memory that both see. Everything else is a copy by then. */
struct errand {
	const struct memory *memory;
	struct lend_buffer *window; /* to measure in; NULL: write the pages instead */
	uint32_t nonce;
	struct trial trial;
	enum lend_caching caching;
	struct lend_rates rates;
	volatile bool done;
};

/* ---- there ---------------------------------------------------------------------------------- */

static void close_range_of(unsigned first, unsigned last)
{
	if (first <= last)
		syscall(SYS_close_range, first, last, 0);
}

static int fd_of(struct lend_buffer *window)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	return window && lend_buffer_describe(window, &info) == 0 ? info.planes[0].fd : -1;
}

/* The memory's fd, the window's duplicate of it, and no other. */
static void close_others(int a, int b)
{
	const unsigned low = (unsigned)(b < 0 || a < b ? a : b);
	const unsigned high = (unsigned)(a > b ? a : b);
	if (low > 0)
		close_range_of(0, low - 1);
	close_range_of(low + 1, high - 1);
	close_range_of(high + 1, UINT_MAX);
}

static void measure(struct errand *errand)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	errand->rates.size = sizeof(errand->rates);
	if (lend_buffer_measure(errand->window, &errand->rates) == 0 &&
	    lend_buffer_describe(errand->window, &info) == 0)
		errand->caching = info.caching;
}

static void run_errand(struct errand *errand)
{
	const struct memory *memory = errand->memory;
	/* Neither outlives the program nor leaves a core file. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	close_others(memory->info.planes[0].fd, fd_of(errand->window));
	if (!errand->window)
		trial_write_pages(memory, errand->nonce, &errand->trial);
	else if (trial_check_pages(memory, errand->nonce, "a client's reading", &errand->trial) ==
		 0)
		measure(errand);
	errand->done = true;
}

/* ---- here ----------------------------------------------------------------------------------- */

/* As fork(), but the parent gets no signal when it ends, and no handler of fork runs. */
static pid_t fork_quietly(void)
{
	return (pid_t)syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* false: it had to be killed, since its time was up. */
static bool await(pid_t child)
{
	const struct timespec pause = {.tv_nsec = 200000};
	const int64_t end = now_ms() + LIMIT_MS;
	pid_t ended;
	while ((ended = waitpid(child, NULL, WNOHANG | __WALL)) == 0 && now_ms() < end)
		nanosleep(&pause, NULL);
	if (ended != 0)
		return true;
	kill(child, SIGKILL);
	while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
		;
	return false;
}

static int fail_errand(struct errand *errand, int error)
{
	errno = error;
	return trial_fail(&errand->trial, LEND_DEPTH_MAP, "a client's access");
}

/* -errno: there is no such process. Else what became of it is in errand->trial. */
static int send(struct errand *errand)
{
	sigset_t all, old;
	sigfillset(&all);
	errand->done = false;
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t child = fork_quietly();
	if (child == 0) {
		run_errand(errand);
		_exit(0);
	}
	int error = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (child < 0)
		return -error;
	if (!await(child))
		fail_errand(errand, ETIMEDOUT);
	else if (!errand->done)
		fail_errand(errand, EFAULT);
	return 0;
}

static void note(struct finding *finding, const struct errand *errand)
{
	*finding = (struct finding){
		.depth = LEND_DEPTH_MAP,
		.error = errand->trial.error,
		.caching = errand->caching,
		.rates = errand->rates,
	};
	snprintf(finding->call, sizeof(finding->call), "%s", errand->trial.call);
}

/* There it is written, here it is read; then the other way round. */
static int exchange(struct errand *errand, struct lend_buffer *window)
{
	const struct memory *memory = errand->memory;
	struct trial *trial = &errand->trial;
	int result = send(errand);
	if (result < 0 || trial->error)
		return result;
	if (trial_check_pages(memory, errand->nonce, "reading what a client drew", trial) < 0)
		return 0;
	errand->nonce = ~errand->nonce;
	errand->window = window;
	if (trial_write_pages(memory, errand->nonce, trial) < 0)
		return 0;
	result = send(errand);
	if (trial->error == 0)
		trial_write_pages(memory, 0, trial);
	return result;
}

int borrower_try(const struct memory *memory, struct finding *finding)
{
	struct lend_buffer *window;
	struct errand *errand = mmap(NULL, sizeof(*errand), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (errand == MAP_FAILED)
		return -errno;
	*errand = (struct errand){
		.memory = memory,
		.nonce = trial_nonce(),
		.trial = {.call = ""},
		.rates = {.size = sizeof(errand->rates)},
	};
	int result = trial_window(memory, &window);
	if (result == 0) {
		result = exchange(errand, window);
		lend_buffer_destroy(window);
	}
	if (result == 0)
		note(finding, errand);
	munmap(errand, sizeof(*errand));
	return result;
}
