/* SPDX-License-Identifier: MIT */
/* The functions of libdrm that framelend calls. Each returns as the real one: some -1 with errno,
 * some -errno. */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

static bool ours(int fd)
{
	errno = ENOTTY;
	return file_of(fd) != NULL;
}

FAKE_EXPORT drmVersionPtr drmGetVersion(int fd)
{
	struct answer answer;
	if (!ours(fd) || !expect("drmGetVersion", "", &answer))
		return NULL;
	drmVersion *version = calloc(1, sizeof(*version));
	char *name = strdup(answer.text);
	if (!version || !name)
		complain("out of memory");
	version->name = name;
	version->name_len = (int)strlen(name);
	return version;
}

FAKE_EXPORT void drmFreeVersion(drmVersionPtr version)
{
	if (!version)
		return;
	free(version->name);
	free(version);
}

static const char *cap_name(uint64_t cap)
{
	switch (cap) {
	case DRM_CAP_DUMB_BUFFER: return "DUMB_BUFFER";
	case DRM_CAP_DUMB_PREFERRED_DEPTH: return "DUMB_PREFERRED_DEPTH";
	case DRM_CAP_DUMB_PREFER_SHADOW: return "DUMB_PREFER_SHADOW";
	case DRM_CAP_PRIME: return "PRIME";
	case DRM_CAP_ADDFB2_MODIFIERS: return "ADDFB2_MODIFIERS";
	case DRM_CAP_TIMESTAMP_MONOTONIC: return "TIMESTAMP_MONOTONIC";
	case DRM_CAP_CRTC_IN_VBLANK_EVENT: return "CRTC_IN_VBLANK_EVENT";
	case DRM_CAP_ASYNC_PAGE_FLIP: return "ASYNC_PAGE_FLIP";
	case DRM_CAP_CURSOR_WIDTH: return "CURSOR_WIDTH";
	case DRM_CAP_CURSOR_HEIGHT: return "CURSOR_HEIGHT";
	case DRM_CAP_SYNCOBJ: return "SYNCOBJ";
	default: return "OTHER";
	}
}

/* What the display's description answers, where no line does. */
static bool described_cap(uint64_t cap, uint64_t *value)
{
	const struct options *options = &kms.options;
	switch (cap) {
	case DRM_CAP_PRIME: *value = 3; return true;
	case DRM_CAP_ADDFB2_MODIFIERS: *value = options->modifiers; return options->present;
	case DRM_CAP_TIMESTAMP_MONOTONIC:
	case DRM_CAP_CRTC_IN_VBLANK_EVENT: *value = 1; return options->present;
	case DRM_CAP_ASYNC_PAGE_FLIP: *value = 0; return options->present;
	case DRM_CAP_CURSOR_WIDTH:
		*value = options->cursor_width ? options->cursor_width : 64;
		return options->present;
	case DRM_CAP_CURSOR_HEIGHT:
		*value = options->cursor_height ? options->cursor_height : 64;
		return options->present;
	case DRM_CAP_DUMB_PREFERRED_DEPTH: *value = 24; return options->present;
	default: return false;
	}
}

FAKE_EXPORT int drmGetCap(int fd, uint64_t cap, uint64_t *value)
{
	struct answer answer;
	if (!ours(fd))
		return -1;
	if (!consult("drmGetCap", cap_name(cap), &answer)) {
		if (described_cap(cap, value))
			return 0;
		complain("the transcript does not expect: drmGetCap %s", cap_name(cap));
	}
	errno = answer.error;
	if (answer.error)
		return -1;
	*value = strtoull(answer.text, NULL, 0);
	return 0;
}

FAKE_EXPORT int drmGetNodeTypeFromFd(int fd)
{
	struct answer answer;
	if (!ours(fd) || !expect("drmGetNodeTypeFromFd", "", &answer))
		return -1;
	return strcmp(answer.text, "render") == 0 ? DRM_NODE_RENDER : DRM_NODE_PRIMARY;
}

FAKE_EXPORT char *drmGetDeviceNameFromFd2(int fd)
{
	struct answer answer;
	if (!ours(fd) || !expect("drmGetDeviceNameFromFd2", "", &answer))
		return NULL;
	return strdup(answer.text);
}

/* ---- dumb buffers ---- */

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

static void soil(int fd, uint64_t size)
{
	static unsigned char old[65536];
	memset(old, 0xa5, sizeof(old));
	for (uint64_t at = 0; at < size; at += sizeof(old)) {
		const size_t n = size - at < sizeof(old) ? size - at : sizeof(old);
		if (pwrite(fd, old, n, (off_t)at) != (ssize_t)n)
			complain("writing old pixels: %s", strerror(errno));
	}
}

FAKE_EXPORT int drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bpp,
					uint32_t flags, uint32_t *handle, uint32_t *pitch,
					uint64_t *size)
{
	char words[80];
	struct answer answer;
	snprintf(words, sizeof(words), "width=%u height=%u bpp=%u", width, height, bpp);
	if (!ours(fd) || !expect("drmModeCreateDumbBuffer", words, &answer))
		return -errno;
	const uint64_t row = round_up((uint64_t)width * bpp / 8, answer.pitch ? answer.pitch : 64);
	const uint64_t bytes = round_up(row * height, 4096);
	if (row > UINT32_MAX || bytes > UINT64_C(1) << 32)
		return -ENOMEM;
	int memory = make_file(FILE_BUFFER, bytes);
	if (memory < 0)
		return -errno;
	if (answer.dirty)
		soil(memory, bytes);
	struct object *object = object_create(memory, bytes);
	object->answer = answer;
	*handle = handle_create(file_of(fd), object);
	*pitch = (uint32_t)row;
	*size = bytes;
	return 0;
}

FAKE_EXPORT int drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *offset)
{
	struct answer answer;
	struct object *object = ours(fd) ? object_by_handle(file_of(fd), handle) : NULL;
	const char *words = object && object->exported >= 0 ? "exported" : "";
	if (!ours(fd) || !expect("drmModeMapDumbBuffer", words, &answer))
		return -errno;
	if (!object)
		return -ENOENT;
	if (object->foreign)
		return -EINVAL;
	object->mapped = true;
	*offset = (uint64_t)handle << 32;
	return 0;
}

static int close_handle(int fd, uint32_t handle, const char *call)
{
	struct answer answer;
	if (!ours(fd) || !expect(call, "", &answer))
		return -errno;
	if (!object_by_handle(file_of(fd), handle))
		complain("%s: handle %u is not open", call, handle);
	handle_close(file_of(fd), handle);
	return 0;
}

FAKE_EXPORT int drmModeDestroyDumbBuffer(int fd, uint32_t handle)
{
	return close_handle(fd, handle, "drmModeDestroyDumbBuffer");
}

FAKE_EXPORT int drmCloseBufferHandle(int fd, uint32_t handle)
{
	return close_handle(fd, handle, "drmCloseBufferHandle") == 0 ? 0 : -1;
}

/* ---- PRIME ---- */

FAKE_EXPORT int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime)
{
	char words[40];
	struct answer answer;
	struct object *object = ours(fd) ? object_by_handle(file_of(fd), handle) : NULL;
	snprintf(words, sizeof(words), "%s%s", flags & DRM_RDWR ? "RDWR" : "READ",
		 flags & DRM_CLOEXEC ? " CLOEXEC" : "");
	if (!ours(fd) || !expect("drmPrimeHandleToFD", words, &answer))
		return -1;
	errno = ENOENT;
	if (!object)
		return -1;
	/* The first export decides for the object's life. */
	if (object->exported < 0)
		object->exported = flags & DRM_RDWR ? O_RDWR : O_RDONLY;
	*prime = reopen(object->fd, object->exported);
	return *prime < 0 ? -1 : 0;
}

FAKE_EXPORT int drmPrimeFDToHandle(int fd, int prime, uint32_t *handle)
{
	struct answer answer;
	struct object *object = object_by_fd(prime);
	const bool own = object && !object->foreign;
	if (!ours(fd) || !expect("drmPrimeFDToHandle", own ? "own" : "foreign", &answer))
		return -1;
	errno = EINVAL;
	if (!object && !is_dmabuf(prime))
		return -1;
	if (!object) {
		object = object_note(prime, 0);
		object->foreign = true;
	}
	*handle = handle_of(file_of(fd), object);
	if (*handle)
		return 0;
	if (object->users == 0) {
		int memory = reopen(prime, O_RDWR);
		object->fd = memory >= 0 ? memory : reopen(prime, O_RDONLY);
	}
	if (object->fd < 0)
		return -1;
	object_use(object);
	*handle = handle_create(file_of(fd), object);
	return 0;
}
