/* SPDX-License-Identifier: MIT */
/* The open device: its files, their master and what they asked to be shown. */
#include "kms.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

enum { FILES_MAX = 64, MARK = 0x66616b65 }; /* an interval of 54 years says that it is ours */

static struct file files[FILES_MAX];
static uint32_t last_serial;
static bool taken; /* another program is master */

uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint32_t serial_of(int fd)
{
	struct itimerspec timer;
	const int error = errno;
	const bool ours =
		syscall(SYS_timerfd_gettime, fd, &timer) == 0 && timer.it_interval.tv_sec == MARK;
	errno = error;
	return ours ? (uint32_t)timer.it_interval.tv_nsec : 0;
}

struct file *file_next(struct file *file)
{
	for (file = file ? file + 1 : files; file < files + FILES_MAX; file++)
		if (file->serial)
			return file;
	return NULL;
}

static struct file *file_add(uint32_t serial, int fd)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (files[i].serial == 0) {
			files[i] = (struct file){.serial = serial};
			/* Out of the way of the numbers that programs and tests see. */
			files[i].fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 200);
			if (files[i].fd < 0)
				files[i].fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
			if (files[i].fd < 0)
				complain("the device's descriptor: %s", strerror(errno));
			return &files[i];
		}
	complain("more than %d open devices", FILES_MAX);
}

/* A file that this process does not know was opened before the personality was loaded, or came from
 * another process. */
struct file *file_of(int fd)
{
	const uint32_t serial = serial_of(fd);
	if (serial == 0)
		return NULL;
	for (struct file *file = NULL; (file = file_next(file));)
		if (file->serial == serial)
			return file;
	return file_add(serial, fd);
}

static bool has_master(void)
{
	for (struct file *file = NULL; (file = file_next(file));)
		if (file->master)
			return true;
	return taken || kms.options.master_taken;
}

void file_arm(struct file *file, uint64_t when)
{
	const struct itimerspec timer = {
		.it_interval = {MARK, (long)file->serial},
		.it_value = {(time_t)(when / 1000000000), (long)(when % 1000000000)},
	};
	if (file->armed == when + 1)
		return;
	file->armed = when + 1;
	if (timerfd_settime(file->fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0)
		complain("timerfd_settime: %s", strerror(errno));
	/* The kernel takes a moment until it finds that a time has passed. */
	struct pollfd readable = {.fd = file->fd, .events = POLLIN};
	if (when && when <= now())
		poll(&readable, 1, -1);
}

int file_open(const char *path, int flags)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, (flags & O_CLOEXEC ? TFD_CLOEXEC : 0) |
							 (flags & O_NONBLOCK ? TFD_NONBLOCK : 0));
	if (fd < 0)
		return -1;
	/* Numbers that no other process gives out, as far as such things go. */
	if (last_serial == 0)
		last_serial = (uint32_t)getpid() % 900000 * 1000;
	struct file *file = file_add(++last_serial, fd);
	file->render = strstr(path, "render") != NULL;
	file->master = file->was_master = !file->render && !has_master();
	file_arm(file, 0);
	kms_boot();
	return fd;
}

static void file_release(struct file *file)
{
	kms_file_closed(file);
	handles_close(file);
	syscall(SYS_close, file->fd);
	file->serial = 0;
	if (kms.booted && !file_next(NULL))
		light_console();
}

void file_closed(struct file *file)
{
	const int error = errno;
	bool open = false;
	DIR *folder = opendir("/proc/self/fd");
	for (struct dirent *entry; folder && !open && (entry = readdir(folder));) {
		int fd = atoi(entry->d_name);
		open = entry->d_name[0] != '.' && fd != file->fd && serial_of(fd) == file->serial;
	}
	if (folder)
		closedir(folder);
	if (!open)
		file_release(file);
	errno = error;
}

void files_reset(void)
{
	for (struct file *file = NULL; (file = file_next(file));) {
		syscall(SYS_close, file->fd);
		file->serial = 0;
	}
	taken = false;
}

/* ---- master ---- */

/* The kernel lets a file that was master be it again; nobody here is root. */
FAKE_EXPORT int drmSetMaster(int fd)
{
	struct file *file = kms_file(fd);
	if (!file || !allowed("drmSetMaster", ""))
		return -1;
	if (file->master)
		return 0;
	errno = file->was_master ? EBUSY : EACCES;
	if (!file->was_master || has_master())
		return -1;
	file->master = true;
	return 0;
}

FAKE_EXPORT int drmDropMaster(int fd)
{
	struct file *file = kms_file(fd);
	if (!file || !allowed("drmDropMaster", ""))
		return -1;
	errno = EINVAL;
	if (!file->master)
		return -1;
	file->master = false;
	return 0;
}

FAKE_EXPORT int drmIsMaster(int fd)
{
	struct file *file = kms_file(fd);
	return file && allowed("drmIsMaster", "") && file->master;
}

FAKE_EXPORT int drmGetMagic(int fd, drm_magic_t *magic)
{
	struct file *file = kms_file(fd);
	if (!file || !allowed("drmGetMagic", ""))
		return -errno;
	*magic = file->serial;
	return 0;
}

FAKE_EXPORT int drmAuthMagic(int fd, drm_magic_t magic)
{
	struct file *file = kms_file(fd);
	if (!file || !allowed("drmAuthMagic", ""))
		return -errno;
	if (!file->master)
		return -EACCES;
	for (struct file *other = NULL; (other = file_next(other));)
		if (other->serial == magic)
			return 0;
	return -EINVAL;
}

/* As the seat's manager does at a switch of virtual terminals. */
void fake_drm_master(bool ours)
{
	taken = !ours;
	for (struct file *file = NULL; (file = file_next(file));) {
		if (!ours)
			file->revoked = file->master;
		file->master = ours && file->revoked;
	}
}

/* ---- what a client can do ---- */

/* Hotspots came with Linux 6.6; before, the capability is unknown. */
static int set_hotspot(struct file *file, bool on)
{
	if (!file->atomic)
		return EINVAL;
	if (!kms.options.hotspot)
		return EOPNOTSUPP;
	file->hotspot = on;
	return 0;
}

static int set_capability(struct file *file, uint64_t capability, uint64_t value)
{
	switch (capability) {
	case DRM_CLIENT_CAP_STEREO_3D:
	case DRM_CLIENT_CAP_ASPECT_RATIO: return value > 1 ? EINVAL : 0;
	case DRM_CLIENT_CAP_UNIVERSAL_PLANES:
		if (value > 1)
			return EINVAL;
		file->universal = value;
		return 0;
	case DRM_CLIENT_CAP_ATOMIC:
		if (!kms.options.atomic)
			return EOPNOTSUPP;
		if (value > 2)
			return EINVAL;
		file->atomic = file->universal = value;
		return 0;
	case DRM_CLIENT_CAP_WRITEBACK_CONNECTORS:
		if (!file->atomic || value > 1)
			return EINVAL;
		file->writeback = value;
		return 0;
	case 6: return value > 1 ? EINVAL : set_hotspot(file, value);
	default: return EINVAL;
	}
}

static const char *const client_caps[] = {
	"NONE",
	"STEREO_3D",
	"UNIVERSAL_PLANES",
	"ATOMIC",
	"ASPECT_RATIO",
	"WRITEBACK_CONNECTORS",
	"CURSOR_PLANE_HOTSPOT",
};

FAKE_EXPORT int drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
	struct file *file = kms_file(fd);
	const char *word = capability < sizeof(client_caps) / sizeof(*client_caps)
				   ? client_caps[capability]
				   : "OTHER";
	if (!file || !allowed("drmSetClientCap", word))
		return -1;
	errno = kms.options.present ? set_capability(file, capability, value) : EOPNOTSUPP;
	return errno ? -1 : 0;
}
