/* SPDX-License-Identifier: MIT */
#include "heads.h"

#include "cli.h"
#include "remote.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#define ATTEMPTS 5 /* at a change, while others change outputs too */

static void keep(struct heads *heads, char **kept, const char *text)
{
	free(*kept);
	*kept = strdup(text);
	heads->out_of_memory |= !*kept;
}

/* ---- modes ---------------------------------------------------------------------------------- */

static void mode_size(void *data, struct zwlr_output_mode_v1 *proxy, int32_t width, int32_t height)
{
	struct head_mode *mode = data;
	mode->mode.width = (uint32_t)width;
	mode->mode.height = (uint32_t)height;
}

static void mode_refresh(void *data, struct zwlr_output_mode_v1 *proxy, int32_t refresh)
{
	struct head_mode *mode = data;
	mode->mode.refresh = (uint32_t)refresh;
}

static void mode_preferred(void *data, struct zwlr_output_mode_v1 *proxy)
{
	struct head_mode *mode = data;
	mode->mode.preferred = 1;
}

static void mode_destroy(struct head_mode *mode)
{
	if (mode->head->current == mode)
		mode->head->current = NULL;
	wl_list_remove(&mode->link);
	zwlr_output_mode_v1_release(mode->proxy);
	free(mode);
}

static void mode_finished(void *data, struct zwlr_output_mode_v1 *proxy)
{
	mode_destroy(data);
}

static const struct zwlr_output_mode_v1_listener mode_listener = {
	.size = mode_size,
	.refresh = mode_refresh,
	.preferred = mode_preferred,
	.finished = mode_finished,
};

/* ---- heads ---------------------------------------------------------------------------------- */

static void head_name(void *data, struct zwlr_output_head_v1 *proxy, const char *name)
{
	struct head *head = data;
	keep(head->heads, &head->name, name);
}

static void head_description(void *data, struct zwlr_output_head_v1 *proxy, const char *description)
{
	struct head *head = data;
	keep(head->heads, &head->description, description);
}

static void head_physical_size(void *data, struct zwlr_output_head_v1 *proxy, int32_t width,
			       int32_t height)
{
	struct head *head = data;
	head->width_mm = width;
	head->height_mm = height;
}

static void head_mode(void *data, struct zwlr_output_head_v1 *proxy,
		      struct zwlr_output_mode_v1 *mode_proxy)
{
	struct head *head = data;
	struct head_mode *mode = calloc(1, sizeof(*mode));
	if (!mode) {
		head->heads->out_of_memory = true;
		zwlr_output_mode_v1_release(mode_proxy);
		return;
	}
	mode->head = head;
	mode->proxy = mode_proxy;
	wl_list_insert(head->modes.prev, &mode->link);
	zwlr_output_mode_v1_add_listener(mode_proxy, &mode_listener, mode);
}

static void head_enabled(void *data, struct zwlr_output_head_v1 *proxy, int32_t enabled)
{
	struct head *head = data;
	head->enabled = enabled != 0;
}

static void head_current_mode(void *data, struct zwlr_output_head_v1 *proxy,
			      struct zwlr_output_mode_v1 *mode_proxy)
{
	struct head *head = data;
	head->current = mode_proxy ? zwlr_output_mode_v1_get_user_data(mode_proxy) : NULL;
}

static void head_position(void *data, struct zwlr_output_head_v1 *proxy, int32_t x, int32_t y)
{
	struct head *head = data;
	head->x = x;
	head->y = y;
}

static void head_transform(void *data, struct zwlr_output_head_v1 *proxy, int32_t transform)
{
	struct head *head = data;
	head->transform = transform;
}

static void head_scale(void *data, struct zwlr_output_head_v1 *proxy, wl_fixed_t scale)
{
	struct head *head = data;
	head->scale = wl_fixed_to_double(scale);
}

static void head_destroy(struct head *head)
{
	struct head_mode *mode, *next;
	wl_list_for_each_safe (mode, next, &head->modes, link)
		mode_destroy(mode);
	wl_list_remove(&head->link);
	zwlr_output_head_v1_release(head->proxy);
	free(head->name);
	free(head->description);
	free(head->make);
	free(head->model);
	free(head);
}

static void head_finished(void *data, struct zwlr_output_head_v1 *proxy)
{
	head_destroy(data);
}

static void head_make(void *data, struct zwlr_output_head_v1 *proxy, const char *make)
{
	struct head *head = data;
	keep(head->heads, &head->make, make);
}

static void head_model(void *data, struct zwlr_output_head_v1 *proxy, const char *model)
{
	struct head *head = data;
	keep(head->heads, &head->model, model);
}

static void head_serial_number(void *data, struct zwlr_output_head_v1 *proxy, const char *serial) {}

static void head_adaptive_sync(void *data, struct zwlr_output_head_v1 *proxy, uint32_t state) {}

static const struct zwlr_output_head_v1_listener head_listener = {
	.name = head_name,
	.description = head_description,
	.physical_size = head_physical_size,
	.mode = head_mode,
	.enabled = head_enabled,
	.current_mode = head_current_mode,
	.position = head_position,
	.transform = head_transform,
	.scale = head_scale,
	.finished = head_finished,
	.make = head_make,
	.model = head_model,
	.serial_number = head_serial_number,
	.adaptive_sync = head_adaptive_sync,
};

/* ---- the manager ---------------------------------------------------------------------------- */

static void manager_head(void *data, struct zwlr_output_manager_v1 *manager,
			 struct zwlr_output_head_v1 *proxy)
{
	struct heads *heads = data;
	struct head *head = calloc(1, sizeof(*head));
	if (!head) {
		heads->out_of_memory = true;
		zwlr_output_head_v1_release(proxy);
		return;
	}
	head->heads = heads;
	head->proxy = proxy;
	wl_list_init(&head->modes);
	wl_list_insert(heads->list.prev, &head->link);
	zwlr_output_head_v1_add_listener(proxy, &head_listener, head);
}

static void manager_done(void *data, struct zwlr_output_manager_v1 *manager, uint32_t serial)
{
	struct heads *heads = data;
	heads->serial = serial;
	heads->done = true;
}

static void manager_finished(void *data, struct zwlr_output_manager_v1 *manager) {}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	.head = manager_head,
	.done = manager_done,
	.finished = manager_finished,
};

static void registry_global(void *data, struct wl_registry *registry, uint32_t id,
			    const char *interface, uint32_t version)
{
	struct heads *heads = data;
	if (heads->manager || version < 4 ||
	    strcmp(interface, zwlr_output_manager_v1_interface.name) != 0)
		return;
	heads->manager = wl_registry_bind(registry, id, &zwlr_output_manager_v1_interface, 4);
	if (heads->manager)
		zwlr_output_manager_v1_add_listener(heads->manager, &manager_listener, heads);
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t id) {}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

int heads_open(struct heads *heads, struct remote *remote)
{
	*heads = (struct heads){.remote = remote};
	wl_list_init(&heads->list);
	heads->registry = wl_display_get_registry(remote->display);
	if (!heads->registry)
		return complain("out of memory");
	wl_registry_add_listener(heads->registry, &registry_listener, heads);
	int status = remote_sync(remote);
	if (status == 0 && !heads->manager)
		return complain("the server at %s does not tell of its outputs: is it of this "
				"program's version?",
				remote->name);
	if (status == 0)
		status = remote_wait(remote, &heads->done);
	if (status == 0 && heads->out_of_memory)
		return complain("out of memory");
	return status;
}

void heads_close(struct heads *heads)
{
	struct head *head, *next;
	if (!heads->remote)
		return;
	wl_list_for_each_safe (head, next, &heads->list, link)
		head_destroy(head);
	if (heads->manager)
		zwlr_output_manager_v1_destroy(heads->manager);
	if (heads->registry)
		wl_registry_destroy(heads->registry);
}

struct head *heads_find(struct heads *heads, const char *name)
{
	struct head *head;
	wl_list_for_each (head, &heads->list, link)
		if (head->name && strcmp(head->name, name) == 0)
			return head;
	return NULL;
}

/* ---- changes -------------------------------------------------------------------------------- */

enum outcome { PENDING, SUCCEEDED, FAILED, CANCELLED };

struct attempt {
	enum outcome outcome;
	bool answered;
};

static void configuration_succeeded(void *data, struct zwlr_output_configuration_v1 *configuration)
{
	*(struct attempt *)data = (struct attempt){SUCCEEDED, true};
}

static void configuration_failed(void *data, struct zwlr_output_configuration_v1 *configuration)
{
	*(struct attempt *)data = (struct attempt){FAILED, true};
}

static void configuration_cancelled(void *data, struct zwlr_output_configuration_v1 *configuration)
{
	*(struct attempt *)data = (struct attempt){CANCELLED, true};
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	.succeeded = configuration_succeeded,
	.failed = configuration_failed,
	.cancelled = configuration_cancelled,
};

static void ask_for(struct zwlr_output_configuration_v1 *configuration, const struct head *head,
		    const struct head_change *change)
{
	if (change->has_power ? change->off : !head->enabled) {
		zwlr_output_configuration_v1_disable_head(configuration, head->proxy);
		return;
	}
	struct zwlr_output_configuration_head_v1 *wish =
		zwlr_output_configuration_v1_enable_head(configuration, head->proxy);
	if (change->has_mode)
		zwlr_output_configuration_head_v1_set_custom_mode(wish, (int32_t)change->width,
								  (int32_t)change->height,
								  (int32_t)change->refresh);
	if (change->has_position)
		zwlr_output_configuration_head_v1_set_position(wish, change->x, change->y);
	if (change->has_transform)
		zwlr_output_configuration_head_v1_set_transform(wish, (int32_t)change->transform);
	if (change->has_scale)
		zwlr_output_configuration_head_v1_set_scale(
			wish, wl_fixed_from_double((double)change->scale / LEND_SCALE_ONE));
	zwlr_output_configuration_head_v1_destroy(wish);
}

static int attempt(struct head *head, const struct head_change *change, enum outcome *outcome)
{
	static const struct head_change none = {0};
	struct heads *heads = head->heads;
	struct attempt attempt = {0};
	const struct head *other;
	struct zwlr_output_configuration_v1 *configuration =
		zwlr_output_manager_v1_create_configuration(heads->manager, heads->serial);
	if (!configuration)
		return complain("out of memory");
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, &attempt);
	wl_list_for_each (other, &heads->list, link)
		ask_for(configuration, other, other == head ? change : &none);
	zwlr_output_configuration_v1_apply(configuration);
	int status = remote_wait(heads->remote, &attempt.answered);
	zwlr_output_configuration_v1_destroy(configuration);
	*outcome = attempt.outcome;
	return status;
}

int head_apply(struct head *head, const struct head_change *change)
{
	enum outcome outcome = CANCELLED;
	for (int i = 0; i < ATTEMPTS && outcome == CANCELLED; i++) {
		int status = attempt(head, change, &outcome);
		if (status)
			return status;
	}
	if (outcome == CANCELLED)
		return complain("the outputs change all the time: try again");
	if (outcome == SUCCEEDED)
		return remote_sync(head->heads->remote);
	if (!change->has_mode)
		return complain("%s cannot be set so, the server says", head->name);
	return complain("%s cannot be set so, the server says; framelend output lists its modes, "
			"and a window's size is its user's",
			head->name);
}
