/* SPDX-License-Identifier: MIT */
/* What the display makes of memory that it did not allocate. */
#include "alloc/probe/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct origin *add_origin(struct lend_probe *probe, const char *name)
{
	if (probe->n_origins == ORIGINS_MAX)
		return NULL;
	struct origin *origin = &probe->origins[probe->n_origins++];
	snprintf(origin->name, sizeof(origin->name), "%.95s", name);
	return origin;
}

static void say(struct lend_probe *probe, struct origin *origin, enum lend_state state,
		enum lend_depth depth, const char *reason, const char *remedy)
{
	const struct lend_verdict verdict = {
		.allocator = origin->name,
		.state = state,
		.depth = depth,
		.call = "",
		.reason = reason,
		.remedy = remedy,
	};
	probe_verdict(probe, &verdict, &origin->verdict, &origin->words, origin->call);
}

static void explain(const struct lend_probe *probe, enum lend_depth depth, char *text, size_t size)
{
	const char *how = depth == LEND_DEPTH_COMMIT ? "{driver} took it without an error"
						     : "{driver} made a framebuffer of it";
	if (depth == LEND_DEPTH_SEEN)
		snprintf(text, size,
			 "the display showed what was drawn in it: the picture was read back.");
	else if (probe->known->foreign == FOREIGN_SHOWN)
		snprintf(text, size, "%s, and is known to show such memory.", how);
	else
		snprintf(text, size, "%s, which proves nothing: %s", how, probe->foreign_reason);
}

static void try_buffer(struct lend_probe *probe, struct origin *origin, struct lend_buffer *buffer,
		       enum lend_memory memory)
{
	struct trial trial = {.depth = LEND_DEPTH_MAP, .call = ""};
	char reason[384];
	screen_show(probe, buffer, &trial);
	if (trial.error) {
		probe_failure(probe, origin->name, &trial, &origin->verdict, &origin->words,
			      origin->call);
		return;
	}
	explain(probe, trial.depth, reason, sizeof(reason));
	say(probe, origin, trial.depth == LEND_DEPTH_SEEN ? LEND_STATE_OK : LEND_STATE_UNVERIFIED,
	    trial.depth, reason, "");
	if (trial.depth == LEND_DEPTH_SEEN && memory != LEND_MEMORY_UNKNOWN) {
		device_finding(probe->device, memory)->depth = LEND_DEPTH_SEEN;
		device_remember(probe->device);
	}
}

/* ---- memory of the kernel's ------------------------------------------------------------------ */

static void try_kernel(struct lend_probe *probe, const struct sample *sample,
		       enum lend_memory memory)
{
	struct origin *origin = add_origin(probe, lend_memory_name(memory));
	if (!origin)
		return;
	if (probe->known->hazard)
		say(probe, origin, LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE, probe->known->hazard, "");
	else if (sample->buffer)
		try_buffer(probe, origin, sample->buffer, memory);
	else
		say(probe, origin, LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE,
		    "there was none to try it with: see the allocator of this name.", "");
}

/* ---- memory of other devices ------------------------------------------------------------------
 */

/* Finding out is not worth a crash of the kernel. */
static const char *hazard(const struct lend_probe *probe, const struct lend_device *device)
{
	return probe->known->hazard ? probe->known->hazard : device->known->hazard;
}

static void try_device(struct lend_probe *probe, struct origin *origin, struct lend_device *device)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = probe->width,
		.height = probe->height,
		.format = LEND_FORMAT_XRGB8888,
		.use = LEND_USE_SCANOUT,
		.allocator = "dumb",
	};
	struct lend_buffer *buffer;
	if (hazard(probe, device))
		say(probe, origin, LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE, hazard(probe, device),
		    "");
	else if (lend_buffer_allocate(device, &options, &buffer, NULL) < 0)
		say(probe, origin, LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE,
		    "that device does not share its buffers: see its own probe.", "");
	else {
		try_buffer(probe, origin, buffer, LEND_MEMORY_UNKNOWN);
		lend_buffer_destroy(buffer);
	}
}

static void try_path(struct lend_probe *probe, const char *path)
{
	char name[96];
	struct lend_device *device;
	if (lend_device_open(path, &device) < 0) {
		struct origin *origin = add_origin(probe, path);
		if (origin)
			say(probe, origin, LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE,
			    "that device could not be opened.", "");
		return;
	}
	snprintf(name, sizeof(name), "%.40s (%.48s)", device->driver, path);
	struct origin *origin = add_origin(probe, name);
	if (origin)
		try_device(probe, origin, device);
	lend_device_destroy(device);
}

static int is_card(const struct dirent *entry)
{
	return fnmatch("card[0-9]*", entry->d_name, 0) == 0;
}

static bool same_device(const char *a, const char *b)
{
	struct stat first, second;
	return strcmp(a, b) == 0 ||
	       (stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_rdev == second.st_rdev);
}

static void try_others(struct lend_probe *probe)
{
	struct dirent **entries;
	const int count = scandir("/dev/dri", &entries, is_card, versionsort);
	for (int i = 0; i < count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/dev/dri/%.40s", entries[i]->d_name);
		if (!same_device(path, probe->path))
			try_path(probe, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void foreign_probe(struct lend_probe *probe)
{
	if (!probe->kms)
		return;
	for (size_t i = 0; i < ALLOCATORS; i++)
		if (strcmp(lend_allocator_name(i), "heap") == 0)
			try_kernel(probe, &probe->samples[i], LEND_MEMORY_HEAP);
		else if (strcmp(lend_allocator_name(i), "udmabuf") == 0)
			try_kernel(probe, &probe->samples[i], LEND_MEMORY_UDMABUF);
	try_others(probe);
}
