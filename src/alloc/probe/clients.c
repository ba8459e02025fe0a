/* SPDX-License-Identifier: MIT */
/* What all the verdicts come to for a client. */
#include "alloc/probe/probe.h"

#include <stdio.h>
#include <string.h>

#define COPIES                                                                                     \
	"The client draws in ordinary memory, and the server copies what changed once a frame."

static void conclude(struct client *client, const char *kind, enum lend_path path,
		     const char *memory)
{
	*client = (struct client){.kind = kind, .path = path, .memory = memory};
}

/* What the ladder gives for the display, unless the display has refused it. */
static const struct sample *find_shown(struct lend_probe *probe)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = probe->width,
		.height = probe->height,
		.format = LEND_FORMAT_XRGB8888,
		.use = LEND_USE_SCANOUT,
	};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_buffer *buffer;
	if (lend_buffer_allocate(probe->device, &options, &buffer, NULL) < 0)
		return NULL;
	lend_buffer_describe(buffer, &info);
	lend_buffer_destroy(buffer);
	for (size_t i = 0; i < ALLOCATORS; i++)
		if (strcmp(lend_memory_name(info.memory), lend_allocator_name(i)) == 0 &&
		    info.memory != LEND_MEMORY_MEMFD &&
		    probe->samples[i].verdict.state != LEND_STATE_FAILED)
			return &probe->samples[i];
	return NULL;
}

static const char *how_sure(const struct lend_verdict *verdict)
{
	switch (verdict->depth) {
	case LEND_DEPTH_SEEN: return "the picture was read back and is right";
	case LEND_DEPTH_COMMIT: return "the display took it without an error";
	default: return "nothing was shown, so that the first frame has to prove it";
	}
}

static void conclude_full_screen(struct lend_probe *probe, struct client *client)
{
	const struct sample *shown = find_shown(probe);
	const struct sample *own = &probe->samples[0];
	const bool flush = probe->known->flush == YES;
	if (!shown) {
		conclude(client, "full-screen", LEND_PATH_COPY, "memfd");
		snprintf(client->words.reason, sizeof(client->words.reason), "%s",
			 own->words.reason);
		snprintf(client->words.remedy, sizeof(client->words.remedy), "%s",
			 own->words.remedy);
		return;
	}
	conclude(client, "full-screen", flush ? LEND_PATH_FLUSH : LEND_PATH_SCANOUT,
		 shown->verdict.allocator);
	snprintf(client->words.reason, sizeof(client->words.reason),
		 "the display shows the memory that the client draws in%s; %s.",
		 flush ? ", of which the driver uploads what changed" : "",
		 how_sure(&shown->verdict));
}

static void conclude_windowed(struct lend_probe *probe, struct client *client)
{
	if (probe->n_overlays > 0) {
		conclude(client, "windowed", LEND_PATH_PLANE, "dumb");
		snprintf(
			client->words.reason, sizeof(client->words.reason),
			"%zu overlay plane%s can show windows without a copy; those beyond that, and "
			"those that the driver refuses there, are copied once.",
			probe->n_overlays, probe->n_overlays == 1 ? "" : "s");
		return;
	}
	conclude(client, "windowed", LEND_PATH_COPY, "memfd");
	snprintf(client->words.reason, sizeof(client->words.reason),
		 "there is no overlay plane for it. " COPIES);
}

static void conclude_gpu(struct client *client)
{
	conclude(client, "GPU", LEND_PATH_COPY, "memfd");
	snprintf(
		client->words.reason, sizeof(client->words.reason),
		"this version takes no buffers of a GPU: the client is shown as one that draws with "
		"the CPU, if it can draw in software.");
}

void clients_conclude(struct lend_probe *probe)
{
	static const char *const kinds[CLIENTS] = {"full-screen", "windowed", "GPU"};
	if (probe->kms) {
		conclude_full_screen(probe, &probe->clients[0]);
		conclude_windowed(probe, &probe->clients[1]);
		conclude_gpu(&probe->clients[2]);
		return;
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		conclude(&probe->clients[i], kinds[i], LEND_PATH_NONE, "");
		snprintf(probe->clients[i].words.reason, sizeof(probe->clients[i].words.reason),
			 "%s has no display.", probe->driver);
	}
}
