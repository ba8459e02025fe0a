/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include "cli.h"
#include "framelend-v1-client-protocol.h"
#include "remote.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static uint64_t wide(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

/* A copy in which whatever a terminal or a JSON reader would stumble over is a question mark:
 * titles come from programs that need not be trusted. */
static char *clean_copy(const char *text)
{
	size_t left = strlen(text);
	char *copy = malloc(left + 1);
	char *out = copy;
	mbstate_t state = {0};
	while (copy && left > 0) {
		wchar_t character;
		size_t length = mbrtowc(&character, text, left, &state);
		if (length == 0 || length > left || wcwidth(character) < 0) {
			length = length == 0 || length > left ? 1 : length;
			state = (mbstate_t){0};
			*out++ = '?';
		} else {
			memcpy(out, text, length);
			out += length;
		}
		text += length;
		left -= length;
	}
	if (copy)
		*out = '\0';
	return copy;
}

static char *keep(struct monitor *monitor, const char *text)
{
	char *copy = clean_copy(text);
	if (!copy)
		monitor->out_of_memory = true;
	return copy;
}

/* Room for one more element, zeroed. */
static void *add(struct monitor *monitor, struct wl_array *array, size_t size)
{
	void *element = wl_array_add(array, size);
	if (element)
		memset(element, 0, size);
	else
		monitor->out_of_memory = true;
	return element;
}

/* The array's last element; NULL if it is empty. */
static void *last(struct wl_array *array, size_t size)
{
	return array->size < size ? NULL : (char *)array->data + array->size - size;
}

/* ---- events --------------------------------------------------------------------------------- */

static void monitor_output(void *data, struct framelend_monitor_v1 *proxy, const char *name,
			   uint32_t width, uint32_t height, uint32_t refresh, const char *layout,
			   uint32_t frames_hi, uint32_t frames_lo, uint32_t scanout_hi,
			   uint32_t scanout_lo, uint32_t copied_hi, uint32_t copied_lo)
{
	struct monitor *monitor = data;
	struct sample_output *output = add(monitor, &monitor->sample.outputs, sizeof(*output));
	if (!output)
		return;
	output->name = keep(monitor, name);
	output->layout = keep(monitor, layout);
	output->width = width;
	output->height = height;
	output->refresh = refresh;
	output->frames = wide(frames_hi, frames_lo);
	output->scanout = wide(scanout_hi, scanout_lo);
	output->copied = wide(copied_hi, copied_lo);
}

static void monitor_client(void *data, struct framelend_monitor_v1 *proxy, uint32_t pid,
			   uint32_t uid, const char *program, uint32_t bytes_hi, uint32_t bytes_lo,
			   uint32_t buffers, uint32_t fds, uint32_t surfaces)
{
	struct monitor *monitor = data;
	struct sample_client *client = add(monitor, &monitor->sample.clients, sizeof(*client));
	if (!client)
		return;
	client->program = keep(monitor, program);
	client->pid = pid;
	client->uid = uid;
	client->bytes = wide(bytes_hi, bytes_lo);
	client->buffers = buffers;
	client->fds = fds;
	client->surfaces = surfaces;
}

static void monitor_surface(void *data, struct framelend_monitor_v1 *proxy, uint32_t id,
			    const char *role, const char *title, const char *output, int32_t x,
			    int32_t y, uint32_t width, uint32_t height, uint32_t format,
			    uint32_t path, const char *reason, uint32_t memory, uint32_t caching,
			    uint32_t lent)
{
	struct monitor *monitor = data;
	const struct sample_client *client = last(&monitor->sample.clients, sizeof(*client));
	struct sample_surface *surface = add(monitor, &monitor->sample.surfaces, sizeof(*surface));
	if (!surface)
		return;
	surface->program = keep(monitor, client && client->program ? client->program : "?");
	surface->role = keep(monitor, role);
	surface->title = keep(monitor, title);
	surface->output = keep(monitor, output);
	surface->reason = keep(monitor, reason);
	surface->id = id;
	surface->pid = client ? client->pid : 0;
	surface->x = x;
	surface->y = y;
	surface->width = width;
	surface->height = height;
	surface->format = format;
	surface->path = path;
	surface->memory = memory;
	surface->caching = caching;
	surface->lent = lent != 0;
}

static void monitor_counters(void *data, struct framelend_monitor_v1 *proxy, uint32_t frames_hi,
			     uint32_t frames_lo, uint32_t commits_hi, uint32_t commits_lo,
			     uint32_t copied_hi, uint32_t copied_lo, uint32_t unreleased)
{
	struct monitor *monitor = data;
	struct sample_surface *surface = last(&monitor->sample.surfaces, sizeof(*surface));
	if (!surface)
		return;
	surface->frames = wide(frames_hi, frames_lo);
	surface->commits = wide(commits_hi, commits_lo);
	surface->copied = wide(copied_hi, copied_lo);
	surface->unreleased = unreleased;
}

static void monitor_done(void *data, struct framelend_monitor_v1 *proxy, uint32_t tv_sec_hi,
			 uint32_t tv_sec_lo, uint32_t tv_nsec)
{
	struct monitor *monitor = data;
	monitor->sample.time = wide(tv_sec_hi, tv_sec_lo) * 1000000000 + tv_nsec;
	monitor->done = true;
}

static void monitor_failed(void *data, struct framelend_monitor_v1 *proxy, uint32_t error,
			   const char *reason)
{
	struct monitor *monitor = data;
	free(monitor->failure);
	monitor->failure = keep(monitor, reason);
	monitor->done = true;
}

static const struct framelend_monitor_v1_listener monitor_listener = {
	.output = monitor_output,
	.client = monitor_client,
	.surface = monitor_surface,
	.counters = monitor_counters,
	.done = monitor_done,
	.failed = monitor_failed,
};

/* ---- samples -------------------------------------------------------------------------------- */

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){0};
	wl_array_init(&sample->outputs);
	wl_array_init(&sample->clients);
	wl_array_init(&sample->surfaces);
}

void sample_finish(struct sample *sample)
{
	struct sample_output *output;
	struct sample_client *client;
	struct sample_surface *surface;
	wl_array_for_each (output, &sample->outputs) {
		free(output->name);
		free(output->layout);
	}
	wl_array_for_each (client, &sample->clients)
		free(client->program);
	wl_array_for_each (surface, &sample->surfaces) {
		free(surface->program);
		free(surface->role);
		free(surface->title);
		free(surface->output);
		free(surface->reason);
	}
	wl_array_release(&sample->outputs);
	wl_array_release(&sample->clients);
	wl_array_release(&sample->surfaces);
	sample_init(sample);
}

const struct sample_output *sample_find_output(const struct sample *sample, const char *name)
{
	const struct sample_output *output;
	wl_array_for_each (output, &sample->outputs)
		if (strcmp(output->name, name) == 0)
			return output;
	return NULL;
}

const struct sample_surface *sample_find_surface(const struct sample *sample, uint32_t id)
{
	const struct sample_surface *surface;
	wl_array_for_each (surface, &sample->surfaces)
		if (surface->id == id)
			return surface;
	return NULL;
}

int monitor_open(struct monitor *monitor, struct remote *remote)
{
	*monitor = (struct monitor){.remote = remote};
	sample_init(&monitor->sample);
	monitor->proxy = framelend_manager_v1_get_monitor(remote->manager);
	if (!monitor->proxy)
		return complain("out of memory");
	framelend_monitor_v1_add_listener(monitor->proxy, &monitor_listener, monitor);
	return 0;
}

void monitor_close(struct monitor *monitor)
{
	sample_finish(&monitor->sample);
	free(monitor->failure);
	if (monitor->proxy)
		framelend_monitor_v1_destroy(monitor->proxy);
}

int monitor_sample(struct monitor *monitor, struct sample *sample)
{
	sample_finish(&monitor->sample);
	monitor->done = false;
	framelend_monitor_v1_update(monitor->proxy);
	int status = remote_wait(monitor->remote, &monitor->done);
	if (status)
		return status;
	if (monitor->out_of_memory)
		return complain("out of memory");
	if (monitor->failure)
		return complain("the server at %s cannot be watched: %s", monitor->remote->name,
				monitor->failure);
	*sample = monitor->sample;
	sample_init(&monitor->sample);
	return 0;
}
