/* SPDX-License-Identifier: MIT */
/* What a display has: the calls that list it. */
#include "kms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t new_id(void)
{
	return ++kms.last_id;
}

struct node *node_get(uint32_t kind, size_t index)
{
	for (size_t i = 0; i < kms.n_nodes; i++)
		if (kms.nodes[i].kind == kind && kms.nodes[i].index == index)
			return &kms.nodes[i];
	return NULL;
}

struct node *node_find(uint32_t id, uint32_t kind)
{
	for (size_t i = 0; id != 0 && i < kms.n_nodes; i++)
		if (kms.nodes[i].id == id && (kind == 0 || kms.nodes[i].kind == kind))
			return &kms.nodes[i];
	return NULL;
}

bool node_has(const struct node *node, enum property property)
{
	return node->has & 1U << property;
}

struct node *crtc_plane(const struct node *crtc, uint32_t type)
{
	for (size_t i = 0; i < kms.n_planes; i++)
		if (kms.planes[i].spec->type == type && kms.planes[i].possible == 1U << crtc->index)
			return node_get(DRM_MODE_OBJECT_PLANE, i);
	return NULL;
}

/* Where the display has a pointer of its own, a cursor plane is no use to who cannot say where its
 * hot spot is (since Linux 6.6). */
static bool plane_visible(const struct file *file, uint32_t type)
{
	if (type == DRM_PLANE_TYPE_OVERLAY)
		return true;
	if (type == DRM_PLANE_TYPE_CURSOR && !kms.options.atomic)
		return false; /* legacy drivers have the calls, and no plane */
	if (type == DRM_PLANE_TYPE_CURSOR && kms.options.hotspot && file->atomic && !file->hotspot)
		return false;
	return file->universal;
}

bool node_visible(const struct file *file, const struct node *node)
{
	if (node->kind == DRM_MODE_OBJECT_PLANE)
		return plane_visible(file, kms.planes[node->index].spec->type);
	if (node->kind == DRM_MODE_OBJECT_CONNECTOR)
		return file->writeback || !kms.connectors[node->index].spec->writeback;
	return true;
}

struct file *kms_file(int fd)
{
	struct file *file = playing() ? file_of(fd) : NULL;
	if (file)
		advance();
	else
		errno = ENOTTY;
	return file;
}

struct file *kms_call(int fd, const char *call, const char *words)
{
	struct file *file = kms_file(fd);
	if (!file || !allowed(call, words))
		return NULL;
	errno = file->render ? EACCES : EOPNOTSUPP;
	return kms.options.present && !file->render ? file : NULL;
}

struct file *kms_master_call(int fd, const char *call, const char *words)
{
	struct file *file = kms_call(fd, call, words);
	if (!file)
		return NULL;
	errno = EACCES;
	return file->master ? file : NULL;
}

static void *allocate(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size);
	if (!memory)
		complain("out of memory");
	return memory;
}

static void *duplicate(const void *data, size_t size)
{
	void *copy = allocate(1, size);
	memcpy(copy, data, size);
	return copy;
}

/* The ids of the nodes of a kind that the file sees. */
static uint32_t *list(const struct file *file, uint32_t kind, int *count)
{
	uint32_t *ids = allocate(NODES_MAX, sizeof(*ids));
	*count = 0;
	for (size_t i = 0; i < kms.n_nodes; i++)
		if (kms.nodes[i].kind == kind && node_visible(file, &kms.nodes[i]))
			ids[(*count)++] = kms.nodes[i].id;
	return ids;
}

FAKE_EXPORT drmModeResPtr drmModeGetResources(int fd)
{
	struct file *file = kms_call(fd, "drmModeGetResources", "");
	if (!file)
		return NULL;
	drmModeRes *resources = allocate(1, sizeof(*resources));
	resources->crtcs = list(file, DRM_MODE_OBJECT_CRTC, &resources->count_crtcs);
	resources->connectors = list(file, DRM_MODE_OBJECT_CONNECTOR, &resources->count_connectors);
	resources->encoders = allocate(CONNECTORS_MAX, sizeof(uint32_t));
	for (size_t i = 0; i < kms.n_connectors; i++)
		resources->encoders[resources->count_encoders++] = kms.connectors[i].encoder;
	for (struct framebuffer *fb = kms.framebuffers; fb; fb = fb->next)
		resources->count_fbs += fb->file == file->serial;
	resources->fbs = allocate((size_t)resources->count_fbs, sizeof(uint32_t));
	int n = 0;
	for (struct framebuffer *fb = kms.framebuffers; fb; fb = fb->next)
		if (fb->file == file->serial)
			resources->fbs[n++] = fb->id;
	resources->max_width = kms.options.width_max;
	resources->max_height = kms.options.height_max;
	return resources;
}

FAKE_EXPORT drmModePlaneResPtr drmModeGetPlaneResources(int fd)
{
	int count;
	struct file *file = kms_call(fd, "drmModeGetPlaneResources", "");
	if (!file)
		return NULL;
	drmModePlaneRes *resources = allocate(1, sizeof(*resources));
	resources->planes = list(file, DRM_MODE_OBJECT_PLANE, &count);
	resources->count_planes = (uint32_t)count;
	return resources;
}

/* ---- one of each ---- */

static const struct node *find_visible(const struct file *file, uint32_t id, uint32_t kind)
{
	const struct node *node = node_find(id, kind);
	errno = ENOENT;
	return node && node_visible(file, node) ? node : NULL;
}

FAKE_EXPORT drmModePlanePtr drmModeGetPlane(int fd, uint32_t id)
{
	struct file *file = kms_call(fd, "drmModeGetPlane", "");
	const struct node *node = file ? find_visible(file, id, DRM_MODE_OBJECT_PLANE) : NULL;
	if (!node)
		return NULL;
	const struct plane *plane = &kms.planes[node->index];
	drmModePlane *answer = allocate(1, sizeof(*answer));
	answer->plane_id = id;
	answer->crtc_id = (uint32_t)node->value[CRTC_ID];
	answer->fb_id = (uint32_t)node->value[FB_ID];
	answer->possible_crtcs = plane->possible;
	answer->count_formats = (uint32_t)plane->spec->n_formats;
	answer->formats = duplicate(plane->spec->formats, sizeof(plane->spec->formats));
	return answer;
}

FAKE_EXPORT drmModeCrtcPtr drmModeGetCrtc(int fd, uint32_t id)
{
	struct file *file = kms_call(fd, "drmModeGetCrtc", "");
	const struct node *node = file ? find_visible(file, id, DRM_MODE_OBJECT_CRTC) : NULL;
	if (!node)
		return NULL;
	const struct node *primary = crtc_plane(node, DRM_PLANE_TYPE_PRIMARY);
	const struct drm_mode_modeinfo *mode = mode_of(node->value[MODE_ID]);
	drmModeCrtc *crtc = allocate(1, sizeof(*crtc));
	crtc->crtc_id = id;
	crtc->buffer_id = primary ? (uint32_t)primary->value[FB_ID] : 0;
	crtc->gamma_size = 256;
	if (mode) {
		memcpy(&crtc->mode, mode, sizeof(*mode));
		crtc->mode_valid = 1;
		crtc->width = mode->hdisplay;
		crtc->height = mode->vdisplay;
	}
	if (primary) {
		crtc->x = (uint32_t)(primary->value[SRC_X] >> 16);
		crtc->y = (uint32_t)(primary->value[SRC_Y] >> 16);
	}
	return crtc;
}

FAKE_EXPORT drmModeEncoderPtr drmModeGetEncoder(int fd, uint32_t id)
{
	if (!kms_call(fd, "drmModeGetEncoder", ""))
		return NULL;
	for (size_t i = 0; i < kms.n_connectors; i++) {
		if (kms.connectors[i].encoder != id)
			continue;
		const struct node *node = node_get(DRM_MODE_OBJECT_CONNECTOR, i);
		drmModeEncoder *encoder = allocate(1, sizeof(*encoder));
		encoder->encoder_id = id;
		encoder->encoder_type = DRM_MODE_ENCODER_VIRTUAL;
		encoder->crtc_id = (uint32_t)node->value[CRTC_ID];
		encoder->possible_crtcs = kms.connectors[i].possible;
		return encoder;
	}
	errno = ENOENT;
	return NULL;
}

/* A file that is not atomic sees what legacy clients always saw. */
static size_t properties(const struct file *file, const struct node *node, uint32_t *ids,
			 uint64_t *values)
{
	size_t n = 0;
	for (enum property i = 0; i < PROPERTIES; i++) {
		const bool legacy =
			i == PLANE_TYPE || i == IN_FORMATS || (i >= EDID && i <= NON_DESKTOP);
		if (!node_has(node, i) || !(legacy || file->atomic))
			continue;
		ids[n] = kms.property_ids[i];
		values[n++] = node->value[i];
	}
	return n;
}

static drmModeConnector *get_connector(int fd, uint32_t id, const char *call, bool probe)
{
	struct file *file = kms_call(fd, call, "");
	const struct node *node = file ? find_visible(file, id, DRM_MODE_OBJECT_CONNECTOR) : NULL;
	if (!node)
		return NULL;
	struct connector *connector = &kms.connectors[node->index];
	const struct connector_spec *spec = connector->spec;
	if (probe && file->master)
		connector->probed = spec->connected || spec->writeback;
	drmModeConnector *answer = allocate(1, sizeof(*answer));
	answer->connector_id = id;
	answer->encoder_id = node->value[CRTC_ID] ? connector->encoder : 0;
	answer->connector_type = spec->type;
	answer->connector_type_id = spec->type_id;
	answer->connection = spec->writeback   ? DRM_MODE_UNKNOWNCONNECTION
			     : spec->connected ? DRM_MODE_CONNECTED
					       : DRM_MODE_DISCONNECTED;
	answer->mmWidth = spec->connected ? spec->width_mm : 0;
	answer->mmHeight = spec->connected ? spec->height_mm : 0;
	answer->subpixel = DRM_MODE_SUBPIXEL_UNKNOWN;
	answer->count_modes = connector->probed ? (int)spec->n_modes : 0;
	answer->modes = duplicate(spec->modes, sizeof(spec->modes));
	answer->count_encoders = 1;
	answer->encoders = duplicate(&connector->encoder, sizeof(uint32_t));
	answer->props = allocate(PROPERTIES, sizeof(uint32_t));
	answer->prop_values = allocate(PROPERTIES, sizeof(uint64_t));
	answer->count_props = (int)properties(file, node, answer->props, answer->prop_values);
	return answer;
}

FAKE_EXPORT drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
	return get_connector(fd, id, "drmModeGetConnector", true);
}

FAKE_EXPORT drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id)
{
	return get_connector(fd, id, "drmModeGetConnectorCurrent", false);
}

FAKE_EXPORT drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t id,
								  uint32_t kind)
{
	struct file *file = kms_call(fd, "drmModeObjectGetProperties", "");
	const struct node *node =
		file ? find_visible(file, id, kind == DRM_MODE_OBJECT_ANY ? 0 : kind) : NULL;
	if (!node)
		return NULL;
	drmModeObjectProperties *answer = allocate(1, sizeof(*answer));
	answer->props = allocate(PROPERTIES, sizeof(uint32_t));
	answer->prop_values = allocate(PROPERTIES, sizeof(uint64_t));
	answer->count_props = (uint32_t)properties(file, node, answer->props, answer->prop_values);
	return answer;
}

/* ---- a monitor comes or goes ---- */

static struct node *connector_named(const char *name)
{
	kms_boot();
	for (size_t i = 0; i < kms.n_connectors; i++)
		if (strcmp(kms.connectors[i].spec->name, name) == 0)
			return node_get(DRM_MODE_OBJECT_CONNECTOR, i);
	complain("there is no connector %s", name);
}

void fake_drm_plug(const char *name, bool connected)
{
	struct connector *connector = &kms.connectors[connector_named(name)->index];
	connector->spec->connected = connected;
	connector->probed = false;
}

int fake_drm_crtc(const char *name)
{
	advance();
	const struct node *crtc =
		node_find((uint32_t)connector_named(name)->value[CRTC_ID], DRM_MODE_OBJECT_CRTC);
	return crtc ? (int)crtc->index : -1;
}
