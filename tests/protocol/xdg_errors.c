/* SPDX-License-Identifier: MIT */
/* Every error that xdg-shell names and a server can notice: a row each. The client that errs is the
 * only one to hear of it. */
#include "shell.h"

#include <stdio.h>

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer buffer;
	struct shell_window window; /* xdg_surface without a role, unless the row says otherwise */
	struct shell_window other, third;
};

static struct xdg_positioner *complete(struct fixture *f)
{
	return positioner_create(f->client, 10, 10, 0, 0);
}

static void map_window(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	shell_window_map(&f->window, f->buffer.buffer);
}

/* A popup of the parent, configured and not mapped. */
static void begin_popup(struct fixture *f, struct shell_window *popup, struct shell_window *parent)
{
	shell_window_create(f->client, popup);
	shell_window_get_popup(popup, parent, complete(f));
	shell_window_begin(popup);
	shell_window_ack(popup);
}

/* ---- xdg_wm_base ---------------------------------------------------------------------------- */

static void second_xdg_surface(struct fixture *f)
{
	xdg_wm_base_get_xdg_surface(f->client->wm_base, f->window.surface);
}

static void xdg_surface_of_subsurface(struct fixture *f)
{
	struct wl_surface *child = subsurface_create(f->client, f->window.surface);

	xdg_wm_base_get_xdg_surface(f->client->wm_base, child);
}

static void toplevel_of_subsurface(struct fixture *f)
{
	struct wl_surface *parent = wl_compositor_create_surface(f->client->compositor);

	wl_subcompositor_get_subsurface(f->client->subcompositor, f->window.surface, parent);
	xdg_surface_get_toplevel(f->window.xdg_surface);
}

static void popup_of_former_toplevel(struct fixture *f)
{
	shell_toplevel_map(f->client, &f->other, f->buffer.buffer);
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_destroy(f->window.toplevel);
	shell_window_get_popup(&f->window, &f->other, complete(f));
}

static void xdg_surface_with_attached_buffer(struct fixture *f)
{
	struct wl_surface *surface = wl_compositor_create_surface(f->client->compositor);

	wl_surface_attach(surface, f->buffer.buffer, 0, 0);
	xdg_wm_base_get_xdg_surface(f->client->wm_base, surface);
}

static void xdg_surface_with_committed_buffer(struct fixture *f)
{
	struct wl_surface *surface = wl_compositor_create_surface(f->client->compositor);

	wl_surface_attach(surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(surface);
	xdg_wm_base_get_xdg_surface(f->client->wm_base, surface);
}

/* Sends destroy but keeps the proxy, without which an error could not be told from others. */
static void destroy(void *proxy, uint32_t opcode)
{
	wl_proxy_marshal(proxy, opcode);
}

static void wm_base_before_surfaces(struct fixture *f)
{
	destroy(f->client->wm_base, XDG_WM_BASE_DESTROY);
}

static void popup_parent_without_role(struct fixture *f)
{
	shell_window_create(f->client, &f->other);
	shell_window_get_popup(&f->window, &f->other, complete(f));
}

static void popup_parent_itself(struct fixture *f)
{
	shell_window_get_popup(&f->window, &f->window, complete(f));
}

static void popup_without_parent(struct fixture *f)
{
	shell_window_get_popup(&f->window, NULL, complete(f));
	wl_surface_commit(f->window.surface);
}

static void positioner_without_size(struct fixture *f)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f->client->wm_base);

	map_window(f);
	xdg_positioner_set_anchor_rect(positioner, 1, 2, 3, 4);
	shell_window_create(f->client, &f->other);
	shell_window_get_popup(&f->other, &f->window, positioner);
}

static void positioner_without_rectangle(struct fixture *f)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f->client->wm_base);

	map_window(f);
	xdg_positioner_set_size(positioner, 8, 9);
	shell_window_create(f->client, &f->other);
	shell_window_get_popup(&f->other, &f->window, positioner);
}

static void reposition_incomplete(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	xdg_popup_reposition(f->other.popup, xdg_wm_base_create_positioner(f->client->wm_base), 1);
}

static void popup_destroyed_before_nested(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	shell_window_commit(&f->other, f->buffer.buffer);
	begin_popup(f, &f->third, &f->other);
	xdg_popup_destroy(f->other.popup);
}

static void grab_beside_a_grab(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	xdg_popup_grab(f->other.popup, f->client->seat, 1);
	begin_popup(f, &f->third, &f->window);
	xdg_popup_grab(f->third.popup, f->client->seat, 2);
}

/* ---- xdg_positioner ------------------------------------------------------------------------- */

static void positioner_size_zero(struct fixture *f)
{
	xdg_positioner_set_size(complete(f), 0, -3);
}

static void positioner_size_negative(struct fixture *f)
{
	xdg_positioner_set_size(complete(f), INT32_MIN, 1);
}

static void positioner_rectangle_negative(struct fixture *f)
{
	xdg_positioner_set_anchor_rect(complete(f), -1, -1, 4, -2);
}

static void positioner_anchor(struct fixture *f)
{
	xdg_positioner_set_anchor(complete(f), 9);
}

static void positioner_gravity(struct fixture *f)
{
	xdg_positioner_set_gravity(complete(f), UINT32_MAX);
}

static void positioner_adjustment(struct fixture *f)
{
	xdg_positioner_set_constraint_adjustment(complete(f), 64);
}

/* ---- xdg_surface ---------------------------------------------------------------------------- */

static void ack_without_role(struct fixture *f)
{
	xdg_surface_ack_configure(f->window.xdg_surface, 1);
}

static void geometry_without_role(struct fixture *f)
{
	xdg_surface_set_window_geometry(f->window.xdg_surface, 0, 0, 1, 1);
}

static void toplevel_twice(struct fixture *f)
{
	xdg_surface_get_toplevel(f->window.xdg_surface);
	xdg_surface_get_toplevel(f->window.xdg_surface);
}

static void toplevel_and_popup(struct fixture *f)
{
	map_window(f);
	shell_window_create(f->client, &f->other);
	shell_window_get_popup(&f->other, &f->window, complete(f));
	xdg_surface_get_toplevel(f->other.xdg_surface);
}

static void buffer_in_initial_commit(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->window.surface);
}

static void buffer_without_role(struct fixture *f)
{
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
}

static void buffer_before_ack(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->window.surface);
}

static void buffer_before_popup_ack(struct fixture *f)
{
	map_window(f);
	shell_window_create(f->client, &f->other);
	shell_window_get_popup(&f->other, &f->window, complete(f));
	shell_window_begin(&f->other);
	wl_surface_attach(f->other.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->other.surface);
}

static void buffer_after_unmapping(struct fixture *f)
{
	map_window(f);
	shell_window_commit(&f->window, NULL);
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->window.surface);
}

static void buffer_from_before_the_role(struct fixture *f)
{
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->window.surface);
	shell_window_get_toplevel(&f->window);
	wl_surface_commit(f->window.surface);
}

static void buffer_of_former_toplevel(struct fixture *f)
{
	map_window(f);
	xdg_toplevel_destroy(f->window.toplevel);
	shell_window_get_toplevel(&f->window);
	wl_surface_commit(f->window.surface);
}

static void ack_never_sent(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	xdg_surface_ack_configure(f->window.xdg_surface, f->window.serial + 1);
}

static void ack_before_configure(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_surface_ack_configure(f->window.xdg_surface, 0);
}

static void ack_twice(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	shell_window_ack(&f->window);
	shell_window_ack(&f->window);
}

static void ack_older(struct fixture *f)
{
	uint32_t first;

	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	first = f->window.serial;
	xdg_toplevel_set_maximized(f->window.toplevel);
	client_roundtrip(f->client);
	shell_window_ack(&f->window);
	xdg_surface_ack_configure(f->window.xdg_surface, first);
}

static void geometry_empty(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_surface_set_window_geometry(f->window.xdg_surface, 0, 0, 5, 0);
}

static void geometry_negative(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_surface_set_window_geometry(f->window.xdg_surface, 0, 0, -7, 5);
}

static void xdg_surface_before_toplevel(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	destroy(f->window.xdg_surface, XDG_SURFACE_DESTROY);
}

static void xdg_surface_before_popup(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	destroy(f->other.xdg_surface, XDG_SURFACE_DESTROY);
}

/* ---- xdg_toplevel --------------------------------------------------------------------------- */

static void parent_itself(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_set_parent(f->window.toplevel, f->window.toplevel);
}

static void parent_cycle(struct fixture *f)
{
	map_window(f);
	shell_toplevel_map(f->client, &f->other, f->buffer.buffer);
	shell_toplevel_map(f->client, &f->third, f->buffer.buffer);
	xdg_toplevel_set_parent(f->other.toplevel, f->window.toplevel);
	xdg_toplevel_set_parent(f->third.toplevel, f->other.toplevel);
	xdg_toplevel_set_parent(f->window.toplevel, f->third.toplevel);
}

static void max_size_negative(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_set_max_size(f->window.toplevel, -1, 5);
}

static void min_size_negative(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_set_min_size(f->window.toplevel, 5, -6);
}

static void min_over_max(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_set_min_size(f->window.toplevel, 50, 60);
	xdg_toplevel_set_max_size(f->window.toplevel, 0, 59);
	wl_surface_commit(f->window.surface);
}

static void resize_edge_opposite(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_resize(f->window.toplevel, f->client->seat, 1, 3);
}

static void resize_edge_large(struct fixture *f)
{
	shell_window_get_toplevel(&f->window);
	xdg_toplevel_resize(f->window.toplevel, f->client->seat, 1, 12);
}

/* ---- xdg_popup ------------------------------------------------------------------------------ */

static void grab_when_mapped(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	shell_window_commit(&f->other, f->buffer.buffer);
	xdg_popup_grab(f->other.popup, f->client->seat, 1);
}

static void grab_over_no_grab(struct fixture *f)
{
	map_window(f);
	begin_popup(f, &f->other, &f->window);
	shell_window_commit(&f->other, f->buffer.buffer);
	shell_window_create(f->client, &f->third);
	shell_window_get_popup(&f->third, &f->other, complete(f));
	xdg_popup_grab(f->third.popup, f->client->seat, 1);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static const struct row {
	const char *name;
	void (*run)(struct fixture *f);
	const struct wl_interface *interface;
	uint32_t code;
	const char *words;
} rows[] = {
#define ROW(run, object, code, words)                                                              \
	{                                                                                          \
#run, run, &xdg_##object##_interface, code, words                                  \
	}
	ROW(second_xdg_surface, wm_base, XDG_WM_BASE_ERROR_ROLE, "has an xdg_surface already"),
	ROW(xdg_surface_of_subsurface, wm_base, XDG_WM_BASE_ERROR_ROLE, "the role wl_subsurface"),
	ROW(toplevel_of_subsurface, wm_base, XDG_WM_BASE_ERROR_ROLE, "the role wl_subsurface"),
	ROW(popup_of_former_toplevel, wm_base, XDG_WM_BASE_ERROR_ROLE, "the role xdg_toplevel"),
	ROW(xdg_surface_with_attached_buffer, wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
	    "has a buffer"),
	ROW(xdg_surface_with_committed_buffer, wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
	    "has a buffer"),
	ROW(wm_base_before_surfaces, wm_base, XDG_WM_BASE_ERROR_DEFUNCT_SURFACES,
	    "destroy its 1 xdg_surfaces first"),
	ROW(popup_parent_without_role, wm_base, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
	    "neither a toplevel nor a popup"),
	ROW(popup_parent_itself, wm_base, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
	    "neither a toplevel nor a popup"),
	ROW(popup_without_parent, wm_base, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT, "no parent"),
	ROW(positioner_without_size, wm_base, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
	    "get_popup: the positioner is incomplete: its size is 0x0, its anchor rectangle 3x4"),
	ROW(positioner_without_rectangle, wm_base, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
	    "its size is 8x9, its anchor rectangle 0x0"),
	ROW(reposition_incomplete, wm_base, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
	    "xdg_popup.reposition: the positioner is incomplete"),
	ROW(popup_destroyed_before_nested, wm_base, XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP,
	    "xdg_popup.destroy"),
	ROW(grab_beside_a_grab, wm_base, XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP, "xdg_popup.grab"),
	ROW(positioner_size_zero, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT,
	    "set_size: 0x-3, both must be positive"),
	ROW(positioner_size_negative, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT,
	    "set_size: -2147483648x1"),
	ROW(positioner_rectangle_negative, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT,
	    "set_anchor_rect: 4x-2"),
	ROW(positioner_anchor, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT, "set_anchor: 9"),
	ROW(positioner_gravity, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT,
	    "set_gravity: 4294967295"),
	ROW(positioner_adjustment, positioner, XDG_POSITIONER_ERROR_INVALID_INPUT,
	    "set_constraint_adjustment: 0x40"),
	ROW(ack_without_role, surface, XDG_SURFACE_ERROR_NOT_CONSTRUCTED, "ack_configure"),
	ROW(geometry_without_role, surface, XDG_SURFACE_ERROR_NOT_CONSTRUCTED,
	    "set_window_geometry"),
	ROW(toplevel_twice, surface, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED,
	    "is an xdg_toplevel already"),
	ROW(toplevel_and_popup, surface, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED,
	    "is an xdg_popup already"),
	ROW(buffer_in_initial_commit, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "before its first configure event"),
	ROW(buffer_without_role, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "wl_surface.attach"),
	ROW(buffer_before_ack, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "no configure event was acknowledged"),
	ROW(buffer_before_popup_ack, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "no configure event was acknowledged"),
	ROW(buffer_after_unmapping, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "before its first configure event"),
	ROW(buffer_from_before_the_role, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "before its first configure event"),
	ROW(buffer_of_former_toplevel, surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
	    "it is the initial commit"),
	ROW(ack_never_sent, surface, XDG_SURFACE_ERROR_INVALID_SERIAL,
	    "serial 2; sent last was 1, acknowledged last 0"),
	ROW(ack_before_configure, surface, XDG_SURFACE_ERROR_INVALID_SERIAL, "serial 0"),
	ROW(ack_twice, surface, XDG_SURFACE_ERROR_INVALID_SERIAL,
	    "serial 1; sent last was 1, acknowledged last 1"),
	ROW(ack_older, surface, XDG_SURFACE_ERROR_INVALID_SERIAL,
	    "serial 1; sent last was 2, acknowledged last 2"),
	ROW(geometry_empty, surface, XDG_SURFACE_ERROR_INVALID_SIZE, "set_window_geometry: 5x0"),
	ROW(geometry_negative, surface, XDG_SURFACE_ERROR_INVALID_SIZE,
	    "set_window_geometry: -7x5"),
	ROW(xdg_surface_before_toplevel, surface, XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
	    "destroy its xdg_toplevel@"),
	ROW(xdg_surface_before_popup, surface, XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
	    "destroy its xdg_popup@"),
	ROW(parent_itself, toplevel, XDG_TOPLEVEL_ERROR_INVALID_PARENT, "the toplevel itself"),
	ROW(parent_cycle, toplevel, XDG_TOPLEVEL_ERROR_INVALID_PARENT,
	    "a descendant of the toplevel"),
	ROW(max_size_negative, toplevel, XDG_TOPLEVEL_ERROR_INVALID_SIZE, "set_max_size: -1x5"),
	ROW(min_size_negative, toplevel, XDG_TOPLEVEL_ERROR_INVALID_SIZE, "set_min_size: 5x-6"),
	ROW(min_over_max, toplevel, XDG_TOPLEVEL_ERROR_INVALID_SIZE,
	    "minimum size 50x60 exceeds its maximum size 0x59"),
	ROW(resize_edge_opposite, toplevel, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE,
	    "resize: 3 is no edge"),
	ROW(resize_edge_large, toplevel, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE,
	    "resize: 12 is no edge"),
	ROW(grab_when_mapped, popup, XDG_POPUP_ERROR_INVALID_GRAB, "mapped already"),
	ROW(grab_over_no_grab, popup, XDG_POPUP_ERROR_INVALID_GRAB, "has no grab"),
#undef ROW
};

static void each_error_is_told(void)
{
	struct fixture f = {.test = test_create(NULL)};
	struct client *bystander = client_create(f.test);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		printf("%s\n", rows[i].name);
		f.client = client_create(f.test);
		shm_buffer_create(f.client, 16, 16, WL_SHM_FORMAT_XRGB8888, &f.buffer);
		shell_window_create(f.client, &f.window);
		rows[i].run(&f);
		expect_error(f.client, rows[i].interface, rows[i].code, rows[i].words);
		expect_alive(bystander);
		shm_buffer_destroy(&f.buffer);
		client_destroy(f.client);
	}
	pump(f.test);
	assert_int_equal(f.test->gone, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(f.test->mapped, f.test->unmapped);
	test_destroy(f.test);
}

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"each_error_is_told", each_error_is_told},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
