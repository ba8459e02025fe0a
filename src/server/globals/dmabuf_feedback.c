/* SPDX-License-Identifier: MIT */
/* zwp_linux_dmabuf_feedback_v1: which dma-bufs would be best. For a surface that fills a display,
 * those that the display itself reads come first. */
#include "server/globals/dmabuf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>
#include <wayland-server.h>

#include "render/render.h"

#define FORMATS_MAX 1024

/* What was told last, to see whether it has changed. */
struct answer {
	dev_t device;  /* that composites */
	dev_t display; /* 0: the surface does not fill one */
	uint32_t n_formats;
	uint32_t n_scanout; /* the first ones: the display takes them */
	struct dmabuf_format formats[FORMATS_MAX];
};

struct feedback {
	struct dmabuf *dmabuf;
	struct wl_list link; /* dmabuf.feedbacks */
	struct wl_resource *resource;
	struct surface *surface;			    /* or NULL */
	bool of_surface;				    /* it had one, which may be gone */
	struct wl_listener surface_destroyed, path_changed; /* alone if it has none */
	struct answer told;
};

/* ---- what to say ---------------------------------------------------------------------------- */

static dev_t node_of(const struct lend_output *output)
{
	struct lend_device_info info = {.size = sizeof(info)};

	return lend_device_describe(output->device, &info) == 0 ? (dev_t)info.node : 0;
}

/* The device of the output that shows the surface, or of the first one that has any. */
static const struct lend_output *find_output(const struct feedback *feedback)
{
	const struct lend_output *output;

	if (feedback->surface && feedback->surface->output && feedback->surface->output->device)
		return feedback->surface->output;
	wl_list_for_each (output, &feedback->dmabuf->server->outputs, link)
		if (output->device)
			return output;
	return NULL;
}

/* It is shown by the display itself, or nothing but its memory is in the way. */
static bool could_be_scanned_out(const struct feedback *feedback, const struct lend_output *output)
{
	const struct surface *surface = feedback->surface;

	if (!surface || surface->output != output || !output->backend->takes)
		return false;
	switch (surface->path.reason) {
	case REASON_FILLS:
	case REASON_PLANE:
	case REASON_NO_PLANE:
	case REASON_REFUSED:
	case REASON_UNSEALED:
	case REASON_FORMAT: return true;
	default: return false;
	}
}

static bool is_listed(const struct answer *answer, const struct dmabuf_format *format)
{
	for (uint32_t i = 0; i < answer->n_formats; i++)
		if (answer->formats[i].format == format->format &&
		    answer->formats[i].modifier == format->modifier)
			return true;
	return false;
}

/* Those that the display takes first, so that they are the beginning of the table. */
static void list_formats(const struct lend_server *server, struct lend_output *display,
			 struct answer *answer)
{
	struct dmabuf_format format = {0};

	for (int round = display ? 0 : 1; round < 2; round++) {
		struct dmabuf_cursor cursor = {0};
		while (dmabuf_next_format(server, &cursor, &format)) {
			bool wanted = round == 1 || display->backend->takes(display, format.format,
									    format.modifier);
			if (wanted && answer->n_formats < FORMATS_MAX &&
			    !is_listed(answer, &format))
				answer->formats[answer->n_formats++] = format;
		}
		if (round == 0)
			answer->n_scanout = answer->n_formats;
	}
}

static void find_answer(const struct feedback *feedback, struct answer *answer)
{
	struct lend_output *output = (struct lend_output *)find_output(feedback);
	struct lend_output *display =
		output && could_be_scanned_out(feedback, output) ? output : NULL;

	memset(answer, 0, sizeof(*answer));
	if (!output)
		return;
	answer->device = node_of(output);
	list_formats(feedback->dmabuf->server, display, answer);
	if (answer->n_scanout > 0)
		answer->display = answer->device;
}

/* ---- saying it ------------------------------------------------------------------------------ */

/* Read-only for everyone, which is why it can be handed out. */
static int make_table(const struct answer *answer)
{
	const size_t size = answer->n_formats * sizeof(*answer->formats);
	int fd = memfd_create("framelend-formats", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (write(fd, answer->formats, size) == (ssize_t)size &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_tranche(struct wl_resource *resource, dev_t device, uint32_t flags, uint32_t count)
{
	struct wl_array array, indices;
	uint16_t *index;

	wl_array_init(&array);
	wl_array_init(&indices);
	dev_t *node = wl_array_add(&array, sizeof(*node));
	index = wl_array_add(&indices, count * sizeof(*index));
	if (node && index) {
		*node = device;
		for (uint32_t i = 0; i < count; i++)
			index[i] = (uint16_t)i;
		zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(resource, &array);
		zwp_linux_dmabuf_feedback_v1_send_tranche_flags(resource, flags);
		zwp_linux_dmabuf_feedback_v1_send_tranche_formats(resource, &indices);
		zwp_linux_dmabuf_feedback_v1_send_tranche_done(resource);
	}
	wl_array_release(&array);
	wl_array_release(&indices);
}

static void send_main_device(struct wl_resource *resource, dev_t device)
{
	struct wl_array array = {.size = sizeof(device), .alloc = sizeof(device), .data = &device};

	zwp_linux_dmabuf_feedback_v1_send_main_device(resource, &array);
}

static void send(struct feedback *feedback, const struct answer *answer)
{
	struct wl_resource *resource = feedback->resource;
	int table = make_table(answer);

	if (table < 0) {
		wl_resource_post_no_memory(resource);
		return;
	}
	zwp_linux_dmabuf_feedback_v1_send_format_table(
		resource, table, answer->n_formats * (uint32_t)sizeof(*answer->formats));
	close(table);
	send_main_device(resource, answer->device);
	if (answer->n_scanout > 0)
		send_tranche(resource, answer->display,
			     ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT, answer->n_scanout);
	send_tranche(resource, answer->device, 0, answer->n_formats);
	zwp_linux_dmabuf_feedback_v1_send_done(resource);
}

static void update(struct feedback *feedback)
{
	struct answer answer;

	if (feedback->of_surface && !feedback->surface)
		return;
	find_answer(feedback, &answer);
	if (answer.n_formats == 0 || memcmp(&answer, &feedback->told, sizeof(answer)) == 0)
		return;
	send(feedback, &answer);
	feedback->told = answer;
}

void dmabuf_feedback_update(struct dmabuf *dmabuf)
{
	struct feedback *feedback;

	wl_list_for_each (feedback, &dmabuf->feedbacks, link)
		update(feedback);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct feedback *feedback = wl_container_of(listener, feedback, surface_destroyed);

	wl_list_remove(&feedback->surface_destroyed.link);
	wl_list_remove(&feedback->path_changed.link);
	wl_list_init(&feedback->surface_destroyed.link);
	wl_list_init(&feedback->path_changed.link);
	feedback->surface = NULL;
}

static void handle_path_changed(struct wl_listener *listener, void *data)
{
	struct feedback *feedback = wl_container_of(listener, feedback, path_changed);

	update(feedback);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct feedback *feedback = wl_resource_get_user_data(resource);

	wl_list_remove(&feedback->link);
	wl_list_remove(&feedback->surface_destroyed.link);
	wl_list_remove(&feedback->path_changed.link);
	free(feedback);
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_interface = {
	.destroy = handle_destroy_request,
};

void dmabuf_feedback_create(struct dmabuf *dmabuf, struct wl_resource *manager,
			    struct surface *surface, uint32_t id)
{
	struct feedback *feedback = calloc(1, sizeof(*feedback));

	if (feedback)
		feedback->resource = wl_resource_create(wl_resource_get_client(manager),
							&zwp_linux_dmabuf_feedback_v1_interface,
							wl_resource_get_version(manager), id);
	if (!feedback || !feedback->resource) {
		free(feedback);
		wl_resource_post_no_memory(manager);
		return;
	}
	feedback->dmabuf = dmabuf;
	feedback->surface = surface;
	feedback->of_surface = surface != NULL;
	feedback->surface_destroyed.notify = handle_surface_destroyed;
	feedback->path_changed.notify = handle_path_changed;
	wl_list_init(&feedback->surface_destroyed.link);
	wl_list_init(&feedback->path_changed.link);
	if (surface) {
		wl_signal_add(&surface->destroyed, &feedback->surface_destroyed);
		wl_signal_add(&surface->path_changed, &feedback->path_changed);
	}
	wl_list_insert(&dmabuf->feedbacks, &feedback->link);
	wl_resource_set_implementation(feedback->resource, &feedback_interface, feedback,
				       handle_destroy);
	update(feedback);
}
