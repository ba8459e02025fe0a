/* SPDX-License-Identifier: MIT */
/*
 * zwp_linux_dmabuf_v1: buffers that clients made themselves. Without a DRM device there is nothing
 * to make them with, and no global. A buffer that cannot be used costs its client nothing but that
 * buffer.
 */
#include "server/globals/dmabuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server.h>

#include "buffer/fds.h"
#include "render/render.h"

#define VERSION	   4
#define PLANES_MAX LEND_PLANES_MAX

/* ---- what can be read ----------------------------------------------------------------------- */

bool dmabuf_next_format(const struct lend_server *server, struct dmabuf_cursor *cursor,
			struct dmabuf_format *format)
{
	const struct lend_output *output;
	size_t at = 0;

	format->padding = 0;
	wl_list_for_each (output, &server->outputs, link) {
		if (at++ < cursor->output)
			continue;
		if (output->renderer->type->format(output->renderer, cursor->index, &format->format,
						   &format->modifier)) {
			cursor->index++;
			return true;
		}
		cursor->output++;
		cursor->index = 0;
	}
	return false;
}

static bool is_announced(const struct lend_server *server, uint32_t format, uint64_t modifier)
{
	struct dmabuf_cursor cursor = {0};
	struct dmabuf_format known;

	while (dmabuf_next_format(server, &cursor, &known))
		if (known.format == format && known.modifier == modifier)
			return true;
	return false;
}

/* ---- parameters ----------------------------------------------------------------------------- */

struct params {
	struct wl_resource *resource;
	struct client *client;		      /* a reference */
	struct lend_plane planes[PLANES_MAX]; /* fd -1: not set */
	uint64_t modifier;
	bool mixed; /* planes of several modifiers */
	bool used;
};

/* What is asked for, and what came of it. */
struct request {
	int32_t width, height;
	uint32_t format, flags;
	int64_t error; /* of zwp_linux_buffer_params_v1; -1: nothing that a client could have known
			*/
};

static void close_planes(struct params *params)
{
	int fds[PLANES_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < PLANES_MAX; i++) {
		if (params->planes[i].fd >= 0)
			fds[n++] = params->planes[i].fd;
		params->planes[i].fd = -1;
	}
	fds_close(fds, n);
	quota_discharge(params->client, &(struct charge){.fds = n});
}

static void params_handle_destroy(struct wl_resource *resource)
{
	struct params *params = wl_resource_get_user_data(resource);

	close_planes(params);
	client_unreference(params->client);
	free(params);
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* NULL after posting an error: each is good for one buffer. */
static struct params *get_unused(struct wl_resource *resource, const char *request)
{
	struct params *params = wl_resource_get_user_data(resource);

	if (!params->used)
		return params;
	wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			       "zwp_linux_buffer_params_v1.%s: a buffer was made of it already",
			       request);
	return NULL;
}

static bool check_plane(struct params *params, uint32_t index)
{
	if (index >= PLANES_MAX)
		wl_resource_post_error(
			params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX,
			"zwp_linux_buffer_params_v1.add: plane %u: there are 0 to %d", index,
			PLANES_MAX - 1);
	else if (params->planes[index].fd >= 0)
		wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
				       "zwp_linux_buffer_params_v1.add: plane %u is set already",
				       index);
	else if (quota_charge(params->client, &(struct charge){.fds = 1}) < 0)
		client_post_no_memory(params->client, "zwp_linux_buffer_params_v1.add");
	else
		return true;
	return false;
}

static void params_handle_add(struct wl_client *client, struct wl_resource *resource, int fd,
			      uint32_t index, uint32_t offset, uint32_t stride,
			      uint32_t modifier_hi, uint32_t modifier_lo)
{
	struct params *params = get_unused(resource, "add");
	uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	bool first = true;

	if (!params || !check_plane(params, index)) {
		fds_close(&fd, 1);
		return;
	}
	for (uint32_t i = 0; i < PLANES_MAX; i++)
		first = first && params->planes[i].fd < 0;
	params->mixed = params->mixed || (!first && params->modifier != modifier);
	params->modifier = modifier;
	params->planes[index] = (struct lend_plane){.fd = fd, .offset = offset, .stride = stride};
}

/* ---- from parameters to a buffer ------------------------------------------------------------ */

static int refuse(struct request *request, int64_t error, const char *text)
{
	request->error = error;
	return fail(-EINVAL, "%s", text);
}

static uint32_t count_planes(const struct params *params)
{
	uint32_t n = 0;

	while (n < PLANES_MAX && params->planes[n].fd >= 0)
		n++;
	return n;
}

static bool has_gap(const struct params *params)
{
	for (uint32_t i = count_planes(params); i < PLANES_MAX; i++)
		if (params->planes[i].fd >= 0)
			return true;
	return false;
}

/* What the client could have known, on its own. */
static int check_arguments(const struct params *params, struct request *request)
{
	const struct lend_format *format = lend_format_get(request->format);
	uint32_t n = count_planes(params);

	if (n == 0 || has_gap(params))
		return refuse(request, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			      "planes are missing");
	if (!format || params->mixed ||
	    !is_announced(params->client->server, request->format, params->modifier))
		return refuse(request, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
			      "this format with this modifier was not announced");
	if (n < format->n_planes ||
	    (n > format->n_planes && params->modifier == LEND_MODIFIER_LINEAR))
		return refuse(request, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			      "the format has another number of planes");
	if (request->width < 1 || request->height < 1 || request->width > SIDE_MAX ||
	    request->height > SIDE_MAX)
		return refuse(request, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS,
			      "each side must be 1 to 16384 pixels");
	return 0;
}

/* What only trying can tell. */
static int check_memory(const struct params *params, struct request *request)
{
	for (uint32_t i = 0; i < count_planes(params); i++)
		if (fd_classify(params->planes[i].fd) != FD_DMABUF)
			return refuse(request, -1, "an fd is no dma-buf");
	if (request->flags)
		return refuse(request, -1, "inverted and interlaced pictures are not shown");
	return 0;
}

static int import(const struct params *params, struct request *request, struct lend_buffer **memory)
{
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = (uint32_t)request->width,
		.height = (uint32_t)request->height,
		.format = request->format,
		.n_planes = count_planes(params),
		.modifier = params->modifier,
		.memory = LEND_MEMORY_DMABUF,
	};

	memcpy(info.planes, params->planes, sizeof(info.planes));
	int ret = lend_buffer_import(&info, memory);
	if (ret < 0) {
		/* Strides and offsets: all else was looked at. */
		bool bounds = ret == -EINVAL || ret == -EOVERFLOW || ret == -ENOSPC;
		request->error = bounds ? ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS : -1;
		return fail(ret, "%s", lend_buffer_error());
	}
	return 0;
}

/* An exporter's name says little, but graphics drivers share one that no other has. */
static bool is_of_a_gpu(int fd)
{
	char path[48], text[1024];
	FILE *file;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(text, sizeof(text), file))
		found = found || strcmp(text, "exp_name:\tdrm\n") == 0;
	if (file)
		fclose(file);
	return found;
}

static const char *find_hazard(const struct lend_server *server, int fd)
{
	const struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		struct lend_device_info info = {.size = sizeof(info)};
		if (output->device && lend_device_describe(output->device, &info) == 0 &&
		    !info.coherent && is_of_a_gpu(fd))
			return "the CPU composites, and does not see what this GPU draws.";
	}
	return NULL;
}

/* A buffer that nothing could composite would be seen only while it fills a display. */
static int check_readable(struct buffer *buffer, struct request *request)
{
	const struct lend_output *output;
	const char *reason = "there is no output.";
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(buffer->memory, &info);
	wl_list_for_each (output, &buffer->client->server->outputs, link) {
		reason = output->renderer->type->refuses(output->renderer, buffer);
		if (!reason)
			break;
	}
	if (reason)
		return refuse(request, -1, reason);
	if (output->renderer->type->path != LEND_PATH_NONE)
		return 0;
	int ret = lend_buffer_map(buffer->memory, LEND_READ);
	if (ret < 0)
		return refuse(request, -1, "the CPU composites, and cannot map it.");
	if (info.planes[0].stride % 4 || info.planes[0].offset % 4)
		return refuse(request, -1, "rows do not begin at multiples of 4 bytes.");
	return 0;
}

static int already_open(struct buffer *buffer)
{
	return 0;
}

static void nothing_more(struct buffer *buffer) {}

static const struct buffer_source dmabuf_source = {.open = already_open, .destroy = nothing_more};

static uint64_t sum_up(const struct params *params)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < count_planes(params); i++) {
		off_t end = lseek(params->planes[i].fd, 0, SEEK_END);
		bool same = i > 0 && params->planes[i].fd == params->planes[0].fd;
		bytes += end > 0 && !same ? (uint64_t)end : 0;
	}
	return bytes;
}

static void describe(struct buffer *buffer, const struct request *request)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(buffer->memory, &info);
	buffer->width = (uint32_t)request->width;
	buffer->height = (uint32_t)request->height;
	buffer->format = request->format;
	buffer->stride = info.planes[0].stride;
	buffer->kind = LEND_MEMORY_DMABUF;
	buffer->caching = info.caching;
	buffer->unreadable = find_hazard(buffer->client->server, info.planes[0].fd);
}

/* -errno with fail_text(); the quota is its client's end, as with every other kind of buffer. */
static struct buffer *make_buffer(struct params *params, struct request *request)
{
	struct charge charge = {.buffers = 1, .fds = count_planes(params)};
	struct lend_buffer *memory = NULL;

	request->error = -1;
	if (check_arguments(params, request) < 0 || check_memory(params, request) < 0)
		return NULL;
	charge.bytes = sum_up(params);
	if (quota_charge(params->client, &charge) < 0) {
		client_post_no_memory(params->client, "zwp_linux_buffer_params_v1.create");
		return NULL;
	}
	if (import(params, request, &memory) < 0) {
		quota_discharge(params->client, &charge);
		return NULL;
	}
	struct buffer *buffer = buffer_create(params->client, &dmabuf_source, NULL, &charge);
	if (!buffer) {
		lend_buffer_destroy(memory);
		fail(-ENOMEM, "out of memory");
		return NULL;
	}
	buffer->memory = memory;
	describe(buffer, request);
	if (check_readable(buffer, request) == 0)
		return buffer;
	buffer_drop(buffer);
	return NULL;
}

/* What stands for a buffer that could not be made: no commit shows it. */
static struct buffer *make_invalid(struct client *client, const struct request *request)
{
	const struct charge charge = {.buffers = 1};

	if (quota_charge(client, &charge) < 0) {
		client_post_no_memory(client, "zwp_linux_buffer_params_v1.create_immed");
		return NULL;
	}
	struct buffer *buffer = buffer_create(client, &dmabuf_source, NULL, &charge);
	if (!buffer)
		return NULL;
	buffer->width = request->width > 0 ? (uint32_t)request->width : 1;
	buffer->height = request->height > 0 ? (uint32_t)request->height : 1;
	buffer->format = LEND_FORMAT_XRGB8888;
	buffer->kind = LEND_MEMORY_DMABUF;
	buffer->invalid = true;
	return buffer;
}

static void log_failure(const struct client *client)
{
	server_log(client->server, LEND_LOG_INFO, "client %d (%s): its dma-buf cannot be used: %s",
		   (int)client->peer.pid, client->program, fail_text());
}

/* Gives the buffer an id of the client's (0: one of the server's). */
static struct wl_resource *give(struct buffer *buffer, struct wl_client *client, uint32_t id)
{
	struct wl_resource *resource =
		buffer ? wl_resource_create(client, &wl_buffer_interface, 1, id) : NULL;

	if (resource)
		buffer_set_resource(buffer, resource);
	else if (buffer)
		buffer_drop(buffer);
	if (!resource)
		wl_client_post_no_memory(client);
	return resource;
}

static void params_handle_create(struct wl_client *client, struct wl_resource *resource,
				 int32_t width, int32_t height, uint32_t format, uint32_t flags)
{
	struct params *params = get_unused(resource, "create");
	struct request request = {width, height, format, flags, -1};

	if (!params)
		return;
	params->used = true;
	struct buffer *buffer = make_buffer(params, &request);
	close_planes(params);
	if (!buffer) {
		log_failure(params->client);
		zwp_linux_buffer_params_v1_send_failed(resource);
		return;
	}
	struct wl_resource *buffer_resource = give(buffer, client, 0);
	if (buffer_resource)
		zwp_linux_buffer_params_v1_send_created(resource, buffer_resource);
}

static void params_handle_create_immed(struct wl_client *client, struct wl_resource *resource,
				       uint32_t id, int32_t width, int32_t height, uint32_t format,
				       uint32_t flags)
{
	struct params *params = get_unused(resource, "create_immed");
	struct request request = {width, height, format, flags, -1};

	if (!params)
		return;
	params->used = true;
	struct buffer *buffer = make_buffer(params, &request);
	close_planes(params);
	if (!buffer && request.error >= 0) {
		wl_resource_post_error(resource, (uint32_t)request.error,
				       "create_immed: %s: %dx%d, 0x%08x, 0x%016" PRIx64,
				       fail_text(), width, height, format, params->modifier);
		return;
	}
	if (buffer) {
		give(buffer, client, id);
		return;
	}
	log_failure(params->client);
	if (give(make_invalid(params->client, &request), client, id))
		zwp_linux_buffer_params_v1_send_failed(resource);
}

static const struct zwp_linux_buffer_params_v1_interface params_interface = {
	.destroy = handle_destroy_request,
	.add = params_handle_add,
	.create = params_handle_create,
	.create_immed = params_handle_create_immed,
};

/* ---- zwp_linux_dmabuf_v1 -------------------------------------------------------------------- */

static void handle_create_params(struct wl_client *wl_client, struct wl_resource *resource,
				 uint32_t id)
{
	struct params *params = calloc(1, sizeof(*params));

	if (params)
		params->resource =
			wl_resource_create(wl_client, &zwp_linux_buffer_params_v1_interface,
					   wl_resource_get_version(resource), id);
	if (!params || !params->resource) {
		free(params);
		wl_client_post_no_memory(wl_client);
		return;
	}
	params->client = client_reference(client_get(wl_client));
	for (uint32_t i = 0; i < PLANES_MAX; i++)
		params->planes[i].fd = -1;
	wl_resource_set_implementation(params->resource, &params_interface, params,
				       params_handle_destroy);
}

static void handle_get_default_feedback(struct wl_client *client, struct wl_resource *resource,
					uint32_t id)
{
	dmabuf_feedback_create(wl_resource_get_user_data(resource), resource, NULL, id);
}

static void handle_get_surface_feedback(struct wl_client *client, struct wl_resource *resource,
					uint32_t id, struct wl_resource *surface)
{
	dmabuf_feedback_create(wl_resource_get_user_data(resource), resource,
			       surface_from_resource(surface), id);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_interface = {
	.destroy = handle_destroy_request,
	.create_params = handle_create_params,
	.get_default_feedback = handle_get_default_feedback,
	.get_surface_feedback = handle_get_surface_feedback,
};

/* Up to version 3 formats are told by events. */
static void send_formats(const struct lend_server *server, struct wl_resource *resource)
{
	struct dmabuf_cursor cursor = {0};
	struct dmabuf_format format;

	while (dmabuf_next_format(server, &cursor, &format)) {
		if (wl_resource_get_version(resource) >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION)
			zwp_linux_dmabuf_v1_send_modifier(resource, format.format,
							  (uint32_t)(format.modifier >> 32),
							  (uint32_t)format.modifier);
		else
			zwp_linux_dmabuf_v1_send_format(resource, format.format);
	}
}

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct dmabuf *dmabuf = data;
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &dmabuf_interface, dmabuf, NULL);
	if (version < ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION)
		send_formats(dmabuf->server, resource);
}

static bool has_device(const struct lend_server *server)
{
	const struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link)
		if (output->device)
			return true;
	return false;
}

/* It stays once it is there: a display that is unplugged may come back. */
static void handle_arranged(struct wl_listener *listener, void *data)
{
	struct dmabuf *dmabuf = wl_container_of(listener, dmabuf, arranged);

	if (!dmabuf->global && has_device(dmabuf->server))
		dmabuf->global =
			wl_global_create(dmabuf->server->display, &zwp_linux_dmabuf_v1_interface,
					 VERSION, dmabuf, bind);
	dmabuf_feedback_update(dmabuf);
}

static void handle_server_destroyed(struct wl_listener *listener, void *data)
{
	struct dmabuf *dmabuf = wl_container_of(listener, dmabuf, destroyed);

	wl_list_remove(&dmabuf->arranged.link);
	wl_list_remove(&dmabuf->destroyed.link);
	free(dmabuf);
}

static int create(struct lend_server *server)
{
	struct dmabuf *dmabuf = calloc(1, sizeof(*dmabuf));

	if (!dmabuf)
		return -ENOMEM;
	dmabuf->server = server;
	wl_list_init(&dmabuf->feedbacks);
	dmabuf->arranged.notify = handle_arranged;
	wl_signal_add(&server->arranged, &dmabuf->arranged);
	dmabuf->destroyed.notify = handle_server_destroyed;
	wl_signal_add(&server->destroyed, &dmabuf->destroyed);
	return 0;
}

const struct global global_linux_dmabuf = {.name = "zwp_linux_dmabuf_v1", .create = create};
