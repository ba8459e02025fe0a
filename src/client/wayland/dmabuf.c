/* SPDX-License-Identifier: MIT */
/* Buffers of our own that a GPU can read: dma-bufs of ordinary memory, made by udmabuf. Whether the
 * server takes them is found out with each; if not, frames go through wl_shm. */
#include "buffer/fds.h"
#include "client/wayland/wayland.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* No server lists more: 16 bytes a pair of format and modifier. */
#define TABLE_MAXIMUM (1U << 20)

/* A generation whose buffers the server has not answered for. It outlives its window: libwayland
 * takes it for a protocol error if the requests are destroyed before their answers, which create
 * objects, have come. */
struct offer {
	struct wl_list link; /* display.offers */
	struct display *display;
	struct window *window;	       /* NULL: it is gone, */
	struct generation *generation; /* and so is this */
	struct zwp_linux_buffer_params_v1 *params[SLOTS_MAXIMUM];
	uint32_t answers; /* still to come */
	int error;
	const char *call; /* that failed */
};

/* ---- what the server takes ------------------------------------------------------------------ */

struct pair {
	uint32_t format, padding;
	uint64_t modifier;
};

static void handle_table(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, int32_t fd,
			 uint32_t size)
{
	struct display *display = data;
	free(display->pairs);
	display->pairs = NULL;
	display->n_pairs = 0;
	/* The server may be broken or hostile: read, not mapped. */
	if (size <= TABLE_MAXIMUM && fd_classify(fd) != FD_OTHER)
		display->pairs = malloc(size);
	if (display->pairs != NULL) {
		ssize_t length = pread(fd, display->pairs, size, 0);
		display->n_pairs = length > 0 ? (size_t)length / sizeof(struct pair) : 0;
	}
	fds_close(&fd, 1);
}

static void handle_tranche_formats(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy,
				   struct wl_array *indices)
{
	struct display *display = data;
	const uint16_t *index = indices->data;
	for (size_t i = 0; i < indices->size / sizeof(*index); i++)
		if (index[i] < display->n_pairs &&
		    display->pairs[index[i]].modifier == LEND_MODIFIER_LINEAR)
			format_list(&display->dmabuf_formats, display->pairs[index[i]].format);
}

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy) {}

static void handle_device(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy,
			  struct wl_array *device)
{
}

static void handle_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags) {}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_done,
	.format_table = handle_table,
	.main_device = handle_device,
	.tranche_done = handle_done,
	.tranche_target_device = handle_device,
	.tranche_formats = handle_tranche_formats,
	.tranche_flags = handle_flags,
};

/* Older servers, before version 4. */
static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format) {}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format,
			    uint32_t modifier_high, uint32_t modifier_low)
{
	struct display *display = data;
	if (((uint64_t)modifier_high << 32 | modifier_low) == LEND_MODIFIER_LINEAR)
		format_list(&display->dmabuf_formats, format);
}

void dmabuf_listen(struct display *display)
{
	static const struct zwp_linux_dmabuf_v1_listener listener = {
		.format = handle_format,
		.modifier = handle_modifier,
	};
	struct zwp_linux_dmabuf_v1 *dmabuf = display->dmabuf;
	zwp_linux_dmabuf_v1_add_listener(dmabuf, &listener, display);
	if (zwp_linux_dmabuf_v1_get_version(dmabuf) <
	    ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION)
		return;
	display->feedback = zwp_linux_dmabuf_v1_get_default_feedback(dmabuf);
	if (display->feedback != NULL)
		zwp_linux_dmabuf_feedback_v1_add_listener(display->feedback, &feedback_listener,
							  display);
}

static void end_offer(struct offer *offer);

void dmabuf_release(struct display *display)
{
	struct offer *offer, *next;
	wl_list_for_each_safe (offer, next, &display->offers, link)
		end_offer(offer);
	if (display->feedback != NULL)
		zwp_linux_dmabuf_feedback_v1_destroy(display->feedback);
	if (display->dmabuf != NULL)
		zwp_linux_dmabuf_v1_destroy(display->dmabuf);
	free(display->pairs);
	wl_array_release(&display->dmabuf_formats);
}

bool dmabuf_usable(const struct display *display, uint32_t format)
{
	return display->dmabuf != NULL && !display->dmabuf_failed &&
	       format_listed(&display->dmabuf_formats, format) &&
	       access("/dev/udmabuf", R_OK | W_OK) == 0;
}

/* ---- buffers -------------------------------------------------------------------------------- */

static int convert(int memfd, uint64_t size, struct offer *offer)
{
	offer->call = "open(/dev/udmabuf)";
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -errno;
	const struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	offer->call = "UDMABUF_CREATE";
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	int result = fd < 0 ? -errno : fd;
	close(device);
	return result;
}

static int allocate(uint64_t size, struct offer *offer)
{
	offer->call = "memfd_create";
	int memfd = shm_allocate(size);
	if (memfd < 0)
		return memfd;
	int fd = convert(memfd, size, offer);
	close(memfd);
	return fd;
}

static void end_offer(struct offer *offer)
{
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++)
		if (offer->params[i] != NULL)
			zwp_linux_buffer_params_v1_destroy(offer->params[i]);
	if (offer->generation != NULL)
		generation_destroy(offer->generation);
	if (offer->window != NULL)
		offer->window->offer = NULL;
	wl_list_remove(&offer->link);
	free(offer);
}

void dmabuf_forget(struct window *window)
{
	struct offer *offer = window->offer;
	if (offer == NULL)
		return;
	generation_destroy(offer->generation);
	offer->generation = NULL;
	offer->window = NULL;
}

/* Not with this server, or not on this machine: from here on over wl_shm. */
static void fall_back(struct offer *offer)
{
	struct window *window = offer->window;
	struct lend_surface *surface = window->surface;
	const struct lend_verdict verdict = {
		.allocator = "udmabuf",
		.state = LEND_STATE_FAILED,
		.depth = LEND_DEPTH_CREATE,
		.call = offer->call,
		.error = -offer->error,
		.reason =
			"The display server could not be given dma-bufs of this program's memory.",
		.remedy = "",
	};
	uint32_t width = offer->generation->width, height = offer->generation->height;
	client_log(surface->client, LEND_LOG_INFO, "no dma-bufs: %s: %s", offer->call,
		   strerror(-offer->error));
	end_offer(offer);
	surface_verdict(surface, &verdict);
	window->display->dmabuf_failed = true;
	surface->fell_back = true;
	window_use_shm(window);
	surface->source->request(window, width, height);
}

static void succeed(struct offer *offer)
{
	static const struct lend_verdict verdict = {
		.allocator = "udmabuf",
		.state = LEND_STATE_OK,
		.depth = LEND_DEPTH_EXPORT,
		.call = "",
		.reason = "Dma-bufs of this program's own memory, which the display server took.",
		.remedy = "",
	};
	struct generation *generation = offer->generation;
	surface_verdict(offer->window->surface, &verdict);
	offer->generation = NULL;
	end_offer(offer);
	generation_offer(generation);
}

static void count_answer(struct offer *offer)
{
	if (--offer->answers > 0)
		return;
	if (offer->window == NULL || offer->generation == NULL)
		end_offer(offer);
	else if (offer->error < 0)
		fall_back(offer);
	else
		succeed(offer);
}

static size_t find(const struct offer *offer, const struct zwp_linux_buffer_params_v1 *params)
{
	size_t i = 0;
	while (i < SLOTS_MAXIMUM - 1 && offer->params[i] != params)
		i++;
	return i;
}

static void handle_created(void *data, struct zwp_linux_buffer_params_v1 *params,
			   struct wl_buffer *buffer)
{
	struct offer *offer = data;
	if (offer->generation == NULL) {
		wl_buffer_destroy(buffer);
	} else {
		struct slot *slot = &offer->generation->slots[find(offer, params)];
		slot->handle = buffer;
		slot_listen(slot);
	}
	count_answer(offer);
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct offer *offer = data;
	if (offer->error == 0) {
		offer->call = "zwp_linux_buffer_params_v1.create";
		offer->error = -EOPNOTSUPP;
	}
	count_answer(offer);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

/* Asks the server whether it takes the buffer: a request that may fail without an error. */
static int ask(struct offer *offer, uint32_t index, int fd, uint32_t stride)
{
	const struct generation *generation = offer->generation;
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(offer->display->dmabuf);
	if (params == NULL)
		return -ENOMEM;
	offer->params[index] = params;
	offer->answers++;
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, offer);
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, stride, 0, 0);
	zwp_linux_buffer_params_v1_create(params, (int32_t)generation->width,
					  (int32_t)generation->height,
					  generation->surface->format->fourcc, 0);
	return 0;
}

static int fill_slot(struct offer *offer, uint32_t index, uint32_t stride, uint64_t size)
{
	const struct generation *generation = offer->generation;
	int fd = allocate(size, offer);
	if (fd < 0)
		return fd;
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = generation->width,
		.height = generation->height,
		.format = generation->surface->format->fourcc,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes[0] = {.fd = fd, .stride = stride},
		.memory = LEND_MEMORY_UDMABUF,
		.caching = LEND_CACHING_CACHED,
	};
	offer->call = "mmap";
	int result = lend_buffer_import(&info, &offer->generation->slots[index].buffer);
	if (result == 0)
		result = lend_buffer_map(generation->slots[index].buffer, LEND_READ_WRITE);
	if (result == 0)
		result = ask(offer, index, fd, stride);
	close(fd);
	return result;
}

static int fill(struct offer *offer)
{
	const struct lend_surface *surface = offer->window->surface;
	uint32_t stride = shm_stride(surface, offer->generation->width);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = ((uint64_t)stride * offer->generation->height + page - 1) / page * page;
	int result = 0;
	for (uint32_t i = 0; i < surface->count && result == 0; i++)
		result = fill_slot(offer, i, stride, size);
	return result;
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	struct lend_surface *surface = window->surface;
	struct offer *offer = calloc(1, sizeof(*offer));
	struct generation *generation = generation_create(surface, 0, width, height);
	if (offer == NULL || generation == NULL) {
		free(offer);
		if (generation != NULL)
			generation_destroy(generation);
		generation_refuse(surface, -ENOMEM, "out of memory");
		return;
	}
	window->offer = offer;
	offer->display = window->display;
	offer->window = window;
	offer->generation = generation;
	wl_list_insert(&window->display->offers, &offer->link);
	offer->error = fill(offer);
	if (offer->answers == 0)
		fall_back(offer);
}

const struct source dmabuf_source = {.request = request};
