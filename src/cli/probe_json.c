/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <string.h>

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint32_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

/* value < 0: not known, null. */
static void add_boolean(struct json_object *object, const char *key, int value)
{
	json_object_object_add(object, key, value < 0 ? NULL : json_object_new_boolean(value));
}

static void add_error(struct json_object *object, int error)
{
	const char *name = error ? strerrorname_np(error) : NULL;
	json_object_object_add(object, "error", name ? json_object_new_string(name) : NULL);
}

/* ---- the device ----------------------------------------------------------------------------- */

static struct json_object *modes_to_json(const struct lend_connector_info *info)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < info->n_modes; i++) {
		struct json_object *mode = json_object_new_object();
		add_number(mode, "width", info->modes[i].width);
		add_number(mode, "height", info->modes[i].height);
		add_number(mode, "refresh_mhz", info->modes[i].refresh);
		add_boolean(mode, "preferred", info->modes[i].preferred != 0);
		json_object_array_add(list, mode);
	}
	return list;
}

/* Without the monitor's serial number, which is nobody's business. */
static struct json_object *connectors_to_json(const struct lend_probe *probe)
{
	struct json_object *list = json_object_new_array();
	struct lend_connector_info info = {.size = sizeof(info)};
	for (size_t i = 0; lend_probe_connector(probe, i, &info) == 0; i++) {
		struct json_object *connector = json_object_new_object();
		add_text(connector, "name", info.name);
		add_boolean(connector, "connected", info.connected);
		add_boolean(connector, "non_desktop", info.non_desktop != 0);
		add_text(connector, "make", info.make);
		add_text(connector, "model", info.model);
		add_number(connector, "width_mm", info.width_mm);
		add_number(connector, "height_mm", info.height_mm);
		json_object_object_add(connector, "modes", modes_to_json(&info));
		json_object_array_add(list, connector);
	}
	return list;
}

static struct json_object *format_to_json(uint32_t fourcc)
{
	const struct lend_format *format = lend_format_get(fourcc);
	char text[16] = "";
	if (format)
		return json_object_new_string(format->name);
	for (size_t i = 0; i < 4; i++) {
		const uint32_t letter = fourcc >> 8 * i & 127;
		text[i] = '?';
		if (letter >= ' ' && letter < 127)
			text[i] = (char)letter;
	}
	return json_object_new_string(text);
}

static struct json_object *planes_to_json(const struct lend_probe *probe)
{
	struct json_object *list = json_object_new_array();
	struct lend_probe_plane info = {.size = sizeof(info)};
	for (size_t i = 0; lend_probe_plane(probe, i, &info) == 0; i++) {
		struct json_object *plane = json_object_new_object();
		struct json_object *formats = json_object_new_array();
		add_number(plane, "id", info.id);
		add_text(plane, "kind", info.kind);
		for (size_t j = 0; j < info.n_formats; j++)
			json_object_array_add(formats, format_to_json(info.formats[j]));
		json_object_object_add(plane, "formats", formats);
		json_object_array_add(list, plane);
	}
	return list;
}

static struct json_object *knowledge_to_json(const struct lend_probe_info *info)
{
	struct json_object *knowledge = json_object_new_object();
	add_boolean(knowledge, "foreign", info->foreign);
	add_text(knowledge, "foreign_reason", info->foreign_reason);
	add_text(knowledge, "remark", info->remark);
	add_text(knowledge, "source", info->source);
	add_text(knowledge, "evidence", info->evidence);
	return knowledge;
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static struct json_object *verdict_to_json(const struct lend_verdict *verdict)
{
	struct json_object *object = json_object_new_object();
	add_text(object, "name", verdict->allocator);
	add_text(object, "state", lend_state_name(verdict->state));
	add_text(object, "depth", lend_depth_name(verdict->depth));
	add_text(object, "call", verdict->call);
	add_error(object, verdict->error);
	add_text(object, "reason", verdict->reason);
	add_text(object, "remedy", verdict->remedy);
	return object;
}

static struct json_object *allocators_to_json(const struct lend_probe *probe)
{
	struct json_object *list = json_object_new_array();
	struct lend_probe_allocator info = {.size = sizeof(info)};
	for (size_t i = 0; lend_probe_allocator(probe, i, &info) == 0; i++) {
		struct json_object *allocator = verdict_to_json(&info.verdict);
		add_boolean(allocator, "mapped", info.mapped);
		add_text(allocator, "caching", lend_caching_name(info.caching));
		add_number(allocator, "read_mb_s", info.read);
		add_number(allocator, "write_mb_s", info.write);
		json_object_array_add(list, allocator);
	}
	return list;
}

static struct json_object *foreign_to_json(const struct lend_probe *probe)
{
	struct json_object *list = json_object_new_array();
	struct lend_verdict verdict;
	for (size_t i = 0; lend_probe_foreign(probe, i, &verdict) == 0; i++)
		json_object_array_add(list, verdict_to_json(&verdict));
	return list;
}

static struct json_object *clients_to_json(const struct lend_probe *probe)
{
	struct json_object *list = json_object_new_array();
	struct lend_probe_client info = {.size = sizeof(info)};
	for (size_t i = 0; lend_probe_client(probe, i, &info) == 0; i++) {
		struct json_object *client = json_object_new_object();
		add_text(client, "kind", info.kind);
		add_text(client, "path", lend_path_name(info.path));
		add_text(client, "memory", info.memory);
		add_text(client, "reason", info.reason);
		add_text(client, "remedy", info.remedy);
		json_object_array_add(list, client);
	}
	return list;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void add_what_is_shown(struct json_object *object, const struct lend_probe_info *info)
{
	add_boolean(object, "master", info->master);
	add_boolean(object, "shown", info->unshown[0] == '\0');
	add_text(object, "unshown_reason", info->unshown);
	add_text(object, "unshown_remedy", info->unshown_remedy);
}

struct json_object *probe_to_json(const struct lend_probe *probe)
{
	struct json_object *object = json_object_new_object();
	struct lend_probe_info info = {.size = sizeof(info)};
	lend_probe_describe(probe, &info);
	add_text(object, "path", info.path);
	add_text(object, "driver", info.driver);
	add_text(object, "kernel", info.kernel);
	add_text(object, "bus", info.bus);
	add_text(object, "id", info.id);
	add_text(object, "place", info.place);
	add_text(object, "render_node", info.render_node);
	add_error(object, info.error);
	add_text(object, "reason", info.reason);
	add_text(object, "remedy", info.remedy);
	json_object_object_add(object, "clients", clients_to_json(probe));
	json_object_object_add(object, "allocators", allocators_to_json(probe));
	json_object_object_add(object, "foreign", foreign_to_json(probe));
	add_boolean(object, "display", info.display);
	add_what_is_shown(object, &info);
	add_boolean(object, "atomic", info.atomic);
	add_boolean(object, "modifiers", info.modifiers);
	add_boolean(object, "writeback", info.writeback);
	add_boolean(object, "paced", info.paced);
	add_boolean(object, "flush", info.flush);
	json_object_object_add(object, "connectors", connectors_to_json(probe));
	json_object_object_add(object, "planes", planes_to_json(probe));
	json_object_object_add(object, "knowledge", knowledge_to_json(&info));
	return object;
}
