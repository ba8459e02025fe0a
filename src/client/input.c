/* SPDX-License-Identifier: MIT */
/* What the user did, kept in order until the dispatch tells the program. */
#include "client/display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more at the end. */
static int grow(struct lend_client *client)
{
	if (client->n_inputs < client->inputs_size)
		return 0;
	size_t size = client->inputs_size != 0 ? client->inputs_size * 2 : 32;
	struct input *inputs = reallocarray(client->inputs, size, sizeof(*inputs));
	if (inputs == NULL)
		return -ENOMEM;
	client->inputs = inputs;
	client->inputs_size = size;
	return 0;
}

void surface_input(struct lend_surface *surface, const struct lend_input *told)
{
	struct lend_client *client = surface->client;
	if (surface->events.input == NULL)
		return;
	if (grow(client) < 0) {
		client_lose(client, -ENOMEM, "out of memory");
		return;
	}
	struct input *input = &client->inputs[client->n_inputs++];
	*input = (struct input){surface, *told};
	input->told.size = sizeof(input->told);
	if (input->told.time == 0)
		input->told.time = time_now();
}

bool inputs_tell(struct lend_client *client)
{
	while (client->first_input < client->n_inputs) {
		/* A copy: what is told may dispatch, and move the queue. */
		struct input input = client->inputs[client->first_input++];
		if (input.surface == NULL)
			continue;
		input.surface->events.input(input.surface->data, input.surface, &input.told);
		return true;
	}
	client->first_input = client->n_inputs = 0;
	return false;
}

void inputs_forget(struct lend_client *client, const struct lend_surface *surface)
{
	for (size_t i = client->first_input; i < client->n_inputs; i++)
		if (client->inputs[i].surface == surface)
			client->inputs[i].surface = NULL;
}
