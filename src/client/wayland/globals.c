/* SPDX-License-Identifier: MIT */
#include "client/wayland/wayland.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool format_listed(const struct wl_array *formats, uint32_t format)
{
	const uint32_t *list = formats->data;
	for (size_t i = 0; i < formats->size / sizeof(*list); i++)
		if (list[i] == format)
			return true;
	return false;
}

void format_list(struct wl_array *formats, uint32_t format)
{
	if (lend_format_get(format) == NULL || format_listed(formats, format))
		return;
	uint32_t *place = wl_array_add(formats, sizeof(*place));
	if (place != NULL)
		*place = format;
}

static void handle_shm_format(void *data, struct wl_shm *shm, uint32_t format)
{
	struct display *display = data;
	format_list(&display->shm_formats, shm_fourcc(format));
}

static void handle_capabilities(void *data, struct framelend_manager_v1 *manager,
				uint32_t capabilities)
{
	struct display *display = data;
	display->fences = capabilities & FRAMELEND_MANAGER_V1_CAPABILITY_FENCES;
}

static void handle_lend_format(void *data, struct framelend_manager_v1 *manager, uint32_t format)
{
	struct display *display = data;
	format_list(&display->lend_formats, format);
}

static void handle_manager_done(void *data, struct framelend_manager_v1 *manager) {}

static void handle_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t clock)
{
	struct display *display = data;
	display->clock = (clockid_t)clock;
}

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
}

static void handle_output_done(void *data, struct wl_output *output) {}

static void handle_scale(void *data, struct wl_output *output, int32_t factor) {}

static void handle_name(void *data, struct wl_output *proxy, const char *name)
{
	struct output *output = data;
	snprintf(output->name, sizeof(output->name), "%s", name);
}

static void handle_description(void *data, struct wl_output *output, const char *description) {}

static const struct wl_shm_listener shm_listener = {.format = handle_shm_format};
static const struct framelend_manager_v1_listener manager_listener = {
	.capabilities = handle_capabilities,
	.format = handle_lend_format,
	.done = handle_manager_done,
};
static const struct xdg_wm_base_listener shell_listener = {.ping = handle_ping};
static const struct wp_presentation_listener presentation_listener = {.clock_id = handle_clock};
static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_output_done,
	.scale = handle_scale,
	.name = handle_name,
	.description = handle_description,
};

static void bind_output(struct display *display, uint32_t global, uint32_t version)
{
	struct output *output = calloc(1, sizeof(*output));
	if (output == NULL)
		return;
	output->display = display;
	output->global = global;
	output->proxy = wl_registry_bind(display->registry, global, &wl_output_interface,
					 version < 4 ? version : 4);
	if (output->proxy == NULL) {
		free(output);
		return;
	}
	wl_output_add_listener(output->proxy, &output_listener, output);
	wl_list_insert(display->outputs.prev, &output->link);
}

static void destroy_output(struct output *output)
{
	wl_list_remove(&output->link);
	if (wl_output_get_version(output->proxy) >= WL_OUTPUT_RELEASE_SINCE_VERSION)
		wl_output_release(output->proxy);
	else
		wl_output_destroy(output->proxy);
	free(output);
}

/* Binds the global if it is of this interface and the first one. */
static void *bind(struct display *display, uint32_t global, const char *name,
		  const struct wl_interface *interface, uint32_t version, const void *present)
{
	if (present != NULL || strcmp(name, interface->name) != 0)
		return NULL;
	return wl_registry_bind(display->registry, global, interface, version);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t global,
			  const char *name, uint32_t version)
{
	struct display *display = data;
	void *bound;
	if (strcmp(name, wl_output_interface.name) == 0) {
		bind_output(display, global, version);
	} else if (strcmp(name, wl_seat_interface.name) == 0) {
		if (display->seat.proxy == NULL) /* others are of other users */
			seat_bind(display, global, version);
	} else if ((bound = bind(display, global, name, &wl_compositor_interface,
				 version < 4 ? version : 4, display->compositor)) != NULL) {
		display->compositor = bound;
	} else if ((bound = bind(display, global, name, &xdg_wm_base_interface, 1,
				 display->shell)) != NULL) {
		display->shell = bound;
		xdg_wm_base_add_listener(bound, &shell_listener, display);
	} else if ((bound = bind(display, global, name, &wl_shm_interface, 1, display->shm)) !=
		   NULL) {
		display->shm = bound;
		wl_shm_add_listener(bound, &shm_listener, display);
	} else if ((bound = bind(display, global, name, &wp_presentation_interface, 1,
				 display->presentation)) != NULL) {
		display->presentation = bound;
		wp_presentation_add_listener(bound, &presentation_listener, display);
	} else if ((bound = bind(display, global, name, &zwp_linux_dmabuf_v1_interface,
				 version < 4 ? version : 4, display->dmabuf)) != NULL) {
		display->dmabuf = bound;
		dmabuf_listen(display);
	} else if ((bound = bind(display, global, name, &framelend_manager_v1_interface, 1,
				 display->manager)) != NULL) {
		display->manager = bound;
		framelend_manager_v1_add_listener(bound, &manager_listener, display);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t global)
{
	struct display *display = data;
	struct output *output, *next;
	if (display->seat.proxy != NULL && display->seat.global == global)
		seat_release(display);
	wl_list_for_each_safe (output, next, &display->outputs, link) {
		if (output->global != global)
			continue;
		for (struct lend_surface *s = display->client->surfaces; s != NULL; s = s->next)
			if (s->window != NULL && s->window->output == output->name)
				s->window->output = "";
		destroy_output(output);
	}
}

int globals_bind(struct display *display)
{
	static const struct wl_registry_listener listener = {
		.global = handle_global,
		.global_remove = handle_global_remove,
	};
	wl_list_init(&display->outputs);
	wl_list_init(&display->offers);
	wl_array_init(&display->lend_formats);
	wl_array_init(&display->shm_formats);
	wl_array_init(&display->dmabuf_formats);
	display->registry = wl_display_get_registry(display->wl);
	if (display->registry == NULL)
		return -ENOMEM;
	return wl_registry_add_listener(display->registry, &listener, display);
}

void globals_release(struct display *display)
{
	struct output *output, *next;
	wl_list_for_each_safe (output, next, &display->outputs, link)
		destroy_output(output);
	seat_release(display);
	cursor_release(display);
	dmabuf_release(display);
	if (display->presentation != NULL)
		wp_presentation_destroy(display->presentation);
	if (display->manager != NULL)
		framelend_manager_v1_destroy(display->manager);
	if (display->shm != NULL)
		wl_shm_destroy(display->shm);
	if (display->shell != NULL)
		xdg_wm_base_destroy(display->shell);
	if (display->compositor != NULL)
		wl_compositor_destroy(display->compositor);
	if (display->registry != NULL)
		wl_registry_destroy(display->registry);
	wl_array_release(&display->lend_formats);
	wl_array_release(&display->shm_formats);
}
