/* SPDX-License-Identifier: MIT */
/* A probe from the outside: made, then read. */
#include "alloc/probe/probe.h"
#include "alloc/kms/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDTH = 1280, HEIGHT = 720 }; /* of buffers, where no display has a size of its own */

/* ---- verdicts ------------------------------------------------------------------------------- */

struct subject probe_subject(const struct lend_probe *probe)
{
	return (struct subject){probe->driver, probe->kernel, probe->path};
}

/* The list replaces the templates' words; what is in it is copied out. */
static void take(struct lend_verdicts *verdicts, struct lend_verdict *to, struct words *words,
		 char call[48])
{
	const struct lend_verdict *verdict = lend_verdicts_get(verdicts, 0);
	snprintf(words->reason, sizeof(words->reason), "%s", verdict->reason);
	snprintf(words->remedy, sizeof(words->remedy), "%s", verdict->remedy);
	snprintf(call, 48, "%s", verdict->call);
	*to = *verdict;
	to->reason = words->reason;
	to->remedy = words->remedy;
	to->call = call;
	lend_verdicts_destroy(verdicts);
}

void probe_verdict(const struct lend_probe *probe, const struct lend_verdict *verdict,
		   struct lend_verdict *to, struct words *words, char call[48])
{
	const struct subject subject = probe_subject(probe);
	struct lend_verdicts *verdicts = verdicts_create(1);
	if (!verdicts)
		return;
	verdicts_add(verdicts, verdict, &subject);
	take(verdicts, to, words, call);
}

void probe_failure(const struct lend_probe *probe, const char *allocator, const struct trial *trial,
		   struct lend_verdict *to, struct words *words, char call[48])
{
	const struct subject subject = probe_subject(probe);
	struct lend_verdicts *verdicts = verdicts_create(1);
	if (!verdicts)
		return;
	verdicts_add_failure(verdicts, allocator, trial, &subject);
	take(verdicts, to, words, call);
}

/* Until something is known, so that no pointer in a verdict is NULL. */
static void set_unknown(struct lend_probe *probe)
{
	const struct lend_verdict unknown = {
		.state = LEND_STATE_NOT_TRIED, .call = "", .reason = "", .remedy = ""};
	for (size_t i = 0; i < ALLOCATORS; i++) {
		probe->samples[i].verdict = unknown;
		probe->samples[i].verdict.allocator = lend_allocator_name(i);
	}
	for (size_t i = 0; i < ORIGINS_MAX; i++) {
		probe->origins[i].verdict = unknown;
		probe->origins[i].verdict.allocator = probe->origins[i].name;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		probe->clients[i].kind = probe->clients[i].memory = "";
}

/* ---- making it ------------------------------------------------------------------------------ */

static int is_render_node(const struct dirent *entry)
{
	return strncmp(entry->d_name, "renderD", 7) == 0;
}

static void find_render_node(struct lend_probe *probe)
{
	char folder[300];
	struct dirent **entries;
	if (!probe->place.path[0])
		return;
	snprintf(folder, sizeof(folder), "/sys%s/drm", probe->place.path);
	const int count = scandir(folder, &entries, is_render_node, NULL);
	for (int i = 0; i < count; i++) {
		snprintf(probe->render_node, sizeof(probe->render_node), "/dev/dri/%.40s",
			 entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* The driver's name, of a device that may not be opened. */
static void find_driver(struct lend_probe *probe)
{
	char path[300], target[PATH_MAX] = "";
	snprintf(path, sizeof(path), "/sys%s/driver", probe->place.path);
	const ssize_t length = readlink(path, target, sizeof(target) - 1);
	const char *name = length > 0 ? strrchr(target, '/') : NULL;
	name = name ? name + 1 : "unknown";
	/* The card hangs on the transport, and its driver on a device between them. */
	name = strcmp(name, "virtio-pci") == 0 ? "virtio_gpu" : name;
	snprintf(probe->driver, sizeof(probe->driver), "%.60s", name);
}

static void set_known(struct lend_probe *probe)
{
	const struct subject subject = probe_subject(probe);
	probe->known = driver_find(probe->driver, probe->kernel);
	if (probe->known->foreign_reason)
		subject_expand(&subject, probe->known->foreign_reason, probe->foreign_reason,
			       sizeof(probe->foreign_reason));
	find_render_node(probe);
}

static void describe_unopened(struct lend_probe *probe, int error)
{
	struct utsname system;
	struct stat status;
	uname(&system);
	snprintf(probe->kernel, sizeof(probe->kernel), "%s", system.release);
	if (stat(probe->path, &status) == 0 && S_ISCHR(status.st_mode))
		place_find(status.st_rdev, &probe->place);
	find_driver(probe);
	set_known(probe);
	access_explain(probe, error);
}

static void describe_opened(struct lend_probe *probe)
{
	const struct lend_device *device = probe->opened;
	probe->device = probe->opened;
	snprintf(probe->path, sizeof(probe->path), "%s", device->path);
	snprintf(probe->kernel, sizeof(probe->kernel), "%s", device->system.release);
	snprintf(probe->driver, sizeof(probe->driver), "%s", device->driver);
	probe->place = device->place;
	set_known(probe);
}

/* A primary node is where displays are; a render node has memory at most. */
static void look(struct lend_probe *probe)
{
	if (probe->opened->primary)
		screen_open(probe);
	memory_probe(probe);
	foreign_probe(probe);
	clients_conclude(probe);
	screen_close(probe);
}

static int read_options(const struct lend_probe_options *given, struct lend_probe_options *options)
{
	*options = (struct lend_probe_options){.size = sizeof(*options)};
	if (given && options_read(options, sizeof(*options), given) < 0)
		return fail(-EINVAL, "struct lend_probe_options: size is to be sizeof the struct");
	return 0;
}

static struct lend_probe *make(const struct lend_probe_options *options)
{
	struct lend_probe *probe = calloc(1, sizeof(*probe));
	if (!probe)
		return NULL;
	probe->no_modeset = options->no_modeset;
	probe->width = WIDTH;
	probe->height = HEIGHT;
	probe->paced = -1;
	set_unknown(probe);
	return probe;
}

/* result: of opening the device. */
static int finish(struct lend_probe *probe, int result, struct lend_probe **out)
{
	if (result < 0) {
		lend_probe_destroy(probe);
		return result;
	}
	if (probe->opened) {
		describe_opened(probe);
		look(probe);
	}
	*out = probe;
	return 0;
}

int lend_probe_create(const char *path, const struct lend_probe_options *given,
		      struct lend_probe **out)
{
	struct lend_probe_options options;
	if (!path || !out)
		return fail(-EINVAL, "lend_probe_create needs a path and a place for the probe");
	int result = read_options(given, &options);
	if (result < 0)
		return result;
	struct lend_probe *probe = make(&options);
	if (!probe)
		return fail(-ENOMEM, "out of memory");
	snprintf(probe->path, sizeof(probe->path), "%s", path);
	result = lend_device_open(path, &probe->opened);
	if (result == -EACCES || result == -EPERM) {
		describe_unopened(probe, -result);
		result = 0;
	}
	return finish(probe, result, out);
}

int lend_probe_create_fd(int fd, const struct lend_probe_options *given, struct lend_probe **out)
{
	struct lend_probe_options options;
	if (!out)
		return fail(-EINVAL, "lend_probe_create_fd needs a place for the probe");
	int result = read_options(given, &options);
	if (result < 0)
		return result;
	struct lend_probe *probe = make(&options);
	if (!probe)
		return fail(-ENOMEM, "out of memory");
	probe->borrowed = true;
	result = lend_device_open_fd(fd, &probe->opened);
	return finish(probe, result, out);
}

void lend_probe_destroy(struct lend_probe *probe)
{
	if (!probe)
		return;
	for (size_t i = 0; i < ALLOCATORS; i++)
		lend_buffer_destroy(probe->samples[i].buffer);
	lend_kms_destroy(probe->kms);
	lend_device_destroy(probe->opened);
	free(probe);
}

/* ---- reading it ----------------------------------------------------------------------------- */

static int answer(void *given, const void *own, size_t size)
{
	if (info_write(given, own, size) < 0)
		return fail(-EINVAL, "set the size field of the struct to be filled");
	return 0;
}

static int past_the_last(void)
{
	return fail(-ENOENT, "there are no more");
}

static int as_number(enum answer value)
{
	return value == UNKNOWN ? -1 : value == YES;
}

int lend_probe_describe(const struct lend_probe *probe, struct lend_probe_info *info)
{
	struct lend_kms_info kms = {.size = sizeof(kms)};
	if (!probe || !info)
		return fail(-EINVAL,
			    "lend_probe_describe needs a probe and a place for the answer");
	if (probe->kms)
		lend_kms_describe(probe->kms, &kms);
	const struct lend_probe_info own = {
		.path = probe->path,
		.driver = probe->driver,
		.kernel = probe->kernel,
		.place = probe->place.path,
		.bus = probe->place.bus,
		.id = probe->place.id,
		.render_node = probe->render_node,
		.error = probe->error,
		.reason = probe->refused.reason,
		.remedy = probe->refused.remedy,
		.primary = probe->opened && probe->opened->primary,
		.display = probe->kms != NULL,
		.atomic = kms.atomic,
		.modifiers = kms.modifiers,
		.writeback = kms.writeback,
		.paced = probe->paced,
		.flush = as_number(probe->known->flush),
		.foreign = probe->known->foreign == FOREIGN_SHOWN,
		.foreign_reason = probe->foreign_reason,
		.master = probe->master,
		.unshown = probe->unshown.reason,
		.unshown_remedy = probe->unshown.remedy,
		.remark = probe->known->remark,
		.source = probe->known->source,
		.evidence = probe->known->evidence,
	};
	return answer(info, &own, sizeof(own));
}

int lend_probe_connector(const struct lend_probe *probe, size_t index,
			 struct lend_connector_info *info)
{
	return probe->kms ? lend_kms_connector(probe->kms, index, info) : past_the_last();
}

static const char *kind_of(const struct plane *plane)
{
	switch (plane->type) {
	case DRM_PLANE_TYPE_PRIMARY: return "primary";
	case DRM_PLANE_TYPE_CURSOR: return "cursor";
	default: return "overlay";
	}
}

int lend_probe_plane(const struct lend_probe *probe, size_t index, struct lend_probe_plane *plane)
{
	if (!probe->kms || index >= probe->kms->n_planes)
		return past_the_last();
	const struct plane *from = &probe->kms->planes[index];
	const struct lend_probe_plane own = {
		.id = from->object.id,
		.kind = kind_of(from),
		.formats = from->formats,
		.n_formats = from->n_formats,
	};
	return answer(plane, &own, sizeof(own));
}

int lend_probe_allocator(const struct lend_probe *probe, size_t index,
			 struct lend_probe_allocator *allocator)
{
	if (probe->error || index >= ALLOCATORS)
		return past_the_last();
	const struct sample *sample = &probe->samples[index];
	const struct lend_probe_allocator own = {
		.verdict = sample->verdict,
		.mapped = sample->buffer != NULL,
		.caching = sample->caching,
		.read = sample->rates.read,
		.write = sample->rates.write,
	};
	return answer(allocator, &own, sizeof(own));
}

int lend_probe_foreign(const struct lend_probe *probe, size_t index, struct lend_verdict *verdict)
{
	if (index >= probe->n_origins)
		return past_the_last();
	*verdict = probe->origins[index].verdict;
	return 0;
}

int lend_probe_client(const struct lend_probe *probe, size_t index,
		      struct lend_probe_client *client)
{
	if (probe->error || index >= CLIENTS)
		return past_the_last();
	const struct client *from = &probe->clients[index];
	const struct lend_probe_client own = {
		.kind = from->kind,
		.path = from->path,
		.memory = from->memory,
		.reason = from->words.reason,
		.remedy = from->words.remedy,
	};
	return answer(client, &own, sizeof(own));
}
