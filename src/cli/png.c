/* SPDX-License-Identifier: MIT */
#include "png.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cairo_status_t write_some(void *closure, const unsigned char *data, unsigned int length)
{
	return fwrite(data, 1, length, closure) == length ? CAIRO_STATUS_SUCCESS
							  : CAIRO_STATUS_WRITE_ERROR;
}

/* -errno when the picture could not be written. */
static int write_stream(cairo_surface_t *picture, FILE *file)
{
	errno = 0;
	cairo_status_t status = cairo_surface_write_to_png_stream(picture, write_some, file);
	if (status == CAIRO_STATUS_NO_MEMORY)
		return -ENOMEM;
	if (status != CAIRO_STATUS_SUCCESS || fflush(file) != 0)
		return errno ? -errno : -EIO;
	return 0;
}

/* Into a file beside the target, which is then renamed to it. */
static int write_renamed(cairo_surface_t *picture, const char *target)
{
	char *temporary;
	if (asprintf(&temporary, "%s.XXXXXX", target) < 0)
		return -ENOMEM;
	int fd = mkostemp(temporary, O_CLOEXEC);
	int error = fd < 0 ? -errno : 0;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (fd >= 0 && !file) {
		error = -errno;
		close(fd);
	}
	if (file) {
		mode_t mask = umask(0);
		umask(mask);
		error = write_stream(picture, file);
		if (error == 0 && fchmod(fd, 0666 & ~mask) < 0)
			error = -errno;
		if (fclose(file) != 0 && error == 0)
			error = -errno;
	}
	if (error == 0 && rename(temporary, target) < 0)
		error = -errno;
	if (error < 0 && fd >= 0)
		unlink(temporary);
	free(temporary);
	return error;
}

/* A device or pipe is written to as it is: renaming would replace it. */
static int write_in_place(cairo_surface_t *picture, const char *path)
{
	FILE *file = fopen(path, "wbe");
	if (!file)
		return -errno;
	int error = write_stream(picture, file);
	if (fclose(file) != 0 && error == 0)
		error = -errno;
	return error;
}

int png_write(cairo_surface_t *picture, const char *path)
{
	struct stat stat_buffer;
	int error;
	if (strcmp(path, "-") == 0) {
		error = write_stream(picture, stdout);
		return error ? complain("cannot write to standard output: %s", strerror(-error))
			     : 0;
	}
	if (stat(path, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode)) {
		error = -EISDIR;
	} else if (stat(path, &stat_buffer) == 0 && !S_ISREG(stat_buffer.st_mode)) {
		error = write_in_place(picture, path);
	} else {
		char *target = realpath(path, NULL); /* not the link, what it leads to */
		error = write_renamed(picture, target ? target : path);
		free(target);
	}
	return error ? complain("cannot write %s: %s", path, strerror(-error)) : 0;
}
