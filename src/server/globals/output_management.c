/* SPDX-License-Identifier: MIT */
/* Tells the privileged what outputs there are, and of every change. */
#include "output_management.h"

#include <stdlib.h>
#include <wayland-server.h>

#define VERSION	  4
#define MODES_MAX 256 /* of a head; a display's table may be nonsense */

/* A zwlr_output_manager_v1. */
struct manager {
	struct management *management;
	struct wl_resource *resource;
	struct wl_list link;  /* management.managers */
	struct wl_list heads; /* head.link */
};

/* A zwlr_output_head_v1. Its resource's user data is NULL once the output is gone. */
struct head {
	struct wl_resource *resource;
	struct wl_list link; /* manager.heads */
	uint32_t output;     /* lend_output.serial */
	bool told;	     /* of the state below */
	struct lend_output_state state;
	struct wl_list modes; /* mode.link */
};

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- modes ---------------------------------------------------------------------------------- */

static const struct zwlr_output_mode_v1_interface mode_interface = {
	.release = handle_destroy_request,
};

/* It is let go of by its client, or the head lets go of it. */
static void mode_destroy(struct mode *mode)
{
	wl_list_remove(&mode->link);
	wl_resource_set_user_data(mode->resource, NULL);
	free(mode);
}

static void handle_mode_destroy(struct wl_resource *resource)
{
	struct mode *mode = wl_resource_get_user_data(resource);

	if (mode)
		mode_destroy(mode);
}

static void mode_finish(struct mode *mode)
{
	zwlr_output_mode_v1_send_finished(mode->resource);
	mode_destroy(mode);
}

static void mode_announce(const struct mode *mode, struct wl_resource *head)
{
	zwlr_output_head_v1_send_mode(head, mode->resource);
	zwlr_output_mode_v1_send_size(mode->resource, (int32_t)mode->mode.width,
				      (int32_t)mode->mode.height);
	if (mode->mode.refresh)
		zwlr_output_mode_v1_send_refresh(mode->resource, (int32_t)mode->mode.refresh);
	if (mode->mode.preferred)
		zwlr_output_mode_v1_send_preferred(mode->resource);
}

static struct mode *mode_create(struct head *head, const struct lend_output_mode *description)
{
	struct wl_client *client = wl_resource_get_client(head->resource);
	int version = wl_resource_get_version(head->resource);
	struct mode *mode = calloc(1, sizeof(*mode));
	struct wl_resource *resource =
		mode ? wl_resource_create(client, &zwlr_output_mode_v1_interface,
					  version < 3 ? version : 3, 0)
		     : NULL;

	if (!resource) {
		free(mode);
		wl_client_post_no_memory(client);
		return NULL;
	}
	mode->resource = resource;
	mode->output = head->output;
	mode->mode = *description;
	wl_list_insert(head->modes.prev, &mode->link);
	wl_resource_set_implementation(resource, &mode_interface, mode, handle_mode_destroy);
	mode_announce(mode, head->resource);
	return mode;
}

static bool is_same_mode(const struct lend_output_mode *a, const struct lend_output_mode *b)
{
	return a->width == b->width && a->height == b->height && a->refresh == b->refresh;
}

/* What was freed is in no list, and no list has a NULL in it. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
static struct mode *find_mode(const struct head *head, const struct lend_output_mode *wanted)
{
	struct mode *mode;

	wl_list_for_each (mode, &head->modes, link) {
		if (is_same_mode(&mode->mode, wanted))
			return mode;
	}
	return NULL;
}

static bool is_listed(const struct lend_output *output, const struct lend_output_mode *wanted)
{
	struct lend_output_mode mode;

	for (size_t i = 0; i < MODES_MAX && lend_output_get_mode(output, i, &mode) == 0; i++)
		if (is_same_mode(&mode, wanted))
			return true;
	return false;
}

/* The head has the modes that the display lists, and the one it is in. True if that is a change. */
static bool update_modes(struct head *head, const struct lend_output *output,
			 const struct lend_output_mode *current)
{
	struct lend_output_mode listed;
	struct mode *mode, *next;
	bool changed = false;

	for (size_t i = 0; i < MODES_MAX && lend_output_get_mode(output, i, &listed) == 0; i++)
		if (!find_mode(head, &listed))
			changed |= mode_create(head, &listed) != NULL;
	if (!find_mode(head, current))
		changed |= mode_create(head, current) != NULL;
	wl_list_for_each_safe (mode, next, &head->modes, link) {
		if (is_same_mode(&mode->mode, current) || is_listed(output, &mode->mode))
			continue;
		mode_finish(mode);
		changed = true;
	}
	return changed;
}

/* ---- heads ---------------------------------------------------------------------------------- */

static const struct zwlr_output_head_v1_interface head_interface = {
	.release = handle_destroy_request,
};

static void head_destroy(struct head *head)
{
	struct mode *mode, *next;

	wl_list_for_each_safe (mode, next, &head->modes, link)
		mode_destroy(mode);
	wl_list_remove(&head->link);
	wl_resource_set_user_data(head->resource, NULL);
	free(head);
}
/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static void handle_head_destroy(struct wl_resource *resource)
{
	struct head *head = wl_resource_get_user_data(resource);

	if (head)
		head_destroy(head);
}

static void head_finish(struct head *head)
{
	struct mode *mode, *next;

	wl_list_for_each_safe (mode, next, &head->modes, link)
		mode_finish(mode);
	zwlr_output_head_v1_send_finished(head->resource);
	head_destroy(head);
}

uint32_t management_head_output(struct wl_resource *resource)
{
	const struct head *head = wl_resource_get_user_data(resource);

	return head ? head->output : 0;
}

/* What never changes. */
static void send_identity(struct wl_resource *resource, const struct lend_output *output)
{
	zwlr_output_head_v1_send_name(resource, output->name);
	zwlr_output_head_v1_send_description(resource, output->description);
	if (output->width_mm > 0 && output->height_mm > 0)
		zwlr_output_head_v1_send_physical_size(resource, output->width_mm,
						       output->height_mm);
	if (wl_resource_get_version(resource) < ZWLR_OUTPUT_HEAD_V1_MAKE_SINCE_VERSION)
		return;
	zwlr_output_head_v1_send_make(resource, output->make ? output->make : "framelend");
	zwlr_output_head_v1_send_model(resource,
				       output->model ? output->model : output->backend->name);
}

/* Of one that is dark, nothing more is told. */
static void send_state(const struct head *head)
{
	const struct lend_output_state *state = &head->state;
	const struct mode *mode = find_mode(head, &state->mode);
	struct wl_resource *resource = head->resource;

	zwlr_output_head_v1_send_enabled(resource, !state->off);
	if (state->off)
		return;
	if (mode)
		zwlr_output_head_v1_send_current_mode(resource, mode->resource);
	zwlr_output_head_v1_send_position(resource, state->x, state->y);
	zwlr_output_head_v1_send_transform(resource, (int32_t)state->transform);
	zwlr_output_head_v1_send_scale(resource,
				       wl_fixed_from_double((double)state->scale / LEND_SCALE_ONE));
	if (wl_resource_get_version(resource) >= ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_SINCE_VERSION)
		zwlr_output_head_v1_send_adaptive_sync(
			resource, ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_DISABLED);
}

static bool is_same_state(const struct lend_output_state *a, const struct lend_output_state *b)
{
	return is_same_mode(&a->mode, &b->mode) && a->scale == b->scale &&
	       a->transform == b->transform && a->x == b->x && a->y == b->y && a->off == b->off;
}

/* True if there was something to tell. */
static bool head_update(struct head *head, const struct lend_output *output)
{
	struct lend_output_state state = {.size = sizeof(state)};

	lend_output_describe(output, &state);
	bool modes_changed = update_modes(head, output, &state.mode);
	if (head->told && is_same_state(&head->state, &state))
		return modes_changed;
	head->told = true;
	head->state = state;
	send_state(head);
	return true;
}

static void head_create(struct manager *manager, const struct lend_output *output)
{
	struct wl_client *client = wl_resource_get_client(manager->resource);
	struct head *head = calloc(1, sizeof(*head));
	struct wl_resource *resource =
		head ? wl_resource_create(client, &zwlr_output_head_v1_interface,
					  wl_resource_get_version(manager->resource), 0)
		     : NULL;

	if (!resource) {
		free(head);
		wl_client_post_no_memory(client);
		return;
	}
	head->resource = resource;
	head->output = output->serial;
	wl_list_init(&head->modes);
	wl_list_insert(manager->heads.prev, &head->link);
	wl_resource_set_implementation(resource, &head_interface, head, handle_head_destroy);
	zwlr_output_manager_v1_send_head(manager->resource, resource);
	send_identity(resource, output);
	head_update(head, output);
}

/* ---- managers ------------------------------------------------------------------------------- */

struct lend_output *management_find(const struct management *management, uint32_t serial)
{
	struct lend_output *output;

	wl_list_for_each (output, &management->server->outputs, link) {
		if (output->serial == serial && output->started && !output->doomed)
			return output;
	}
	return NULL;
}

static bool has_head(const struct manager *manager, const struct lend_output *output)
{
	const struct head *head;

	wl_list_for_each (head, &manager->heads, link) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
		if (head->output == output->serial)
			return true;
	}
	return false;
}

/* True if there was something to tell. */
static bool manager_update(struct manager *manager)
{
	const struct management *management = manager->management;
	const struct lend_output *output;
	struct head *head, *next;
	bool changed = false;

	wl_list_for_each_safe (head, next, &manager->heads, link) {
		output = management_find(management, head->output);
		changed |= !output || head_update(head, output);
		if (!output)
			head_finish(head);
	}
	wl_list_for_each (output, &management->server->outputs, link) {
		if (!output->started || output->doomed || has_head(manager, output))
			continue;
		head_create(manager, output);
		changed = true;
	}
	return changed;
}

void management_update(struct management *management)
{
	struct manager *manager;
	bool changed = false;

	wl_list_for_each (manager, &management->managers, link)
		changed |= manager_update(manager);
	if (!changed)
		return;
	management->serial++;
	wl_list_for_each (manager, &management->managers, link)
		zwlr_output_manager_v1_send_done(manager->resource, management->serial);
}

static void update_when_idle(void *data)
{
	struct management *management = data;

	management->update = NULL;
	management_update(management);
}

/* All that happens in one go is told together. */
static void handle_arranged(struct wl_listener *listener, void *data)
{
	struct management *management = wl_container_of(listener, management, arranged);

	if (!management->update && !wl_list_empty(&management->managers))
		management->update = wl_event_loop_add_idle(management->server->loop,
							    update_when_idle, management);
}

static void handle_create_configuration(struct wl_client *client, struct wl_resource *resource,
					uint32_t id, uint32_t serial)
{
	const struct manager *manager = wl_resource_get_user_data(resource);

	output_configuration_create(manager->management, resource, id, serial);
}

static void handle_stop(struct wl_client *client, struct wl_resource *resource)
{
	zwlr_output_manager_v1_send_finished(resource);
	wl_resource_destroy(resource);
}

static const struct zwlr_output_manager_v1_interface manager_interface = {
	.create_configuration = handle_create_configuration,
	.stop = handle_stop,
};

/* Heads and modes stay with their client, as they are. */
static void handle_manager_destroy(struct wl_resource *resource)
{
	struct manager *manager = wl_resource_get_user_data(resource);
	struct head *head, *next;

	wl_list_for_each_safe (head, next, &manager->heads, link)
		head_destroy(head);
	wl_list_remove(&manager->link);
	free(manager);
}

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct management *management = data;
	struct manager *manager = calloc(1, sizeof(*manager));
	struct wl_resource *resource =
		manager ? wl_resource_create(client, &zwlr_output_manager_v1_interface,
					     (int)version, id)
			: NULL;

	if (!resource) {
		free(manager);
		wl_client_post_no_memory(client);
		return;
	}
	management_update(management); /* the others learn the same */
	manager->management = management;
	manager->resource = resource;
	wl_list_init(&manager->heads);
	wl_list_insert(&management->managers, &manager->link);
	wl_resource_set_implementation(resource, &manager_interface, manager,
				       handle_manager_destroy);
	manager_update(manager);
	zwlr_output_manager_v1_send_done(resource, management->serial);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void handle_server_destroyed(struct wl_listener *listener, void *data)
{
	struct management *management = wl_container_of(listener, management, destroyed);

	if (management->update)
		wl_event_source_remove(management->update);
	free(management);
}

static int create(struct lend_server *server)
{
	struct management *management = calloc(1, sizeof(*management));

	if (!management)
		return -ENOMEM;
	management->server = server;
	management->serial = 1; /* to programs, 0 means that they were not told yet */
	wl_list_init(&management->managers);
	management->arranged.notify = handle_arranged;
	wl_signal_add(&server->arranged, &management->arranged);
	management->destroyed.notify = handle_server_destroyed;
	wl_signal_add(&server->destroyed, &management->destroyed);
	return wl_global_create(server->display, &zwlr_output_manager_v1_interface, VERSION,
				management, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_output_management = {"zwlr_output_manager_v1", create,
						.privileged = true};
