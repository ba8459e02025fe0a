/* SPDX-License-Identifier: MIT */
/*
 * A client with nothing between it and libwayland: the least a client can cost, and the one that is
 * the same for every display server.
 *
 *   raw lent|shm|fullscreen SOCKET WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID
 *
 * It draws in lent buffers, or in its own over wl_shm, or in those in a full-screen window.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "framelend-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define BUFFERS 3

struct slot {
	struct wl_buffer *buffer;
	void *pixels;
	uint32_t stride;
	bool busy;
};

struct raw {
	struct task task;
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct framelend_manager_v1 *manager;
	struct framelend_chain_v1 *chain;
	struct wl_surface *surface;
	bool configured, waiting;
	struct slot slots[BUFFERS], *last;
	uint32_t generation, n_planes;
};

/* ---- globals -------------------------------------------------------------------------------- */

static void handle_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {.ping = handle_ping};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct raw *raw = data;

	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		raw->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		raw->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		raw->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(raw->shell, &shell_listener, raw);
	} else if (strcmp(interface, framelend_manager_v1_interface.name) == 0) {
		raw->manager = wl_registry_bind(registry, name, &framelend_manager_v1_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

/* ---- buffers -------------------------------------------------------------------------------- */

static void handle_release(void *data, struct wl_buffer *buffer)
{
	struct slot *slot = data;

	slot->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void map(struct raw *raw, struct slot *slot, int fd, uint32_t offset, uint32_t stride)
{
	const struct lend_rect all = {0, 0, (int32_t)raw->task.width, (int32_t)raw->task.height};
	size_t length = offset + (size_t)stride * raw->task.height;
	char *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (start == MAP_FAILED)
		die("raw: cannot map a buffer: %s", strerror(errno));
	close(fd);
	slot->pixels = start + offset;
	slot->stride = stride;
	paint(slot->pixels, slot->stride, &all, 0);
}

static void handle_buffer(void *data, struct framelend_chain_v1 *chain, uint32_t generation,
			  uint32_t index, uint32_t memory, uint32_t caching, uint32_t modifier_high,
			  uint32_t modifier_low)
{
	struct raw *raw = data;

	raw->generation = generation;
}

static void handle_plane(void *data, struct framelend_chain_v1 *chain, uint32_t plane, int32_t fd,
			 uint32_t offset, uint32_t stride)
{
	struct raw *raw = data;

	if (raw->n_planes < BUFFERS)
		map(raw, &raw->slots[raw->n_planes++], fd, offset, stride);
	else
		close(fd);
}

static void handle_verdict(void *data, struct framelend_chain_v1 *chain, const char *allocator,
			   uint32_t state, uint32_t depth, const char *call, uint32_t error,
			   const char *reason, const char *remedy)
{
}

static void handle_done(void *data, struct framelend_chain_v1 *chain, uint32_t generation,
			uint32_t width, uint32_t height, uint32_t format)
{
	struct raw *raw = data;

	for (uint32_t i = 0; i < BUFFERS; i++)
		raw->slots[i].buffer = framelend_chain_v1_get_buffer(chain, generation, i);
}

static void handle_failed(void *data, struct framelend_chain_v1 *chain, uint32_t error,
			  const char *reason)
{
	die("raw: no buffers: %s", reason);
}

static void handle_path(void *data, struct framelend_chain_v1 *chain, uint32_t path,
			const char *reason, const char *output)
{
}

static const struct framelend_chain_v1_listener chain_listener = {
	.buffer = handle_buffer,
	.plane = handle_plane,
	.verdict = handle_verdict,
	.done = handle_done,
	.failed = handle_failed,
	.path = handle_path,
};

static void borrow_buffers(struct raw *raw)
{
	raw->chain = framelend_manager_v1_get_chain(raw->manager, raw->surface);
	framelend_chain_v1_add_listener(raw->chain, &chain_listener, raw);
	framelend_chain_v1_configure(raw->chain, raw->task.width, raw->task.height,
				     LEND_FORMAT_XRGB8888, 0, BUFFERS);
}

static void bring_buffer(struct raw *raw, struct slot *slot)
{
	uint32_t stride = raw->task.width * 4;
	size_t length = (size_t)stride * raw->task.height;
	int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)length) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		die("raw: no shared memory: %s", strerror(errno));
	struct wl_shm_pool *pool = wl_shm_create_pool(raw->shm, fd, (int32_t)length);
	slot->buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)raw->task.width,
						 (int32_t)raw->task.height, (int32_t)stride,
						 WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	wl_display_roundtrip(raw->display); /* the fd is sent */
	map(raw, slot, fd, 0, stride);
}

static void get_buffers(struct raw *raw, bool lent)
{
	if (lent ? !raw->manager : !raw->shm)
		die("raw: the server has no %s", lent ? "framelend_manager_v1" : "wl_shm");
	if (lent)
		borrow_buffers(raw);
	for (int i = 0; i < BUFFERS && !lent; i++)
		bring_buffer(raw, &raw->slots[i]);
	wl_display_roundtrip(raw->display);
	for (int i = 0; i < BUFFERS; i++) {
		if (!raw->slots[i].buffer)
			die("raw: too few buffers");
		wl_buffer_add_listener(raw->slots[i].buffer, &buffer_listener, &raw->slots[i]);
	}
}

/* ---- the window ----------------------------------------------------------------------------- */

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct raw *raw = data;

	xdg_surface_ack_configure(surface, serial);
	raw->configured = true;
}

static const struct xdg_surface_listener xdg_listener = {.configure = handle_configure};

static void handle_size(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height,
			struct wl_array *states)
{
}

static void handle_close(void *data, struct xdg_toplevel *toplevel)
{
	die("raw: the window was closed");
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_size,
	.close = handle_close,
};

static void open_window(struct raw *raw, bool fullscreen)
{
	if (!raw->compositor || !raw->shell)
		die("raw: the server has no wl_compositor or no xdg_wm_base");
	raw->surface = wl_compositor_create_surface(raw->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(raw->shell, raw->surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	xdg_surface_add_listener(xdg, &xdg_listener, raw);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, raw);
	if (fullscreen)
		xdg_toplevel_set_fullscreen(toplevel, NULL);
	wl_surface_commit(raw->surface);
	while (!raw->configured)
		if (wl_display_dispatch(raw->display) < 0)
			die("raw: the connection ended");
}

/* ---- frames --------------------------------------------------------------------------------- */

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct raw *raw = data;

	raw->waiting = false;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

/* Like wl_display_dispatch(), but polls first, as everyone does who waits for more than this. */
static void dispatch(struct raw *raw)
{
	struct pollfd poll_fd = {.fd = wl_display_get_fd(raw->display), .events = POLLIN};

	if (wl_display_prepare_read(raw->display) == 0) {
		wl_display_flush(raw->display);
		if (poll(&poll_fd, 1, -1) < 0 || wl_display_read_events(raw->display) < 0)
			die("raw: the connection ended");
	}
	if (wl_display_dispatch_pending(raw->display) < 0)
		die("raw: the connection ended");
}

static struct slot *free_slot(struct raw *raw)
{
	for (int i = 0; i < BUFFERS; i++)
		if (!raw->slots[i].busy)
			return &raw->slots[i];
	return NULL;
}

static void draw_frame(struct raw *raw, uint64_t number)
{
	const struct lend_rect *damage = &raw->task.damage;
	struct slot *slot;

	while (raw->waiting || !(slot = free_slot(raw)))
		dispatch(raw);
	paint(slot->pixels, slot->stride, damage, number);
	wl_surface_attach(raw->surface, slot->buffer, 0, 0);
	wl_surface_damage_buffer(raw->surface, damage->x, damage->y, damage->width, damage->height);
	struct wl_callback *callback = wl_surface_frame(raw->surface);
	wl_callback_add_listener(callback, &frame_listener, raw);
	wl_surface_commit(raw->surface);
	wl_display_flush(raw->display);
	slot->busy = true;
	raw->waiting = true;
	raw->last = slot;
}

static void draw_frames(struct raw *raw, uint64_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		draw_frame(raw, first + i);
	while (raw->waiting)
		dispatch(raw);
}

int main(int argc, char **argv)
{
	static struct raw raw;
	struct meter meter;

	if (argc != 7)
		die("usage: raw lent|shm|fullscreen SOCKET SIZE DAMAGE FRAMES SERVER-PID");
	task_read(&raw.task, argv + 2);
	const struct lend_rect all = {0, 0, (int32_t)raw.task.width, (int32_t)raw.task.height};
	raw.display = wl_display_connect(raw.task.socket);
	if (!raw.display)
		die("raw: cannot connect to %s: %s", raw.task.socket, strerror(errno));
	wl_registry_add_listener(wl_display_get_registry(raw.display), &registry_listener, &raw);
	wl_display_roundtrip(raw.display);
	open_window(&raw, strcmp(argv[1], "fullscreen") == 0);
	get_buffers(&raw, strcmp(argv[1], "lent") == 0);
	draw_frames(&raw, 1, WARM_UP);
	meter_start(&meter, raw.task.server);
	draw_frames(&raw, 1 + WARM_UP, raw.task.frames);
	meter_stop(&meter);
	meter_report(&meter, raw.task.frames,
		     picture_hash(raw.last->pixels, raw.last->stride, &all));
	wait_for_end(wl_display_get_fd(raw.display));
	wl_display_disconnect(raw.display);
	return 0;
}
