/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

int keeper_fail(struct keeper *keeper, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(keeper->error, sizeof(keeper->error), format, arguments);
	va_end(arguments);
	return error;
}

const char *keeper_error(const struct keeper *keeper)
{
	return keeper->error[0] != '\0' ? keeper->error : lend_client_error(keeper->screen.client);
}

/* ---- how it is watched ---------------------------------------------------------------------- */

/* In the log, and in the title: that is what `framelend top` shows. */
static void tell_method(struct keeper *keeper, const char *reason)
{
	const struct screen_options *options = &keeper->screen.options;
	char message[256];
	snprintf(message, sizeof(message), "/dev/fb0: changes are found by %s: %s",
		 keeper->compare ? "comparing everything" : "asking for written pages", reason);
	if (options->log)
		options->log(options->log_data, LEND_LOG_INFO, message);
	if (options->title != keeper->title)
		return;
	snprintf(keeper->title, sizeof(keeper->title), "%.64s (/dev/fb0, %s)", options->app_id,
		 keeper->compare ? "compared" : "written pages");
	if (keeper->screen.surface)
		lend_surface_set_title(keeper->screen.surface, keeper->title);
}

void keeper_compare(struct keeper *keeper, const char *reason)
{
	if (keeper->compare)
		return;
	keeper->compare = true;
	tell_method(keeper, reason);
}

/* write() to the framebuffer is no fault of a page: the kernel tells it otherwise. */
static int watch_writes(struct keeper *keeper)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", keeper->memory);
	keeper->writes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (keeper->writes < 0 || inotify_add_watch(keeper->writes, path, IN_MODIFY) < 0)
		return -errno;
	int again = open(path, O_WRONLY | O_CLOEXEC);
	if (again < 0)
		return -errno;
	char event[sizeof(struct inotify_event) + 256];
	bool told = write(again, "", 1) == 1 && read(keeper->writes, event, sizeof(event)) > 0;
	close(again);
	return told ? 0 : -ENOTSUP;
}

static void choose_method(struct keeper *keeper)
{
	const char *reason;
	char words[256];
	int result = watch_trial(keeper->memory, &reason);
	if (result == 0) {
		result = watch_writes(keeper);
		if (result < 0)
			reason = "inotify does not tell of write()";
	}
	keeper->compare = result < 0;
	snprintf(words, sizeof(words), "%s%s%s", reason, result < 0 ? ": " : "",
		 result < 0 ? strerror(-result) : "");
	tell_method(keeper, words);
}

/* ---- making --------------------------------------------------------------------------------- */

/* As a file that was opened: only then do leases and inotify count others' opening. */
static int open_memory(size_t length)
{
	char path[64];
	int fd = memfd_create(LINK_MEMORY, MFD_CLOEXEC | MFD_ALLOW_SEALING), again = -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && ftruncate(fd, (off_t)length) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		again = open(path, O_RDWR | O_CLOEXEC);
	int result = again < 0 ? -errno : again;
	if (fd >= 0)
		close(fd);
	return result;
}

static int create_memory(struct keeper *keeper, uint32_t width, uint32_t height)
{
	keeper->length = mode_memory(width, height);
	keeper->pages.n = keeper->length / WATCH_PAGE;
	keeper->pages.dirty = calloc(keeper->pages.n, 1);
	if (!keeper->pages.dirty)
		return -ENOMEM;
	keeper->memory = open_memory(keeper->length);
	if (keeper->memory < 0)
		return keeper->memory;
	keeper->pixels = mmap(NULL, keeper->length, PROT_READ, MAP_SHARED, keeper->memory, 0);
	return keeper->pixels != MAP_FAILED ? 0 : -errno;
}

/* The kernel chooses an abstract name, which goes with the socket. */
static int listen_for_programs(struct keeper *keeper)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(address);
	struct stat status;
	keeper->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (keeper->listener < 0 || fstat(keeper->memory, &status) < 0 ||
	    bind(keeper->listener, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	    listen(keeper->listener, SOMAXCONN) < 0 ||
	    getsockname(keeper->listener, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	int name = (int)(length - offsetof(struct sockaddr_un, sun_path)) - 1;
	snprintf(keeper->name, sizeof(keeper->name), "%.*s %x:%x %lu", name, address.sun_path + 1,
		 major(status.st_dev), minor(status.st_dev), (unsigned long)status.st_ino);
	return 0;
}

int keeper_use_mode(struct keeper *keeper, bool resized)
{
	int result = picture_set(&keeper->picture, keeper->pixels, &keeper->mode);
	if (result == 0 && resized)
		result = screen_resize(&keeper->screen, keeper->mode.xres, keeper->mode.yres);
	pages_mark_all(&keeper->pages);
	keeper->hurry = true;
	return result;
}

static int create_framebuffer(struct keeper *keeper, uint32_t width, uint32_t height, uint32_t bits)
{
	int result = create_memory(keeper, width, height);
	if (result < 0)
		return keeper_fail(keeper, result, "no memory for a framebuffer of %ux%u: %s",
				   width, height, strerror(-result));
	mode_set(&keeper->mode, width, height, bits);
	result = keeper_use_mode(keeper, false);
	if (result == 0)
		result = listen_for_programs(keeper);
	if (result < 0)
		return keeper_fail(keeper, result, "cannot listen for programs: %s",
				   strerror(-result));
	choose_method(keeper);
	return 0;
}

int keeper_create(struct keeper *keeper, const struct keeper_options *options)
{
	*keeper = (struct keeper){
		.memory = -1,
		.listener = -1,
		.writes = -1,
		.pixels = MAP_FAILED,
		.console = options->console,
	};
	uint32_t width, height;
	struct screen_options screen = options->screen;
	if (!screen.title)
		screen.title = keeper->title;
	int result = screen_open(&keeper->screen, &screen, &width, &height);
	if (result < 0)
		return result;
	if (options->width > 0) {
		width = options->width;
		height = options->height;
	}
	return create_framebuffer(keeper, width, height, options->bits);
}

void keeper_destroy(struct keeper *keeper)
{
	while (keeper->n_calls > 0)
		request_finish(&keeper->calls[--keeper->n_calls], -ENODEV);
	screen_close(&keeper->screen);
	picture_finish(&keeper->picture);
	watch_clear(&keeper->watches);
	free(keeper->pages.dirty);
	if (keeper->pixels != MAP_FAILED)
		munmap(keeper->pixels, keeper->length);
	const int fds[] = {keeper->memory, keeper->listener, keeper->writes};
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A write lease is granted only if nobody else has the file open: a map counts, too. */
bool keeper_is_used(const struct keeper *keeper)
{
	if (fcntl(keeper->memory, F_SETLEASE, F_WRLCK) < 0)
		return errno == EAGAIN;
	fcntl(keeper->memory, F_SETLEASE, F_UNLCK);
	return false;
}
