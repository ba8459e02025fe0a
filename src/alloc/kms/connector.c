/* SPDX-License-Identifier: MIT */
/* What is plugged in where, and which modes it takes. */
#include "alloc/kms/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames a second times 1000; interlaced ones count as the fields they are shown in. */
static uint32_t refresh_of(const drmModeModeInfo *timing)
{
	uint64_t pixels = (uint64_t)timing->htotal * timing->vtotal;
	uint64_t clock = timing->clock * UINT64_C(1000000);
	if (timing->flags & DRM_MODE_FLAG_INTERLACE)
		clock *= 2;
	if (timing->flags & DRM_MODE_FLAG_DBLSCAN)
		pixels *= 2;
	if (timing->vscan > 1)
		pixels *= timing->vscan;
	if (pixels == 0)
		return timing->vrefresh * 1000;
	return (uint32_t)((clock + pixels / 2) / pixels);
}

static struct lend_kms_mode mode_of(const drmModeModeInfo *timing)
{
	return (struct lend_kms_mode){
		.width = timing->hdisplay,
		.height = timing->vdisplay,
		.refresh = refresh_of(timing),
		.preferred = (timing->type & DRM_MODE_TYPE_PREFERRED) != 0,
	};
}

/* The preferred mode comes first, the others keep their order. */
static int read_modes(const drmModeConnector *from, struct connector *connector)
{
	const size_t count = from->count_modes > 0 ? (size_t)from->count_modes : 0;
	size_t first = 0;
	connector->timings = calloc(count + 1, sizeof(*connector->timings));
	connector->modes = calloc(count + 1, sizeof(*connector->modes));
	if (!connector->timings || !connector->modes)
		return -ENOMEM;
	while (first < count && !(from->modes[first].type & DRM_MODE_TYPE_PREFERRED))
		first++;
	if (first == count)
		first = 0;
	for (size_t i = 0; i < count; i++) {
		const size_t at = i == first ? 0 : i < first ? i + 1 : i;
		connector->timings[at] = from->modes[i];
		connector->modes[at] = mode_of(&from->modes[i]);
	}
	connector->n_modes = count;
	return 0;
}

static void read_encoders(int fd, const drmModeConnector *from, struct connector *connector)
{
	for (int i = 0; i < from->count_encoders; i++) {
		drmModeEncoder *encoder = drmModeGetEncoder(fd, from->encoders[i]);
		if (!encoder)
			continue;
		connector->possible_crtcs |= encoder->possible_crtcs;
		if (encoder->encoder_id == from->encoder_id)
			connector->crtc_id = encoder->crtc_id;
		drmModeFreeEncoder(encoder);
	}
}

static void read_edid(int fd, struct connector *connector)
{
	const uint64_t id = connector->object.properties[EDID].value;
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(fd, (uint32_t)id) : NULL;
	if (blob)
		connector->edid = edid_parse(blob->data, blob->length);
	drmModeFreePropertyBlob(blob);
}

static int connection(const drmModeConnector *from)
{
	if (from->connection == DRM_MODE_UNKNOWNCONNECTION)
		return -1;
	return from->connection == DRM_MODE_CONNECTED;
}

static int read_connector(struct lend_kms *kms, const drmModeConnector *from,
			  struct connector *connector)
{
	const char *type = drmModeGetConnectorTypeName(from->connector_type);
	int result = object_read(kms->fd, from->connector_id, DRM_MODE_OBJECT_CONNECTOR,
				 &connector->object);
	if (result < 0)
		return result;
	snprintf(connector->name, sizeof(connector->name), "%s-%u", type ? type : "Unknown",
		 from->connector_type_id);
	connector->connected = connection(from);
	connector->non_desktop = connector->object.properties[NON_DESKTOP].value != 0;
	connector->width_mm = from->mmWidth;
	connector->height_mm = from->mmHeight;
	read_encoders(kms->fd, from, connector);
	read_edid(kms->fd, connector);
	return read_modes(from, connector);
}

static void connector_finish(struct connector *connector)
{
	free(connector->timings);
	free(connector->modes);
}

/* The first writeback connector is kept apart. */
static int read_one(struct lend_kms *kms, uint32_t id, struct connectors *connectors)
{
	drmModeConnector *from = drmModeGetConnector(kms->fd, id);
	if (!from) /* one of a dock that was just pulled */
		return errno == ENOENT ? 0 : -errno;
	struct connector connector = {0};
	int result = read_connector(kms, from, &connector);
	const bool writeback = from->connector_type == DRM_MODE_CONNECTOR_WRITEBACK;
	drmModeFreeConnector(from);
	if (result == 0 && !writeback) {
		connectors->list[connectors->count++] = connector;
		return 0;
	}
	if (result == 0 && !connectors->writeback) {
		connectors->writeback = true;
		connectors->readback = connector.object;
		connectors->readback_crtcs = connector.possible_crtcs;
	}
	connector_finish(&connector);
	return result == -ENOENT ? 0 : result;
}

void connectors_free(struct connectors *connectors)
{
	for (size_t i = 0; i < connectors->count; i++)
		connector_finish(&connectors->list[i]);
	free(connectors->list);
	*connectors = (struct connectors){0};
}

int connectors_read(struct lend_kms *kms, struct connectors *connectors)
{
	*connectors = (struct connectors){0};
	drmModeRes *resources = drmModeGetResources(kms->fd);
	if (!resources)
		return -errno;
	const size_t count =
		resources->count_connectors > 0 ? (size_t)resources->count_connectors : 0;
	connectors->list = calloc(count + 1, sizeof(*connectors->list));
	int result = connectors->list ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = read_one(kms, resources->connectors[i], connectors);
	drmModeFreeResources(resources);
	if (result < 0)
		connectors_free(connectors);
	return result;
}

struct connector *connector_find(const struct lend_kms *kms, uint32_t id)
{
	for (size_t i = 0; i < kms->connectors.count; i++)
		if (kms->connectors.list[i].object.id == id)
			return &kms->connectors.list[i];
	return NULL;
}

/* ---- what is new ---- */

static bool same_connector(const struct connector *a, const struct connector *b)
{
	return a->object.id == b->object.id && strcmp(a->name, b->name) == 0 &&
	       a->connected == b->connected && a->non_desktop == b->non_desktop &&
	       memcmp(&a->edid, &b->edid, sizeof(a->edid)) == 0 && a->width_mm == b->width_mm &&
	       a->height_mm == b->height_mm && a->n_modes == b->n_modes &&
	       memcmp(a->timings, b->timings, a->n_modes * sizeof(*a->timings)) == 0;
}

static bool same(const struct connectors *a, const struct connectors *b)
{
	bool equal = a->count == b->count;
	for (size_t i = 0; equal && i < a->count; i++)
		equal = same_connector(&a->list[i], &b->list[i]);
	return equal;
}

int lend_kms_update(struct lend_kms *kms)
{
	if (!kms)
		return fail(-EINVAL, "lend_kms_update needs a device");
	struct connectors found;
	int result = connectors_read(kms, &found);
	if (result < 0)
		return fail(result, "cannot read the connectors of %s: %s", kms->device->path,
			    strerror(-result));
	const bool changed = !same(&kms->connectors, &found);
	connectors_free(&kms->connectors);
	kms->connectors = found;
	return changed;
}

int lend_kms_connector(const struct lend_kms *kms, size_t index, struct lend_connector_info *info)
{
	if (!kms || !info)
		return fail(-EINVAL,
			    "lend_kms_connector needs a device and a place for the answer");
	if (index >= kms->connectors.count)
		return fail(-ENOENT, "%s has %zu connectors", kms->device->path,
			    kms->connectors.count);
	const struct connector *connector = &kms->connectors.list[index];
	const struct lend_connector_info own = {
		.id = connector->object.id,
		.name = connector->name,
		.connected = connector->connected,
		.non_desktop = connector->non_desktop,
		.make = connector->edid.make,
		.model = connector->edid.model,
		.serial = connector->edid.serial,
		.width_mm = connector->width_mm,
		.height_mm = connector->height_mm,
		.modes = connector->modes,
		.n_modes = connector->n_modes,
	};
	if (info_write(info, &own, sizeof(own)) < 0)
		return fail(-EINVAL, "set the size field of struct lend_connector_info");
	return 0;
}
