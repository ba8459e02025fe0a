/* SPDX-License-Identifier: MIT */
/* What a server says of its outputs, clients and surfaces: framelend_monitor_v1 as data. */
#ifndef CLI_MONITOR_H
#define CLI_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

struct remote;

struct sample_output {
	char *name, *layout;
	uint32_t width, height;
	uint32_t refresh; /* mHz */
	uint64_t frames, scanout, copied;
};

struct sample_client {
	uint32_t pid, uid;
	char *program;
	uint64_t bytes;
	uint32_t buffers, fds, surfaces;
};

struct sample_surface {
	uint32_t id, pid;
	char *program, *role, *title, *output, *reason;
	int32_t x, y;
	uint32_t width, height, format;
	uint32_t path, memory, caching; /* enum lend_path, lend_memory, lend_caching */
	bool lent;
	uint64_t frames, commits, copied;
	uint32_t unreleased;
};

/* Strings are valid UTF-8 without control characters, never NULL. */
struct sample {
	uint64_t time; /* CLOCK_MONOTONIC, ns */
	struct wl_array outputs, clients, surfaces;
};

struct monitor {
	struct remote *remote;
	struct framelend_monitor_v1 *proxy;
	struct sample sample; /* being filled */
	bool done, out_of_memory;
	char *failure;
};

/* Return 0, or an exit status after saying what is wrong. monitor_close() is due in both cases. */
int monitor_open(struct monitor *monitor, struct remote *remote);
void monitor_close(struct monitor *monitor);

/* Takes a sample. It is the caller's to finish; on failure there is none. */
int monitor_sample(struct monitor *monitor, struct sample *sample);

void sample_finish(struct sample *sample);

const struct sample_output *sample_find_output(const struct sample *sample, const char *name);
const struct sample_surface *sample_find_surface(const struct sample *sample, uint32_t id);

#endif
