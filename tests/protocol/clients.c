/* SPDX-License-Identifier: MIT */
/* The clients' half of the harness. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What libwayland-client said last: the only way to a protocol error's words. */
static char client_log[2048];

__attribute__((format(printf, 1, 0))) static void keep_log(const char *format, va_list args)
{
	vsnprintf(client_log, sizeof(client_log), format, args);
}

/* ---- connections ---------------------------------------------------------------------------- */

static void shm_format(void *data, struct wl_shm *shm, uint32_t format)
{
	struct client *client = data;

	assert_true(client->n_shm_formats < 32);
	client->shm_formats[client->n_shm_formats++] = format;
}

static const struct wl_shm_listener shm_listener = {.format = shm_format};

static void wm_base_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = wm_base_ping};

static void manager_capabilities(void *data, struct framelend_manager_v1 *manager, uint32_t bits)
{
	((struct client *)data)->capabilities = bits;
}

static void manager_format(void *data, struct framelend_manager_v1 *manager, uint32_t format)
{
	struct client *client = data;

	assert_true(client->n_formats < 32);
	client->formats[client->n_formats++] = format;
}

static void manager_done(void *data, struct framelend_manager_v1 *manager) {}

static const struct framelend_manager_v1_listener manager_listener = {
	.capabilities = manager_capabilities,
	.format = manager_format,
	.done = manager_done,
};

/* Binds with the version that both sides know. */
static void *bind_global(struct wl_registry *registry, uint32_t name,
			 const struct wl_interface *interface, uint32_t version)
{
	uint32_t known = (uint32_t)interface->version;
	return wl_registry_bind(registry, name, interface, version < known ? version : known);
}

static void registry_global(void *data, struct wl_registry *registry, uint32_t name,
			    const char *interface, uint32_t version)
{
	struct client *client = data;
	const struct {
		const struct wl_interface *interface;
		void **proxy;
	} table[] = {
		{&wl_compositor_interface, (void **)&client->compositor},
		{&wl_subcompositor_interface, (void **)&client->subcompositor},
		{&wl_shm_interface, (void **)&client->shm},
		{&wl_seat_interface, (void **)&client->seat},
		{&xdg_wm_base_interface, (void **)&client->wm_base},
		{&wp_viewporter_interface, (void **)&client->viewporter},
		{&wp_presentation_interface, (void **)&client->presentation},
		{&wl_data_device_manager_interface, (void **)&client->data_manager},
		{&framelend_manager_v1_interface, (void **)&client->manager},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(interface, table[i].interface->name) == 0)
			*table[i].proxy = bind_global(registry, name, table[i].interface, version);
	if (strcmp(interface, wl_output_interface.name) == 0 && client->n_outputs < OUTPUTS_MAX)
		client->outputs[client->n_outputs++] =
			bind_global(registry, name, &wl_output_interface, version);
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	((struct client *)data)->globals_removed++;
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

struct client *client_create(struct test *test)
{
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	wl_log_set_handler_client(keep_log);
	client->test = test;
	client->display = wl_display_connect(lend_server_socket(test->server));
	if (!client->display)
		fail_msg("wl_display_connect: %s", strerror(errno));
	wl_list_insert(test->clients.prev, &client->link);
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	client_roundtrip(client);
	assert_non_null(client->compositor);
	assert_non_null(client->shm);
	assert_non_null(client->manager);
	wl_shm_add_listener(client->shm, &shm_listener, client);
	framelend_manager_v1_add_listener(client->manager, &manager_listener, client);
	if (client->wm_base)
		xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, client);
	client_roundtrip(client);
	return client;
}

void client_destroy(struct client *client)
{
	void *proxies[] = {client->registry,	client->compositor, client->subcompositor,
			   client->shm,		client->seat,	    client->wm_base,
			   client->viewporter,	client->manager,    client->presentation,
			   client->data_manager};

	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
		if (proxies[i])
			wl_proxy_destroy(proxies[i]);
	for (unsigned i = 0; i < client->n_outputs; i++)
		wl_output_destroy(client->outputs[i]);
	wl_list_remove(&client->link);
	wl_display_disconnect(client->display);
	free(client);
}

static void sync_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	((struct client *)data)->syncs++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener sync_listener = {.done = sync_done};

void client_roundtrip(struct client *client)
{
	unsigned before = client->syncs;

	wl_callback_add_listener(wl_display_sync(client->display), &sync_listener, client);
	while (client->syncs == before) {
		pump_once(client->test, 100);
		if (client->error)
			fail_msg("the connection is lost: %s: %s", strerror(client->error),
				 client_log);
	}
}

static void wait_for_error(struct client *client, int error)
{
	for (int i = 0; i < 100 && !client->error; i++)
		pump_once(client->test, 50);
	if (client->error != error)
		fail_msg("the connection ended with \"%s\" instead of \"%s\": %s",
			 strerror(client->error), strerror(error), client_log);
}

static void find_words(const char *words)
{
	if (!strstr(client_log, words))
		fail_msg("\"%s\" is not in the message: %s", words, client_log);
}

void expect_error(struct client *client, const struct wl_interface *interface, uint32_t code,
		  const char *words)
{
	const struct wl_interface *found = NULL;

	wait_for_error(client, EPROTO);
	uint32_t error = wl_display_get_protocol_error(client->display, &found, NULL);
	if (!found || strcmp(found->name, interface->name) != 0 || error != code)
		fail_msg("error %u of %s instead of %u of %s: %s", error,
			 found ? found->name : "an unknown object", code, interface->name,
			 client_log);
	find_words(words);
}

void expect_no_memory(struct client *client, const char *words)
{
	wait_for_error(client, ENOMEM);
	find_words(words);
}

void expect_invalid(struct client *client, const char *words)
{
	wait_for_error(client, EINVAL);
	find_words(words);
}

void expect_alive(struct client *client)
{
	client_roundtrip(client);
	assert_int_equal(client->error, 0);
}

int raw_connect(struct test *test)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", test->directory,
			      lend_server_socket(test->server));

	assert_true(fd >= 0);
	assert_in_range(length, 1, sizeof(address.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

bool raw_send(int fd, uint32_t object, uint16_t opcode, const uint32_t *args, size_t n_args)
{
	uint32_t message[64] = {object, (uint32_t)(8 + 4 * n_args) << 16 | opcode};

	assert_true(n_args <= 62);
	if (n_args)
		memcpy(message + 2, args, 4 * n_args);
	return send(fd, message, 8 + 4 * n_args, MSG_NOSIGNAL) == (ssize_t)(8 + 4 * n_args);
}

/* ---- buffers -------------------------------------------------------------------------------- */

static void count_release(void *data, struct wl_buffer *buffer)
{
	(*(unsigned *)data)++;
}

static const struct wl_buffer_listener buffer_listener = {.release = count_release};

int memory_create(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

void shm_buffer_create(struct client *client, int32_t width, int32_t height, uint32_t format,
		       struct shm_buffer *buffer)
{
	*buffer = (struct shm_buffer){.width = width, .height = height, .stride = width * 4};
	buffer->size = (size_t)buffer->stride * (size_t)height;
	buffer->fd = memory_create(buffer->size);
	buffer->pixels =
		mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	assert_ptr_not_equal(buffer->pixels, MAP_FAILED);
	struct wl_shm_pool *pool =
		wl_shm_create_pool(client->shm, buffer->fd, (int32_t)buffer->size);
	buffer->buffer = wl_shm_pool_create_buffer(pool, 0, width, height, buffer->stride, format);
	wl_shm_pool_destroy(pool);
	wl_buffer_add_listener(buffer->buffer, &buffer_listener, &buffer->released);
}

void shm_buffer_destroy(struct shm_buffer *buffer)
{
	if (buffer->buffer)
		wl_buffer_destroy(buffer->buffer);
	munmap(buffer->pixels, buffer->size);
	close(buffer->fd);
}

void fill_rect(uint8_t *pixels, int32_t stride, int x, int y, int width, int height,
	       uint32_t colour)
{
	for (int row = y; row < y + height; row++) {
		uint32_t *to = (uint32_t *)(void *)(pixels + (ptrdiff_t)row * stride) + x;
		for (int i = 0; i < width; i++)
			to[i] = colour;
	}
}

void shm_buffer_fill(struct shm_buffer *buffer, uint32_t colour)
{
	fill_rect(buffer->pixels, buffer->stride, 0, 0, buffer->width, buffer->height, colour);
}

/* ---- chains --------------------------------------------------------------------------------- */

static void chain_buffer(void *data, struct framelend_chain_v1 *proxy, uint32_t generation,
			 uint32_t index, uint32_t memory, uint32_t caching, uint32_t modifier_hi,
			 uint32_t modifier_lo)
{
	struct chain *chain = data;

	assert_true(index < 4);
	assert_int_equal(modifier_hi | modifier_lo, 0);
	if (generation != chain->generation) {
		chain_let_go(chain);
		chain->generation = generation;
		chain->count = 0;
	}
	assert_int_equal(index, chain->count);
	chain->buffers[chain->count++] =
		(struct lent_buffer){.fd = -1, .memory = memory, .caching = caching};
}

static void chain_plane(void *data, struct framelend_chain_v1 *proxy, uint32_t plane, int32_t fd,
			uint32_t offset, uint32_t stride)
{
	struct chain *chain = data;

	assert_true(chain->count > 0);
	struct lent_buffer *buffer = &chain->buffers[chain->count - 1];
	assert_int_equal(plane, 0);
	assert_int_equal(buffer->fd, -1);
	buffer->fd = fd;
	buffer->offset = offset;
	buffer->stride = stride;
}

static void chain_verdict(void *data, struct framelend_chain_v1 *proxy, const char *allocator,
			  uint32_t state, uint32_t depth, const char *call, uint32_t error,
			  const char *reason, const char *remedy)
{
	struct chain *chain = data;

	assert_true(strlen(allocator) > 0 && strlen(reason) > 0);
	chain->verdicts++;
}

static void chain_done(void *data, struct framelend_chain_v1 *proxy, uint32_t generation,
		       uint32_t width, uint32_t height, uint32_t format)
{
	struct chain *chain = data;

	assert_int_equal(generation, chain->generation);
	chain->width = width;
	chain->height = height;
	chain->format = format;
	chain->done++;
}

static void chain_failed(void *data, struct framelend_chain_v1 *proxy, uint32_t error,
			 const char *reason)
{
	struct chain *chain = data;

	chain->error = error;
	snprintf(chain->reason, sizeof(chain->reason), "%s", reason);
	chain->failed++;
}

static void chain_path(void *data, struct framelend_chain_v1 *proxy, uint32_t path,
		       const char *reason, const char *output)
{
	struct chain *chain = data;

	chain->path = path;
	snprintf(chain->path_reason, sizeof(chain->path_reason), "%s", reason);
	snprintf(chain->path_output, sizeof(chain->path_output), "%s", output);
	chain->paths++;
}

static const struct framelend_chain_v1_listener chain_listener = {
	.buffer = chain_buffer,
	.plane = chain_plane,
	.verdict = chain_verdict,
	.done = chain_done,
	.failed = chain_failed,
	.path = chain_path,
};

void chain_create(struct client *client, struct wl_surface *surface, struct chain *chain)
{
	*chain = (struct chain){.client = client};
	chain->proxy = framelend_manager_v1_get_chain(client->manager, surface);
	framelend_chain_v1_add_listener(chain->proxy, &chain_listener, chain);
}

void chain_take(struct chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		struct lent_buffer *buffer = &chain->buffers[i];
		if (buffer->buffer)
			continue;
		buffer->size = buffer->offset + (size_t)buffer->stride * chain->height;
		buffer->pixels =
			mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
		assert_ptr_not_equal(buffer->pixels, MAP_FAILED);
		buffer->buffer = framelend_chain_v1_get_buffer(chain->proxy, chain->generation, i);
		wl_buffer_add_listener(buffer->buffer, &buffer_listener, &buffer->released);
	}
}

void chain_configure(struct chain *chain, uint32_t width, uint32_t height, uint32_t format,
		     uint32_t usage, uint32_t count)
{
	unsigned answers = chain->done + chain->failed;

	framelend_chain_v1_configure(chain->proxy, width, height, format, usage, count);
	while (chain->done + chain->failed == answers) {
		pump_once(chain->client->test, 100);
		assert_int_equal(chain->client->error, 0);
	}
	chain_take(chain);
}

void chain_let_go(struct chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		struct lent_buffer *buffer = &chain->buffers[i];
		if (buffer->buffer)
			wl_buffer_destroy(buffer->buffer);
		if (buffer->pixels)
			munmap(buffer->pixels, buffer->size);
		if (buffer->fd >= 0)
			close(buffer->fd);
		*buffer = (struct lent_buffer){.fd = -1};
	}
}

void chain_destroy(struct chain *chain)
{
	chain_let_go(chain);
	framelend_chain_v1_destroy(chain->proxy);
}

void lent_buffer_fill(struct chain *chain, unsigned index, uint32_t colour)
{
	const struct lent_buffer *buffer = &chain->buffers[index];

	fill_rect(buffer->pixels + buffer->offset, (int32_t)buffer->stride, 0, 0, (int)chain->width,
		  (int)chain->height, colour);
}

/* ---- windows -------------------------------------------------------------------------------- */

static void toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
			       int32_t height, struct wl_array *states)
{
	struct window *window = data;

	window->width = width;
	window->height = height;
}

static void toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	((struct window *)data)->closes++;
}

static void toplevel_configure_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width,
				      int32_t height)
{
}

static void toplevel_wm_capabilities(void *data, struct xdg_toplevel *toplevel,
				     struct wl_array *capabilities)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_configure,
	.close = toplevel_close,
	.configure_bounds = toplevel_configure_bounds,
	.wm_capabilities = toplevel_wm_capabilities,
};

static void xdg_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct window *window = data;

	xdg_surface_ack_configure(xdg_surface, serial);
	window->configures++;
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = xdg_surface_configure,
};

void window_create(struct client *client, struct window *window)
{
	*window = (struct window){.client = client};
	window->surface = wl_compositor_create_surface(client->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	wl_surface_commit(window->surface);
	pump_until(client->test, &window->configures, 1);
}

void window_destroy(struct window *window)
{
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
}

static void frame_done(void *data, struct wl_callback *callback, uint32_t time)
{
	(*(unsigned *)data)++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = frame_done};

void window_request_frame(struct window *window)
{
	wl_callback_add_listener(wl_surface_frame(window->surface), &frame_listener,
				 &window->frames);
}

void window_commit(struct window *window, struct wl_buffer *buffer)
{
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, INT32_MAX, INT32_MAX);
	window_request_frame(window);
	wl_surface_commit(window->surface);
}

void window_show(struct window *window, struct wl_buffer *buffer)
{
	unsigned frames = window->frames;

	window_commit(window, buffer);
	pump_until(window->client->test, &window->frames, frames + 1);
}

/* ---- bystanders ----------------------------------------------------------------------------- */

/* The layout may resize it at any time: it follows. */
static void bystander_fit(struct bystander *bystander)
{
	const struct window *window = &bystander->window;
	uint32_t width = (uint32_t)window->width, height = (uint32_t)window->height;

	if (bystander->chain.width != width || bystander->chain.height != height ||
	    !bystander->chain.buffers[0].buffer) {
		uint32_t before = bystander->chain.generation;
		chain_configure(&bystander->chain, width, height, LEND_FORMAT_XRGB8888, 0, 3);
		if (before)
			framelend_chain_v1_drop(bystander->chain.proxy, before);
		assert_int_equal(bystander->chain.count, 3);
	}
}

static void bystander_draw(struct bystander *bystander)
{
	bystander_fit(bystander);
	bystander->next = (bystander->next + 1) % 3;
	bystander->colour = (bystander->colour * 5 + 0x123457) & 0xffffff;
	lent_buffer_fill(&bystander->chain, bystander->next, bystander->colour);
	window_show(&bystander->window, bystander->chain.buffers[bystander->next].buffer);
	bystander->frames++;
}

void bystander_create(struct test *test, struct bystander *bystander)
{
	*bystander = (struct bystander){.client = client_create(test), .colour = 0x204060};
	window_create(bystander->client, &bystander->window);
	chain_create(bystander->client, bystander->window.surface, &bystander->chain);
	bystander_draw(bystander);
}

void bystander_destroy(struct bystander *bystander)
{
	chain_destroy(&bystander->chain);
	window_destroy(&bystander->window);
	client_destroy(bystander->client);
}

void bystander_check(struct bystander *bystander)
{
	for (int i = 0; i < 3; i++)
		bystander_draw(bystander);
	assert_int_equal(bystander->client->error, 0);
}
