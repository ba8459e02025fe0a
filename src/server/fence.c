/* SPDX-License-Identifier: MIT */
/*
 * Fences: a commit whose pixels are still being drawn is held back, and what its surface commits
 * after it, in order; nobody else waits. Fences come with a dma-buf (implicit ones: its descriptor
 * can be polled) or with the commit (a sync_file).
 */
#include "server/server.h"

#include <linux/sync_file.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buffer/fds.h"

/* Then the newest ones become one. */
#define HELD_MAX 16

struct held {
	struct wl_list link; /* surface.held */
	struct surface_state state;
};

/* ---- a commit's own fence ------------------------------------------------------------------- */

struct acquire {
	struct client *client; /* a reference */
	int fd;
};

/* No file has a name without a slash; asked by an ioctl, one on FUSE might never answer. */
static bool is_sync_file(int fd)
{
	static const char expected[] = "anon_inode:sync_file";
	struct sync_file_info info = {0};
	char path[48], name[sizeof(expected) + 1];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(path, name, sizeof(name));
	return length == (ssize_t)sizeof(expected) - 1 &&
	       memcmp(name, expected, sizeof(expected) - 1) == 0 &&
	       ioctl(fd, SYNC_IOC_FILE_INFO, &info) == 0;
}

int fence_set_acquire(struct surface_state *state, struct client *client, int fd)
{
	const struct charge charge = {.fds = 1};
	int ret = is_sync_file(fd) ? quota_charge(client, &charge)
				   : fail(-EINVAL, "the fd is not a sync_file");

	if (ret < 0) {
		fds_close(&fd, 1);
		return ret;
	}
	struct acquire *acquire = calloc(1, sizeof(*acquire));
	if (!acquire) {
		quota_discharge(client, &charge);
		close(fd);
		return fail(-ENOMEM, "out of memory");
	}
	acquire->client = client_reference(client);
	acquire->fd = fd;
	acquire_destroy(state->acquire);
	state->acquire = acquire;
	return 0;
}

void acquire_destroy(struct acquire *acquire)
{
	if (!acquire)
		return;
	close(acquire->fd);
	quota_discharge(acquire->client, &(struct charge){.fds = 1});
	client_unreference(acquire->client);
	free(acquire);
}

/* ---- what is not drawn yet ------------------------------------------------------------------ */

static bool is_signalled(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int ret;

	do
		ret = poll(&poller, 1, 0);
	while (ret < 0 && errno == EINTR);
	return ret != 0;
}

static bool is_dmabuf(const struct buffer *buffer)
{
	return buffer->memory && buffer->kind != LEND_MEMORY_MEMFD &&
	       buffer->kind != LEND_MEMORY_SHM && buffer->kind != LEND_MEMORY_UNKNOWN;
}

int fence_of_buffer(const struct buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	if (!is_dmabuf(buffer) || lend_buffer_describe(buffer->memory, &info) < 0)
		return -1;
	for (uint32_t i = 0; i < info.n_planes; i++) {
		bool same = i > 0 && info.planes[i].fd == info.planes[i - 1].fd;
		if (info.planes[i].fd >= 0 && !same && !is_signalled(info.planes[i].fd))
			return info.planes[i].fd;
	}
	return -1;
}

static int fence_of_state(const struct surface *surface, const struct surface_state *state);

/* What the parent's commit takes along. */
static int fence_of_children(const struct surface *parent)
{
	const struct stack_entry *entry;
	int fd = -1;

	wl_list_for_each (entry, &parent->stack, link) {
		const struct subsurface *child = entry->surface->subsurface;
		if (fd >= 0 || entry->surface == parent || !subsurface_is_synchronised(child))
			continue;
		fd = child->has_cached ? fence_of_state(child->surface, &child->cached)
				       : fence_of_children(child->surface);
	}
	return fd;
}

static int fence_of_state(const struct surface *surface, const struct surface_state *state)
{
	int fd = -1;

	if (state->acquire && !is_signalled(state->acquire->fd))
		return state->acquire->fd;
	if (state->set & SURFACE_BUFFER && state->buffer)
		fd = fence_of_buffer(state->buffer);
	return fd >= 0 ? fd : fence_of_children(surface);
}

/* ---- commits in line ------------------------------------------------------------------------ */

static struct held *oldest(const struct surface *surface)
{
	struct held *held = wl_container_of(surface->held.next, held, link);

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that was freed is in no list */
	return wl_list_empty(&surface->held) ? NULL : held;
}

static void stop_watching(struct surface *surface)
{
	if (surface->fence)
		wl_event_source_remove(surface->fence);
	surface->fence = NULL;
}

static int handle_signalled(int fd, uint32_t mask, void *data)
{
	fence_recheck(data);
	return 0;
}

/* Nothing can be held back that nobody would be told of. */
static void watch(struct surface *surface, int fd)
{
	stop_watching(surface);
	surface->fence = wl_event_loop_add_fd(surface->server->loop, fd, WL_EVENT_READABLE,
					      handle_signalled, surface);
	if (!surface->fence)
		client_post_no_memory(surface->client, "wl_surface.commit: a fence");
}

void fence_recheck(struct surface *surface)
{
	struct held *held;

	while ((held = oldest(surface))) {
		int fd = fence_of_state(surface, &held->state);
		if (fd >= 0) {
			watch(surface, fd);
			return;
		}
		wl_list_remove(&held->link);
		acquire_destroy(held->state.acquire);
		held->state.acquire = NULL;
		surface_apply(surface, &held->state);
		surface_state_finish(&held->state);
		free(held);
	}
	stop_watching(surface);
}

bool fence_hold(struct surface *surface, struct surface_state *state)
{
	bool first = wl_list_empty(&surface->held);
	int fd = first ? fence_of_state(surface, state) : -1;

	if (first && fd < 0)
		return false;
	struct held *newest = wl_container_of(surface->held.prev, newest, link);
	if (wl_list_length(&surface->held) >= HELD_MAX) {
		surface_state_merge(&newest->state, state);
		return true;
	}
	struct held *held = calloc(1, sizeof(*held));
	if (!held) {
		client_post_no_memory(surface->client, "wl_surface.commit");
		return true;
	}
	surface_state_init(&held->state);
	surface_state_merge(&held->state, state);
	wl_list_insert(surface->held.prev, &held->link);
	if (first)
		watch(surface, fd);
	return true;
}

bool fence_buffer_to_come(const struct surface *surface, struct buffer **buffer)
{
	const struct held *held;

	wl_list_for_each_reverse (held, &surface->held, link) {
		*buffer = held->state.buffer;
		if (held->state.set & SURFACE_BUFFER)
			return true;
	}
	return false;
}

void fence_finish(struct surface *surface)
{
	struct held *held;

	stop_watching(surface);
	while ((held = oldest(surface))) {
		wl_list_remove(&held->link);
		surface_state_finish(&held->state);
		free(held);
	}
}
