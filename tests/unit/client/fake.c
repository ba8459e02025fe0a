/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <framelend-v1-server-protocol.h>
#include <linux-dmabuf-v1-server-protocol.h>
#include <presentation-time-server-protocol.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdg-shell-server-protocol.h>

#include <cmocka.h>

static void destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static struct wl_resource *create(struct wl_client *client, const struct wl_interface *interface,
				  int version, uint32_t id, const void *implementation, void *data)
{
	struct wl_resource *resource = wl_resource_create(client, interface, version, id);
	assert_non_null(resource);
	wl_resource_set_implementation(resource, implementation, data, NULL);
	return resource;
}

/* ---- wl_surface ----------------------------------------------------------------------------- */

static void forget_callback(struct wl_resource *callback)
{
	wl_list_remove(wl_resource_get_link(callback));
}

static void surface_frame(struct wl_client *client, struct wl_resource *surface, uint32_t id)
{
	struct fake *fake = wl_resource_get_user_data(surface);
	struct wl_resource *callback = wl_resource_create(client, &wl_callback_interface, 1, id);
	assert_non_null(callback);
	wl_resource_set_implementation(callback, NULL, fake, forget_callback);
	wl_list_insert(fake->callbacks.prev, wl_resource_get_link(callback));
}

static void surface_attach(struct wl_client *client, struct wl_resource *surface,
			   struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct fake *fake = wl_resource_get_user_data(surface);
	fake->attached = buffer;
}

static void add_damage(struct fake *fake, struct lend_rect rect)
{
	assert_true(fake->n_damage < FAKE_DAMAGE);
	fake->damage[fake->n_damage++] = rect;
}

static void surface_damage(struct wl_client *client, struct wl_resource *surface, int32_t x,
			   int32_t y, int32_t width, int32_t height)
{
	struct fake *fake = wl_resource_get_user_data(surface);
	fake->damage_in_surface = true;
	add_damage(fake, (struct lend_rect){x, y, width, height});
}

static void surface_damage_buffer(struct wl_client *client, struct wl_resource *surface, int32_t x,
				  int32_t y, int32_t width, int32_t height)
{
	add_damage(wl_resource_get_user_data(surface), (struct lend_rect){x, y, width, height});
}

static void surface_commit(struct wl_client *client, struct wl_resource *surface)
{
	struct fake *fake = wl_resource_get_user_data(surface);
	struct wl_resource *before = fake->shown;
	fake->commits++;
	if (fake->attached == NULL) {
		fake_configure(fake, fake->options.width, fake->options.height);
		return;
	}
	fake->shown = fake->attached;
	fake->attached = NULL;
	memcpy(fake->shown_damage, fake->damage, sizeof(fake->damage));
	fake->n_shown_damage = fake->n_damage;
	fake->n_damage = 0;
	if (before != NULL && before != fake->shown && !fake->options.hold_releases)
		fake_release(fake, before);
	if (!fake->options.hold_frames)
		fake_frame_done(fake);
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = destroy,
	.attach = surface_attach,
	.damage = surface_damage,
	.damage_buffer = surface_damage_buffer,
	.frame = surface_frame,
	.commit = surface_commit,
};

static void surface_gone(struct wl_resource *surface)
{
	struct fake *fake = wl_resource_get_user_data(surface);
	if (fake->surface == surface)
		fake->surface = fake->shown = fake->attached = NULL;
}

static void create_surface(struct wl_client *client, struct wl_resource *compositor, uint32_t id)
{
	struct fake *fake = wl_resource_get_user_data(compositor);
	fake->surface = create(client, &wl_surface_interface, wl_resource_get_version(compositor),
			       id, &surface_implementation, fake);
	fake->shown = fake->attached = NULL;
	wl_resource_set_destructor(fake->surface, surface_gone);
}

static const struct wl_compositor_interface compositor_implementation = {.create_surface =
										 create_surface};

/* ---- xdg_shell ------------------------------------------------------------------------------ */

static void set_title(struct wl_client *client, struct wl_resource *toplevel, const char *title)
{
	struct fake *fake = wl_resource_get_user_data(toplevel);
	snprintf(fake->title, sizeof(fake->title), "%s", title);
}

static void set_app_id(struct wl_client *client, struct wl_resource *toplevel, const char *app_id)
{
	struct fake *fake = wl_resource_get_user_data(toplevel);
	snprintf(fake->app_id, sizeof(fake->app_id), "%s", app_id);
}

static void set_fullscreen(struct wl_client *client, struct wl_resource *toplevel,
			   struct wl_resource *output)
{
	struct fake *fake = wl_resource_get_user_data(toplevel);
	fake->fullscreen = true;
	fake->fullscreen_output = output;
}

static const struct xdg_toplevel_interface toplevel_implementation = {
	.destroy = destroy,
	.set_title = set_title,
	.set_app_id = set_app_id,
	.set_fullscreen = set_fullscreen,
};

static void get_toplevel(struct wl_client *client, struct wl_resource *xdg, uint32_t id)
{
	struct fake *fake = wl_resource_get_user_data(xdg);
	fake->toplevel =
		create(client, &xdg_toplevel_interface, 1, id, &toplevel_implementation, fake);
}

static void ack_configure(struct wl_client *client, struct wl_resource *xdg, uint32_t serial)
{
	struct fake *fake = wl_resource_get_user_data(xdg);
	assert_true(serial > fake->acked && serial <= fake->serial);
	fake->acked = serial;
}

static const struct xdg_surface_interface xdg_implementation = {
	.destroy = destroy,
	.get_toplevel = get_toplevel,
	.ack_configure = ack_configure,
};

static void get_xdg_surface(struct wl_client *client, struct wl_resource *shell, uint32_t id,
			    struct wl_resource *surface)
{
	struct fake *fake = wl_resource_get_user_data(shell);
	fake->xdg = create(client, &xdg_surface_interface, 1, id, &xdg_implementation, fake);
}

static void pong(struct wl_client *client, struct wl_resource *shell, uint32_t serial) {}

static const struct xdg_wm_base_interface shell_implementation = {
	.destroy = destroy,
	.get_xdg_surface = get_xdg_surface,
	.pong = pong,
};

void fake_configure(struct fake *fake, uint32_t width, uint32_t height)
{
	struct wl_array states;
	wl_array_init(&states);
	xdg_toplevel_send_configure(fake->toplevel, (int32_t)width, (int32_t)height, &states);
	xdg_surface_send_configure(fake->xdg, ++fake->serial);
}

/* ---- framelend_v1 --------------------------------------------------------------------------- */

int fake_memfd(size_t size, bool sealed)
{
	int fd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0);
	assert_return_code(ftruncate(fd, (off_t)size), errno);
	unsigned seals = sealed ? F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL : F_SEAL_SEAL;
	assert_return_code(fcntl(fd, F_ADD_SEALS, seals), errno);
	return fd;
}

static void lend_buffer_of(struct fake *fake, struct fake_buffer *buffer)
{
	buffer->stride = buffer->width * 4 + 64;
	buffer->size = (size_t)buffer->stride * buffer->height;
	buffer->fd = fake_memfd(buffer->size, true);
	buffer->pixels =
		mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	assert_true(buffer->pixels != MAP_FAILED);
	framelend_chain_v1_send_buffer(fake->chain, buffer->generation, buffer->index,
				       LEND_MEMORY_MEMFD, LEND_CACHING_CACHED, 0, 0);
	framelend_chain_v1_send_plane(fake->chain, 0, buffer->fd, 0, buffer->stride);
}

void fake_lend(struct fake *fake, uint32_t width, uint32_t height, uint32_t count)
{
	fake->generation++;
	for (uint32_t i = 0; i < count; i++) {
		assert_true(fake->n_buffers < FAKE_BUFFERS);
		struct fake_buffer *buffer = &fake->buffers[fake->n_buffers++];
		*buffer = (struct fake_buffer){
			.generation = fake->generation,
			.index = i,
			.width = width,
			.height = height,
		};
		lend_buffer_of(fake, buffer);
	}
	framelend_chain_v1_send_verdict(fake->chain, "dumb", LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE,
					"", 0, "There is no device.", "");
	framelend_chain_v1_send_verdict(fake->chain, "memfd", LEND_STATE_OK, LEND_DEPTH_MAP, "", 0,
					"Ordinary memory.", "");
	framelend_chain_v1_send_done(fake->chain, fake->generation, width, height,
				     LEND_FORMAT_XRGB8888);
}

static void chain_configure(struct wl_client *client, struct wl_resource *chain, uint32_t width,
			    uint32_t height, uint32_t format, uint32_t usage, uint32_t count)
{
	struct fake *fake = wl_resource_get_user_data(chain);
	fake->configures++;
	fake->asked_width = width;
	fake->asked_height = height;
	fake->asked_usage = usage;
	fake->asked_count = count;
	if (!fake->options.hold_generations)
		fake_lend(fake, width, height, count);
}

static void buffer_gone(struct wl_resource *resource)
{
	struct fake_buffer *buffer = wl_resource_get_user_data(resource);
	buffer->resource = NULL;
}

static void chain_get_buffer(struct wl_client *client, struct wl_resource *chain, uint32_t id,
			     uint32_t generation, uint32_t index)
{
	static const struct wl_buffer_interface implementation = {.destroy = destroy};
	struct fake *fake = wl_resource_get_user_data(chain);
	for (size_t i = 0; i < fake->n_buffers; i++) {
		struct fake_buffer *buffer = &fake->buffers[i];
		if (buffer->generation != generation || buffer->index != index)
			continue;
		assert_null(buffer->resource);
		buffer->resource =
			create(client, &wl_buffer_interface, 1, id, &implementation, buffer);
		wl_resource_set_destructor(buffer->resource, buffer_gone);
		return;
	}
	wl_resource_post_error(chain, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "no buffer %u of %u",
			       index, generation);
}

static void chain_drop(struct wl_client *client, struct wl_resource *chain, uint32_t generation)
{
	struct fake *fake = wl_resource_get_user_data(chain);
	assert_true(generation > fake->dropped);
	fake->dropped = generation;
}

static void chain_set_modifiers(struct wl_client *client, struct wl_resource *chain,
				struct wl_array *modifiers)
{
	struct fake *fake = wl_resource_get_user_data(chain);
	assert_true(modifiers->size <= sizeof(fake->modifiers));
	fake->n_modifiers = modifiers->size / sizeof(*fake->modifiers);
	if (modifiers->size > 0)
		memcpy(fake->modifiers, modifiers->data, modifiers->size);
}

static void chain_set_acquire_fence(struct wl_client *client, struct wl_resource *chain, int32_t fd)
{
	struct fake *fake = wl_resource_get_user_data(chain);
	assert_true(fake->options.fences);
	fake->fences++;
	close(fd);
}

static const struct framelend_chain_v1_interface chain_implementation = {
	.destroy = destroy,
	.configure = chain_configure,
	.set_modifiers = chain_set_modifiers,
	.set_acquire_fence = chain_set_acquire_fence,
	.get_buffer = chain_get_buffer,
	.drop = chain_drop,
};

static void get_chain(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		      struct wl_resource *surface)
{
	struct fake *fake = wl_resource_get_user_data(manager);
	fake->chain =
		create(client, &framelend_chain_v1_interface, 1, id, &chain_implementation, fake);
}

static const struct framelend_manager_v1_interface manager_implementation = {
	.destroy = destroy,
	.get_chain = get_chain,
};

void fake_release(struct fake *fake, struct wl_resource *resource)
{
	if (resource == NULL)
		return;
	for (size_t i = 0; i < fake->n_buffers; i++)
		if (fake->buffers[i].resource == resource)
			fake->buffers[i].releases++;
	wl_buffer_send_release(resource);
}

void fake_release_all(struct fake *fake)
{
	for (size_t i = 0; i < fake->n_buffers; i++)
		if (fake->buffers[i].resource != NULL && fake->buffers[i].resource != fake->shown)
			fake_release(fake, fake->buffers[i].resource);
}

void fake_frame_done(struct fake *fake)
{
	struct wl_resource *callback, *next;
	wl_resource_for_each_safe(callback, next, &fake->callbacks)
	{
		wl_callback_send_done(callback, 0);
		wl_resource_destroy(callback);
	}
}

struct fake_buffer *fake_shown(struct fake *fake)
{
	for (size_t i = 0; i < fake->n_buffers; i++)
		if (fake->shown != NULL && fake->buffers[i].resource == fake->shown)
			return &fake->buffers[i];
	return NULL;
}

/* ---- linux-dmabuf --------------------------------------------------------------------------- */

static void answer_dmabuf(struct fake *fake, size_t index)
{
	static const struct wl_buffer_interface implementation = {.destroy = destroy};
	struct wl_resource *params = fake->params[index];
	if (fake->options.dmabuf_refuses) {
		zwp_linux_buffer_params_v1_send_failed(params);
		return;
	}
	assert_true(fake->n_buffers < FAKE_BUFFERS);
	struct fake_buffer *buffer = &fake->buffers[fake->n_buffers++];
	*buffer = fake->asked[index];
	buffer->resource =
		create(fake->client, &wl_buffer_interface, 1, 0, &implementation, buffer);
	wl_resource_set_destructor(buffer->resource, buffer_gone);
	zwp_linux_buffer_params_v1_send_created(params, buffer->resource);
}

void fake_answer_dmabuf(struct fake *fake)
{
	for (size_t i = 0; i < fake->n_params; i++)
		answer_dmabuf(fake, i);
	fake->n_params = 0;
}

static void params_add(struct wl_client *client, struct wl_resource *params, int32_t fd,
		       uint32_t plane, uint32_t offset, uint32_t stride, uint32_t modifier_high,
		       uint32_t modifier_low)
{
	struct fake *fake = wl_resource_get_user_data(params);
	assert_int_equal(plane + offset + modifier_high + modifier_low, 0);
	assert_true(fake->n_params < 8);
	fake->asked[fake->n_params] = (struct fake_buffer){.fd = fd, .stride = stride};
}

static void params_create(struct wl_client *client, struct wl_resource *params, int32_t width,
			  int32_t height, uint32_t format, uint32_t flags)
{
	struct fake *fake = wl_resource_get_user_data(params);
	struct fake_buffer *buffer = &fake->asked[fake->n_params];
	assert_int_equal(format, LEND_FORMAT_XRGB8888);
	buffer->width = (uint32_t)width;
	buffer->height = (uint32_t)height;
	buffer->size = (size_t)buffer->stride * buffer->height;
	buffer->pixels =
		mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	assert_true(buffer->pixels != MAP_FAILED);
	fake->params[fake->n_params++] = params;
	if (!fake->options.hold_dmabuf)
		fake_answer_dmabuf(fake);
}

static void create_params(struct wl_client *client, struct wl_resource *dmabuf, uint32_t id)
{
	static const struct zwp_linux_buffer_params_v1_interface implementation = {
		.destroy = destroy, .add = params_add, .create = params_create};
	create(client, &zwp_linux_buffer_params_v1_interface, wl_resource_get_version(dmabuf), id,
	       &implementation, wl_resource_get_user_data(dmabuf));
}

/* Its table has what is tiled first. */
static void get_feedback(struct wl_client *client, struct wl_resource *dmabuf, uint32_t id)
{
	static const struct zwp_linux_dmabuf_feedback_v1_interface implementation = {
		.destroy = destroy};
	const struct fake *fake = wl_resource_get_user_data(dmabuf);
	const struct {
		uint32_t format, padding;
		uint64_t modifier;
	} table[] = {{LEND_FORMAT_XRGB8888, 0, 0x100000000000001},
		     {LEND_FORMAT_XRGB8888, 0, LEND_MODIFIER_LINEAR}};
	struct wl_resource *feedback = create(client, &zwp_linux_dmabuf_feedback_v1_interface, 4,
					      id, &implementation, NULL);
	int fd = fake_memfd(sizeof(table), true);
	assert_int_equal(pwrite(fd, table, sizeof(table), 0), sizeof(table));
	zwp_linux_dmabuf_feedback_v1_send_format_table(feedback, fd, sizeof(table));
	close(fd);
	const uint16_t tiled[] = {0, 77}, both[] = {0, 77, 1};
	struct wl_array indices = {.data = (void *)both, .size = sizeof(both)};
	if (fake->options.dmabuf_tiled)
		indices = (struct wl_array){.data = (void *)tiled, .size = sizeof(tiled)};
	zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
	zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

static void bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	static const struct zwp_linux_dmabuf_v1_interface implementation = {
		.destroy = destroy,
		.create_params = create_params,
		.get_default_feedback = get_feedback};
	const struct fake *fake = data;
	struct wl_resource *dmabuf = create(client, &zwp_linux_dmabuf_v1_interface, (int)version,
					    id, &implementation, data);
	if (version == 3)
		zwp_linux_dmabuf_v1_send_modifier(dmabuf, LEND_FORMAT_XRGB8888, 0,
						  fake->options.dmabuf_tiled);
}

/* ---- wp_presentation ------------------------------------------------------------------------ */

static void ask_feedback(struct wl_client *client, struct wl_resource *presentation,
			 struct wl_resource *surface, uint32_t id)
{
	struct fake *fake = wl_resource_get_user_data(presentation);
	fake->feedback = create(client, &wp_presentation_feedback_interface, 1, id, NULL, fake);
}

static const struct wp_presentation_interface presentation_implementation = {
	.destroy = destroy,
	.feedback = ask_feedback,
};

/* ---- globals -------------------------------------------------------------------------------- */

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	create(client, &wl_compositor_interface, (int)version, id, &compositor_implementation,
	       data);
}

static void bind_shell(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	create(client, &xdg_wm_base_interface, 1, id, &shell_implementation, data);
}

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	const struct fake *fake = data;
	struct wl_resource *manager = create(client, &framelend_manager_v1_interface, 1, id,
					     &manager_implementation, data);
	framelend_manager_v1_send_capabilities(
		manager, fake->options.fences ? FRAMELEND_MANAGER_V1_CAPABILITY_FENCES : 0);
	if (!fake->options.no_format)
		framelend_manager_v1_send_format(manager, LEND_FORMAT_XRGB8888);
	framelend_manager_v1_send_done(manager);
}

static void bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *presentation = create(client, &wp_presentation_interface, 1, id,
						  &presentation_implementation, data);
	wp_presentation_send_clock_id(presentation, CLOCK_MONOTONIC);
}

static void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	static const struct wl_output_interface implementation = {.release = destroy};
	struct fake *fake = data;
	fake->output = create(client, &wl_output_interface, 4, id, &implementation, data);
	wl_output_send_name(fake->output, fake->options.output);
	wl_output_send_done(fake->output);
}

static void get_pointer(struct wl_client *client, struct wl_resource *seat, uint32_t id)
{
	static const struct wl_pointer_interface implementation = {.release = destroy};
	struct fake *fake = wl_resource_get_user_data(seat);
	fake->pointer = create(client, &wl_pointer_interface, wl_resource_get_version(seat), id,
			       &implementation, fake);
}

static void get_keyboard(struct wl_client *client, struct wl_resource *seat, uint32_t id)
{
	static const struct wl_keyboard_interface implementation = {.release = destroy};
	struct fake *fake = wl_resource_get_user_data(seat);
	fake->keyboard = create(client, &wl_keyboard_interface, wl_resource_get_version(seat), id,
				&implementation, fake);
}

static void get_touch(struct wl_client *client, struct wl_resource *seat, uint32_t id)
{
	static const struct wl_touch_interface implementation = {.release = destroy};
	struct fake *fake = wl_resource_get_user_data(seat);
	fake->touch = create(client, &wl_touch_interface, wl_resource_get_version(seat), id,
			     &implementation, fake);
}

static void bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	static const struct wl_seat_interface implementation = {
		.get_pointer = get_pointer,
		.get_keyboard = get_keyboard,
		.get_touch = get_touch,
		.release = destroy,
	};
	struct fake *fake = data;
	fake->seat = create(client, &wl_seat_interface, (int)version, id, &implementation, data);
	wl_seat_send_capabilities(fake->seat, WL_SEAT_CAPABILITY_POINTER |
						      WL_SEAT_CAPABILITY_KEYBOARD |
						      WL_SEAT_CAPABILITY_TOUCH);
}

static void add(struct fake *fake, bool absent, const struct wl_interface *interface, int version,
		wl_global_bind_func_t bind)
{
	if (!absent)
		assert_non_null(wl_global_create(fake->wl, interface, version, fake, bind));
}

static void add_globals(struct fake *fake)
{
	const struct fake_options *options = &fake->options;
	int version = options->compositor_version != 0 ? (int)options->compositor_version : 4;
	add(fake, options->no_compositor, &wl_compositor_interface, version, bind_compositor);
	add(fake, options->no_shell, &xdg_wm_base_interface, 1, bind_shell);
	add(fake, options->no_manager, &framelend_manager_v1_interface, 1, bind_manager);
	add(fake, options->output == NULL, &wl_output_interface, 4, bind_output);
	add(fake, false, &wp_presentation_interface, 1, bind_presentation);
	if (options->seat != 0)
		add(fake, false, &wl_seat_interface, (int)options->seat, bind_seat);
	if (options->dmabuf != 0)
		add(fake, false, &zwp_linux_dmabuf_v1_interface, (int)options->dmabuf, bind_dmabuf);
	if (!options->no_shm)
		assert_return_code(wl_display_init_shm(fake->wl), 0);
}

/* ---- running -------------------------------------------------------------------------------- */

static void handle_gone(struct wl_listener *listener, void *data)
{
	struct fake *fake = wl_container_of(listener, fake, gone);
	fake->client = NULL;
	fake->shown = NULL;
	fake->attached = NULL;
}

void fake_serve(struct fake *fake)
{
	wl_event_loop_dispatch(wl_display_get_event_loop(fake->wl), 0);
	wl_display_flush_clients(fake->wl);
}

int fake_run(struct fake *fake)
{
	for (int quiet = 0; quiet < 3;) {
		fake_serve(fake);
		int count = lend_client_dispatch(fake->lend, 0);
		if (count < 0)
			return count;
		quiet = count > 0 ? 0 : quiet + 1;
	}
	return 0;
}

struct connecting {
	struct lend_client *client;
	int result;
	atomic_bool done;
};

/* Connecting waits for the server, which therefore has to run at the same time. */
static void *connect_client(void *data)
{
	struct connecting *connecting = data;
	connecting->result = lend_client_connect(NULL, &connecting->client);
	atomic_store(&connecting->done, true);
	return NULL;
}

int fake_start(struct fake *fake, const struct fake_options *options)
{
	memset(fake, 0, sizeof(*fake));
	fake->options = *options;
	wl_list_init(&fake->callbacks);
	fake->wl = wl_display_create();
	assert_non_null(fake->wl);
	add_globals(fake);
	int pair[2];
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	fake->client = wl_client_create(fake->wl, pair[0]);
	assert_non_null(fake->client);
	fake->gone.notify = handle_gone;
	wl_client_add_destroy_listener(fake->client, &fake->gone);
	char number[16];
	snprintf(number, sizeof(number), "%d", pair[1]);
	setenv("WAYLAND_SOCKET", number, 1);

	struct connecting connecting = {.done = false};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, connect_client, &connecting), 0);
	while (!atomic_load(&connecting.done)) {
		wl_event_loop_dispatch(wl_display_get_event_loop(fake->wl), 1);
		wl_display_flush_clients(fake->wl);
	}
	pthread_join(thread, NULL);
	fake->lend = connecting.client;
	assert_non_null(fake->lend);
	return connecting.result;
}

void fake_disconnect(struct fake *fake)
{
	wl_display_flush_clients(fake->wl);
	if (fake->client != NULL)
		wl_client_destroy(fake->client);
}

void fake_stop(struct fake *fake)
{
	lend_client_destroy(fake->lend);
	fake_serve(fake);
	fake_disconnect(fake);
	wl_display_destroy(fake->wl);
	for (size_t i = 0; i < fake->n_buffers; i++) {
		munmap(fake->buffers[i].pixels, fake->buffers[i].size);
		close(fake->buffers[i].fd);
	}
}

struct lend_surface *fake_surface(struct fake *fake, struct lend_surface_options options)
{
	struct lend_surface *surface = NULL;
	options.size = sizeof(options);
	assert_int_equal(lend_surface_create(fake->lend, &options, &surface), 0);
	assert_int_equal(fake_run(fake), 0);
	return surface;
}

struct lend_frame fake_begin(struct lend_surface *surface)
{
	struct lend_frame frame;
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	return frame;
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	int count = 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}
