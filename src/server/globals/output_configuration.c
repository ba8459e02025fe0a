/* SPDX-License-Identifier: MIT */
/* A change of outputs, all or nothing. */
#include "output_management.h"

#include <stdlib.h>
#include <wayland-server.h>

enum head_property {
	HEAD_MODE = 1 << 0,
	HEAD_POSITION = 1 << 1,
	HEAD_TRANSFORM = 1 << 2,
	HEAD_SCALE = 1 << 3,
	HEAD_ADAPTIVE_SYNC = 1 << 4,
};

/* A zwlr_output_configuration_v1. */
struct configuration {
	struct management *management;
	struct wl_resource *resource;
	uint32_t serial;
	bool used;
	struct wl_list heads; /* change.link */
};

/* Of one output. Its resource's user data is NULL once the configuration is gone. */
struct change {
	struct wl_resource *resource; /* zwlr_output_configuration_head_v1; NULL: to be dark */
	struct wl_list link;	      /* configuration.heads, in the order of requests */
	uint32_t output;	      /* lend_output.serial, 0: it was gone already */
	uint32_t set;		      /* enum head_property: which of those below */
	struct lend_output_state wish, before;
};

/* ---- what a head is to be ------------------------------------------------------------------- */

/* The change to put it in, or NULL: there is no use for it. */
static struct change *note(struct wl_resource *resource, enum head_property property)
{
	struct change *change = wl_resource_get_user_data(resource);

	if (!change)
		return NULL;
	if (change->set & property) {
		wl_resource_post_error(resource,
				       ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_ALREADY_SET,
				       "zwlr_output_configuration_head_v1: that was set before");
		return NULL;
	}
	change->set |= property;
	return change;
}

static void handle_set_mode(struct wl_client *client, struct wl_resource *resource,
			    struct wl_resource *mode_resource)
{
	const struct mode *mode = wl_resource_get_user_data(mode_resource);
	struct change *change = note(resource, HEAD_MODE);

	/* A mode that is gone: so is the state that the serial was for. */
	if (!change || !mode)
		return;
	if (mode->output != change->output)
		wl_resource_post_error(resource,
				       ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_MODE,
				       "set_mode: zwlr_output_mode_v1@%u is another head's",
				       wl_resource_get_id(mode_resource));
	change->wish.mode = mode->mode;
}

static void handle_set_custom_mode(struct wl_client *client, struct wl_resource *resource,
				   int32_t width, int32_t height, int32_t refresh)
{
	struct change *change = note(resource, HEAD_MODE);

	if (width <= 0 || height <= 0 || refresh < 0) {
		wl_resource_post_error(
			resource, ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_CUSTOM_MODE,
			"set_custom_mode: %dx%d at %d mHz: sizes must be positive, the refresh "
			"not negative",
			width, height, refresh);
		return;
	}
	if (change)
		change->wish.mode = (struct lend_output_mode){
			.width = (uint32_t)width,
			.height = (uint32_t)height,
			.refresh = (uint32_t)refresh,
		};
}

static void handle_set_position(struct wl_client *client, struct wl_resource *resource, int32_t x,
				int32_t y)
{
	struct change *change = note(resource, HEAD_POSITION);

	if (!change)
		return;
	change->wish.x = x;
	change->wish.y = y;
}

static void handle_set_transform(struct wl_client *client, struct wl_resource *resource,
				 int32_t transform)
{
	struct change *change = note(resource, HEAD_TRANSFORM);

	if (transform < LEND_TRANSFORM_NORMAL || transform > LEND_TRANSFORM_FLIPPED_270)
		wl_resource_post_error(resource,
				       ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_TRANSFORM,
				       "set_transform: %d is no wl_output.transform", transform);
	else if (change)
		change->wish.transform = (enum lend_transform)transform;
}

static void handle_set_scale(struct wl_client *client, struct wl_resource *resource,
			     wl_fixed_t scale)
{
	struct change *change = note(resource, HEAD_SCALE);

	if (scale <= 0)
		wl_resource_post_error(resource,
				       ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_SCALE,
				       "set_scale: %g is not positive", wl_fixed_to_double(scale));
	else if (change)
		change->wish.scale = (uint32_t)(((int64_t)scale * LEND_SCALE_ONE + 128) / 256);
}

/* No output can do that: what is wished for changes nothing. */
static void handle_set_adaptive_sync(struct wl_client *client, struct wl_resource *resource,
				     uint32_t state)
{
	note(resource, HEAD_ADAPTIVE_SYNC);
	if (state > ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_ENABLED)
		wl_resource_post_error(
			resource,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_ADAPTIVE_SYNC_STATE,
			"set_adaptive_sync: %u is no adaptive_sync_state", state);
}

static const struct zwlr_output_configuration_head_v1_interface head_interface = {
	.set_mode = handle_set_mode,
	.set_custom_mode = handle_set_custom_mode,
	.set_position = handle_set_position,
	.set_transform = handle_set_transform,
	.set_scale = handle_set_scale,
	.set_adaptive_sync = handle_set_adaptive_sync,
};

/* Only with the client: what it asked for stays in the configuration. */
static void handle_head_destroy(struct wl_resource *resource)
{
	struct change *change = wl_resource_get_user_data(resource);

	if (change)
		change->resource = NULL;
}

/* ---- doing it ------------------------------------------------------------------------------- */

/* Of a mode without a rate: that of a mode of this size, or the one that there is. */
static uint32_t choose_refresh(const struct lend_output *output,
			       const struct lend_output_mode *wish)
{
	struct lend_output_mode mode;

	for (size_t i = 0; lend_output_get_mode(output, i, &mode) == 0; i++)
		if (mode.width == wish->width && mode.height == wish->height)
			return mode.refresh;
	return output->refresh;
}

/* What the output is now, with what is to be another. */
static struct lend_output_state combine(struct change *change, const struct lend_output *output)
{
	change->before.size = sizeof(change->before);
	lend_output_describe(output, &change->before);

	struct lend_output_state state = change->before;

	state.off = change->wish.off;
	if (change->set & HEAD_MODE)
		state.mode = change->wish.mode;
	if (change->set & HEAD_MODE && state.mode.refresh == 0)
		state.mode.refresh = choose_refresh(output, &state.mode);
	if (change->set & HEAD_POSITION) {
		state.x = change->wish.x;
		state.y = change->wish.y;
	}
	if (change->set & HEAD_TRANSFORM)
		state.transform = change->wish.transform;
	if (change->set & HEAD_SCALE)
		state.scale = change->wish.scale;
	return state;
}

static void take_back(struct configuration *configuration, struct change *failed)
{
	struct wl_list *heads = &configuration->heads;

	for (struct wl_list *link = failed->link.prev; link != heads; link = link->prev) {
		struct change *change = wl_container_of(link, change, link);
		struct lend_output *output =
			management_find(configuration->management, change->output);
		if (output)
			lend_output_configure(output, &change->before);
	}
}

static int act_on(const struct configuration *configuration, struct change *change, bool really)
{
	struct lend_output *output = management_find(configuration->management, change->output);

	if (!output)
		return fail(-ENODEV, "an output was just removed");
	struct lend_output_state state = combine(change, output);
	return really ? lend_output_configure(output, &state) : output_check_state(output, &state);
}

/* False, with fail_text(): nothing has changed. */
static bool act(struct configuration *configuration, bool really)
{
	struct change *change;

	wl_list_for_each (change, &configuration->heads, link) {
		if (act_on(configuration, change, really) >= 0)
			continue;
		if (really)
			take_back(configuration, change);
		return false;
	}
	return true;
}

/* The protocol has no words for it. */
static void fail_with_words(const struct configuration *configuration)
{
	server_log(configuration->management->server, LEND_LOG_WARNING,
		   "outputs are not changed: %s", fail_text());
	zwlr_output_configuration_v1_send_failed(configuration->resource);
}

static void answer(struct wl_resource *resource, bool really)
{
	struct configuration *configuration = wl_resource_get_user_data(resource);
	struct management *management = configuration->management;

	if (configuration->used) {
		wl_resource_post_error(resource, ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_USED,
				       "the configuration was applied or tested before");
		return;
	}
	configuration->used = true;
	management_update(management);
	if (configuration->serial != management->serial)
		zwlr_output_configuration_v1_send_cancelled(resource);
	else if (act(configuration, really))
		zwlr_output_configuration_v1_send_succeeded(resource);
	else
		fail_with_words(configuration);
}

static void handle_apply(struct wl_client *client, struct wl_resource *resource)
{
	answer(resource, true);
}

static void handle_test(struct wl_client *client, struct wl_resource *resource)
{
	answer(resource, false);
}

/* ---- which heads ---------------------------------------------------------------------------- */

/* NULL after posting an error. */
static struct change *add_change(struct configuration *configuration, struct wl_resource *head)
{
	uint32_t output = management_head_output(head);
	struct change *change;

	if (configuration->used) {
		wl_resource_post_error(configuration->resource,
				       ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_USED,
				       "the configuration was applied or tested before");
		return NULL;
	}
	wl_list_for_each (change, &configuration->heads, link) {
		if (!output || change->output != output)
			continue;
		wl_resource_post_error(configuration->resource,
				       ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_CONFIGURED_HEAD,
				       "zwlr_output_head_v1@%u is in the configuration already",
				       wl_resource_get_id(head));
		return NULL;
	}
	change = calloc(1, sizeof(*change));
	if (!change) {
		wl_resource_post_no_memory(configuration->resource);
		return NULL;
	}
	change->output = output;
	wl_list_insert(configuration->heads.prev, &change->link);
	return change;
}

static void handle_enable_head(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			       struct wl_resource *head)
{
	struct configuration *configuration = wl_resource_get_user_data(resource);
	struct change *change = add_change(configuration, head);

	if (!change)
		return;
	change->resource = wl_resource_create(client, &zwlr_output_configuration_head_v1_interface,
					      wl_resource_get_version(resource), id);
	if (change->resource)
		wl_resource_set_implementation(change->resource, &head_interface, change,
					       handle_head_destroy);
	else
		wl_client_post_no_memory(client);
}

static void handle_disable_head(struct wl_client *client, struct wl_resource *resource,
				struct wl_resource *head)
{
	struct configuration *configuration = wl_resource_get_user_data(resource);
	struct change *change = add_change(configuration, head);

	if (change)
		change->wish.off = 1;
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwlr_output_configuration_v1_interface configuration_interface = {
	.enable_head = handle_enable_head,
	.disable_head = handle_disable_head,
	.apply = handle_apply,
	.test = handle_test,
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_resource *resource)
{
	struct configuration *configuration = wl_resource_get_user_data(resource);
	struct change *change, *next;

	wl_list_for_each_safe (change, next, &configuration->heads, link) {
		if (change->resource)
			wl_resource_set_user_data(change->resource, NULL);
		free(change);
	}
	free(configuration);
}

void output_configuration_create(struct management *management, struct wl_resource *manager,
				 uint32_t id, uint32_t serial)
{
	struct wl_client *client = wl_resource_get_client(manager);
	struct configuration *configuration = calloc(1, sizeof(*configuration));
	struct wl_resource *resource =
		configuration ? wl_resource_create(client, &zwlr_output_configuration_v1_interface,
						   wl_resource_get_version(manager), id)
			      : NULL;

	if (!resource) {
		free(configuration);
		wl_client_post_no_memory(client);
		return;
	}
	configuration->management = management;
	configuration->resource = resource;
	configuration->serial = serial;
	wl_list_init(&configuration->heads);
	wl_resource_set_implementation(resource, &configuration_interface, configuration,
				       handle_destroy);
}
