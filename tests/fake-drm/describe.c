/* SPDX-License-Identifier: MIT */
/* The lines of a personality that describe its display, and the start: objects made of them, and
 * the console shown. */
#include "kms.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kms kms;

/* A line, cut into its words. */
struct words {
	char text[8192];
	char *word[160];
	size_t n;
};

static const char *const keywords[] = {"kms", "plane", "connector"};

bool is_kms_line(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		const size_t size = strlen(keywords[i]);
		if (length > size && strncmp(text, keywords[i], size) == 0 && text[size] == ' ')
			return true;
	}
	return false;
}

/* What follows "name=" in the word; NULL: it is another one. */
static char *option(char *word, const char *name)
{
	const size_t length = strlen(name);
	return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static unsigned choice(const char *word, const char *const *names)
{
	for (unsigned i = 0; names[i]; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	complain("no such value: %s", word);
}

static bool yes(const char *word)
{
	return choice(word, (const char *const[]){"no", "yes", NULL}) == 1;
}

static void parse_size(const char *word, unsigned *width, unsigned *height)
{
	if (sscanf(word, "%ux%u", width, height) != 2)
		complain("no size: %s", word);
}

/* ---- kms ---- */

static bool parse_switch(struct options *options, char *word)
{
	const struct {
		const char *name;
		bool *value;
	} switches[] = {
		{"atomic", &options->atomic},
		{"modifiers", &options->modifiers},
		{"hotspot", &options->hotspot},
		{"console", &options->console},
	};
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		const char *value = option(word, switches[i].name);
		if (value)
			*switches[i].value = yes(value);
		if (value)
			return true;
	}
	return false;
}

static bool parse_choice(struct options *options, char *word)
{
	const char *value;
	if ((value = option(word, "vblank")))
		options->vblank = choice(value, (const char *const[]){"no", "yes", "test", NULL});
	else if ((value = option(word, "flush")))
		options->flush =
			choice(value, (const char *const[]){"no", "buffer", "display", NULL});
	else if ((value = option(word, "flip")))
		options->flip_whole = choice(value, (const char *const[]){"clips", "whole", NULL});
	else if ((value = option(word, "foreign")))
		options->foreign_stale =
			choice(value, (const char *const[]){"shown", "stale", NULL});
	else if ((value = option(word, "master")))
		options->master_taken = choice(value, (const char *const[]){"free", "taken", NULL});
	else
		return false;
	return true;
}

static void parse_kms(struct words *words)
{
	struct options *options = &kms.options;
	const char *value;
	if (!options->present)
		*options = (struct options){.present = true,
					    .console = true,
					    .atomic = true,
					    .crtcs = 1,
					    .width_max = 8192,
					    .height_max = 8192};
	for (size_t i = 1; i < words->n; i++) {
		char *word = words->word[i];
		if (parse_switch(options, word) || parse_choice(options, word))
			continue;
		if ((value = option(word, "cursor")))
			parse_size(value, &options->cursor_width, &options->cursor_height);
		else if ((value = option(word, "max")))
			parse_size(value, &options->width_max, &options->height_max);
		else if (!(value = option(word, "crtcs")) ||
			 sscanf(value, "%u", &options->crtcs) != 1 || options->crtcs > CRTCS_MAX)
			complain("kms: no such option: %s", word);
	}
}

/* ---- planes ---- */

uint32_t fourcc(const char *text)
{
	char c[4] = {' ', ' ', ' ', ' '};
	memcpy(c, text, strnlen(text, 4));
	return fourcc_code(c[0], c[1], c[2], c[3]);
}

static size_t parse_formats(char *list, uint32_t *formats)
{
	size_t n = 0;
	char *save;
	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (n == FORMATS_MAX || strlen(name) > 4)
			complain("not a format, or one too many: %s", name);
		formats[n++] = fourcc(name);
	}
	return n;
}

static size_t parse_modifiers(char *list, uint64_t *modifiers)
{
	size_t n = 0;
	char *save;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (n == MODIFIERS_MAX)
			complain("too many modifiers");
		modifiers[n++] = strcmp(word, "LINEAR") == 0 ? DRM_FORMAT_MOD_LINEAR
							     : strtoull(word, NULL, 0);
	}
	return n;
}

/* crtcs=0,1: the indices of those it goes with. */
static uint32_t parse_crtcs(char *list)
{
	uint32_t mask = 0;
	char *save;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save))
		mask |= 1U << (atoi(word) & 31);
	return mask;
}

static void parse_plane(struct words *words)
{
	static const char *const types[] = {"overlay", "primary", "cursor", NULL};
	if (words->n < 2 || kms.n_plane_specs == PLANES_MAX)
		complain("a plane without a type, or one too many");
	struct plane_spec *spec = &kms.plane_specs[kms.n_plane_specs++];
	*spec = (struct plane_spec){.type = choice(words->word[1], types),
				    .formats = {DRM_FORMAT_XRGB8888},
				    .n_formats = 1};
	for (size_t i = 2; i < words->n; i++) {
		char *value, *word = words->word[i];
		if ((value = option(word, "formats")))
			spec->n_formats = parse_formats(value, spec->formats);
		else if ((value = option(word, "modifiers")))
			spec->n_modifiers = parse_modifiers(value, spec->modifiers);
		else if ((value = option(word, "crtcs")))
			spec->crtcs = parse_crtcs(value);
		else if ((value = option(word, "scale")))
			spec->scale = yes(value);
		else if ((value = option(word, "anywhere")))
			spec->anywhere = yes(value);
		else if ((value = option(word, "clips")))
			spec->no_clips = !(spec->clips = yes(value));
		else
			complain("plane: no such option: %s", word);
	}
}

/* ---- connectors ---- */

static void parse_name(struct connector_spec *spec)
{
	static const char *const types[] = {
		"Unknown",   "VGA",  "DVI-I",	  "DVI-D",   "DVI-A", "Composite",
		"SVIDEO",    "LVDS", "Component", "DIN",     "DP",    "HDMI-A",
		"HDMI-B",    "TV",   "eDP",	  "Virtual", "DSI",   "DPI",
		"Writeback", "SPI",  "USB",	  NULL,
	};
	char type[32];
	const char *number = strrchr(spec->name, '-');
	if (!number || number[1] < '1' || number[1] > '9')
		complain("connector: no number ends its name: %s", spec->name);
	snprintf(type, sizeof(type), "%.*s", (int)(number - spec->name), spec->name);
	spec->type = choice(type, types);
	spec->type_id = (uint32_t)atoi(number + 1);
}

/* mode=1024x768@60: timings of the reduced-blanking kind, at exactly that rate. */
static void parse_mode(struct connector_spec *spec, const char *word)
{
	unsigned width, height, rate;
	if (sscanf(word, "%ux%u@%u", &width, &height, &rate) != 3 || !rate || !width || !height ||
	    width > 16384 || height > 16384 || spec->n_modes == MODES_MAX)
		complain("not a mode, or one too many: %s", word);
	const unsigned total = width + 160, lines = height + 30;
	drmModeModeInfo *mode = &spec->modes[spec->n_modes++];
	*mode = (drmModeModeInfo){
		.clock = (uint32_t)((uint64_t)total * lines * rate / 1000),
		.hdisplay = (uint16_t)width,
		.hsync_start = (uint16_t)(width + 48),
		.hsync_end = (uint16_t)(width + 80),
		.htotal = (uint16_t)total,
		.vdisplay = (uint16_t)height,
		.vsync_start = (uint16_t)(height + 3),
		.vsync_end = (uint16_t)(height + 9),
		.vtotal = (uint16_t)lines,
		.vrefresh = rate,
		.flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC,
		.type = DRM_MODE_TYPE_DRIVER,
	};
	if (spec->n_modes == 1)
		mode->type |= DRM_MODE_TYPE_PREFERRED;
	snprintf(mode->name, sizeof(mode->name), "%ux%u", width, height);
}

static void edid_text(uint8_t *at, uint8_t tag, const char *text)
{
	at[3] = tag;
	memset(at + 5, ' ', 13);
	const size_t length = strnlen(text, 13);
	memcpy(at + 5, text, length);
	if (length < 13)
		at[5 + length] = '\n';
}

/* edid=MAKE/MODEL/SERIAL: a block that says so; '_' stands for a blank. */
static void make_edid(struct connector_spec *spec, const char *word)
{
	static const uint8_t start[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	char make[4], model[14], serial[14];
	uint8_t sum = 0, *edid = spec->edid;
	if (sscanf(word, "%3[A-Z]/%13[^/]/%13[^/]", make, model, serial) != 3)
		complain("not MAKE/MODEL/SERIAL: %s", word);
	for (char *at = model; (at = strchr(at, '_'));)
		*at = ' ';
	memset(edid, 0, 128);
	memcpy(edid, start, sizeof(start));
	const unsigned id = ((unsigned)(make[0] - '@') << 10) | ((unsigned)(make[1] - '@') << 5) |
			    (unsigned)(make[2] - '@');
	edid[8] = (uint8_t)(id >> 8);
	edid[9] = (uint8_t)id;
	edid[17] = 33; /* made in 2023 */
	edid[18] = 1;
	edid[19] = 4;
	edid[20] = 0xa5;
	edid[57] = edid[75] = 0x10;
	edid_text(edid + 72, 0x10, "");
	edid_text(edid + 90, 0xfc, model);
	edid_text(edid + 108, 0xff, serial);
	for (size_t i = 0; i < 127; i++)
		sum = (uint8_t)(sum + edid[i]);
	edid[127] = (uint8_t)-sum;
	spec->edid_size = 128;
}

static void parse_edid(struct connector_spec *spec, const char *word)
{
	unsigned byte;
	if (strchr(word, '/')) {
		make_edid(spec, word);
		return;
	}
	for (spec->edid_size = 0; *word; word += 2) {
		if (spec->edid_size == sizeof(spec->edid) || sscanf(word, "%2x", &byte) != 1 ||
		    !word[1])
			complain("not an EDID: %.20s", word);
		spec->edid[spec->edid_size++] = (uint8_t)byte;
	}
}

/* A second line for a connector changes what the first said of it. */
static struct connector_spec *connector_by_name(const char *name)
{
	for (size_t i = 0; i < kms.n_connector_specs; i++)
		if (strcmp(kms.connector_specs[i].name, name) == 0)
			return &kms.connector_specs[i];
	if (kms.n_connector_specs == CONNECTORS_MAX)
		complain("too many connectors");
	struct connector_spec *spec = &kms.connector_specs[kms.n_connector_specs++];
	*spec = (struct connector_spec){.width_mm = 510, .height_mm = 290};
	snprintf(spec->name, sizeof(spec->name), "%s", name);
	parse_name(spec);
	return spec;
}

static void parse_connector(struct words *words)
{
	if (words->n < 2)
		complain("a connector without a name");
	struct connector_spec *spec = connector_by_name(words->word[1]);
	bool modes = false;
	for (size_t i = 2; i < words->n; i++) {
		char *value, *word = words->word[i];
		if (strcmp(word, "connected") == 0 || strcmp(word, "disconnected") == 0) {
			spec->connected = word[0] == 'c';
		} else if (strcmp(word, "writeback") == 0) {
			spec->writeback = true;
		} else if ((value = option(word, "mode"))) {
			spec->n_modes = modes ? spec->n_modes : 0;
			modes = true;
			parse_mode(spec, value);
		} else if ((value = option(word, "edid"))) {
			parse_edid(spec, value);
		} else if ((value = option(word, "size"))) {
			parse_size(value, &spec->width_mm, &spec->height_mm);
		} else if ((value = option(word, "crtcs"))) {
			spec->crtcs = parse_crtcs(value);
		} else if ((value = option(word, "formats"))) {
			spec->n_formats = parse_formats(value, spec->formats);
		} else {
			complain("connector: no such option: %s", word);
		}
	}
}

void kms_line(const char *text, size_t length)
{
	static struct words words;
	char *save;
	words.n = 0;
	if (kms.booted)
		complain("the display cannot change once the device is open: %.*s", (int)length,
			 text);
	if (length >= sizeof(words.text))
		complain("a line too long: %.40s", text);
	memcpy(words.text, text, length);
	words.text[length] = '\0';
	for (char *word = strtok_r(words.text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (words.n == sizeof(words.word) / sizeof(*words.word))
			complain("too many words: %.40s", text);
		words.word[words.n++] = word;
	}
	if (strcmp(words.word[0], "kms") == 0)
		parse_kms(&words);
	else if (strcmp(words.word[0], "plane") == 0)
		parse_plane(&words);
	else
		parse_connector(&words);
}

/* ---- the start ---- */

static struct node *add_node(uint32_t kind, size_t index)
{
	struct node *node = &kms.nodes[kms.n_nodes++];
	*node = (struct node){.id = new_id(), .kind = kind, .index = index};
	node->value[IN_FENCE_FD] = (uint64_t)-1;
	return node;
}

#define BIT(property) (1U << (property))

static uint32_t formats_blob(const struct plane_spec *spec)
{
	const size_t formats = sizeof(struct drm_format_modifier_blob);
	const size_t modifiers = (formats + spec->n_formats * 4 + 7) / 8 * 8;
	uint8_t data[4096] = {0};
	const uint64_t linear = DRM_FORMAT_MOD_LINEAR;
	const size_t n = spec->n_modifiers ? spec->n_modifiers : 1;
	const struct drm_format_modifier_blob head = {
		.version = FORMAT_BLOB_CURRENT,
		.count_formats = (uint32_t)spec->n_formats,
		.formats_offset = (uint32_t)formats,
		.count_modifiers = (uint32_t)n,
		.modifiers_offset = (uint32_t)modifiers,
	};
	memcpy(data, &head, sizeof(head));
	memcpy(data + formats, spec->formats, spec->n_formats * 4);
	for (size_t i = 0; i < n; i++) {
		const struct drm_format_modifier entry = {
			.formats = spec->n_formats == 64 ? UINT64_MAX
							 : (UINT64_C(1) << spec->n_formats) - 1,
			.modifier = spec->n_modifiers ? spec->modifiers[i] : linear,
		};
		memcpy(data + modifiers + i * sizeof(entry), &entry, sizeof(entry));
	}
	struct blob *blob = blob_create(data, modifiers + n * sizeof(struct drm_format_modifier));
	blob->kernel = true;
	return blob->id;
}

static void add_plane(const struct plane_spec *spec, uint32_t crtcs)
{
	const struct options *options = &kms.options;
	struct node *node = add_node(DRM_MODE_OBJECT_PLANE, kms.n_planes);
	kms.planes[kms.n_planes++] = (struct plane){.spec = spec, .possible = crtcs};
	node->has = BIT(PLANE_TYPE);
	node->value[PLANE_TYPE] = spec->type;
	if (options->atomic)
		for (enum property i = FB_ID; i <= IN_FENCE_FD; i++)
			node->has |= BIT(i);
	if (options->modifiers) {
		node->has |= BIT(IN_FORMATS);
		node->value[IN_FORMATS] = formats_blob(spec);
	}
	const bool copied = spec->type == DRM_PLANE_TYPE_PRIMARY && options->flush != FLUSH_NO;
	if (options->atomic && (spec->clips || (copied && !spec->no_clips)))
		node->has |= BIT(FB_DAMAGE_CLIPS);
	if (options->hotspot && spec->type == DRM_PLANE_TYPE_CURSOR)
		node->has |= BIT(HOTSPOT_X) | BIT(HOTSPOT_Y);
	if (options->atomic && spec->type == DRM_PLANE_TYPE_OVERLAY) {
		node->has |= BIT(ZPOS);
		node->value[ZPOS] = node->index + 1;
	}
}

static uint32_t all_crtcs(void)
{
	return (1U << kms.options.crtcs) - 1;
}

static uint32_t mask_of(uint32_t said)
{
	return said ? said & all_crtcs() : all_crtcs();
}

/* A primary or cursor plane is one for each of its CRTCs, an overlay one for all of them. */
static void add_planes(const struct plane_spec *spec)
{
	const uint32_t mask = mask_of(spec->crtcs);
	if (spec->type == DRM_PLANE_TYPE_OVERLAY)
		add_plane(spec, mask);
	for (size_t i = 0; spec->type != DRM_PLANE_TYPE_OVERLAY && i < CRTCS_MAX; i++)
		if (mask & 1U << i)
			add_plane(spec, 1U << i);
}

static void add_crtc(void)
{
	struct node *node = add_node(DRM_MODE_OBJECT_CRTC, kms.n_crtcs);
	kms.crtcs[kms.n_crtcs++] = (struct crtc){.busy = false};
	if (kms.options.atomic)
		node->has = BIT(ACTIVE) | BIT(MODE_ID) | BIT(OUT_FENCE_PTR);
}

static void add_writeback(struct node *node, const struct connector_spec *spec)
{
	node->has |=
		BIT(WRITEBACK_FB_ID) | BIT(WRITEBACK_OUT_FENCE_PTR) | BIT(WRITEBACK_PIXEL_FORMATS);
	struct blob *blob = blob_create(spec->formats, spec->n_formats * 4);
	blob->kernel = true;
	node->value[WRITEBACK_PIXEL_FORMATS] = blob->id;
}

static void add_connector(struct connector_spec *spec)
{
	struct node *node = add_node(DRM_MODE_OBJECT_CONNECTOR, kms.n_connectors);
	struct connector *connector = &kms.connectors[kms.n_connectors++];
	*connector = (struct connector){.spec = spec,
					.possible = mask_of(spec->crtcs),
					.encoder = new_id(),
					.probed = spec->connected};
	node->has = BIT(EDID) | BIT(DPMS) | BIT(LINK_STATUS) | BIT(NON_DESKTOP);
	if (kms.options.atomic)
		node->has |= BIT(CRTC_ID);
	if (spec->writeback)
		add_writeback(node, spec);
	if (spec->edid_size) {
		struct blob *blob = blob_create(spec->edid, spec->edid_size);
		blob->kernel = true;
		node->value[EDID] = blob->id;
	}
}

/* Black, and no memory behind it, so that no descriptor is held for it. */
static struct framebuffer *console(const drmModeModeInfo *mode)
{
	for (struct framebuffer *fb = kms.framebuffers; fb; fb = fb->next)
		if (fb->console && fb->width == mode->hdisplay && fb->height == mode->vdisplay)
			return fb;
	struct framebuffer *fb = calloc(1, sizeof(*fb));
	if (!fb)
		complain("out of memory");
	*fb = (struct framebuffer){
		.id = new_id(),
		.console = true,
		.next = kms.framebuffers,
		.width = mode->hdisplay,
		.height = mode->vdisplay,
		.format = DRM_FORMAT_XRGB8888,
		.pitches = {mode->hdisplay * 4U},
	};
	return kms.framebuffers = fb;
}

/* As the kernel's console does: the preferred mode, black. */
static void light(struct node *connector, struct node *crtc)
{
	const drmModeModeInfo *mode = &kms.connectors[connector->index].spec->modes[0];
	struct framebuffer *fb = console(mode);
	struct node *plane = crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY);
	connector->value[CRTC_ID] = plane->value[CRTC_ID] = crtc->id;
	crtc->value[ACTIVE] = 1;
	crtc->value[MODE_ID] = blob_create(mode, sizeof(*mode))->id;
	plane->value[FB_ID] = fb->id;
	plane->value[SRC_W] = (uint64_t)fb->width << 16;
	plane->value[SRC_H] = (uint64_t)fb->height << 16;
	plane->value[CRTC_W] = fb->width;
	plane->value[CRTC_H] = fb->height;
	crtc_latch(crtc->index, true);
}

void light_console(void)
{
	uint32_t used = 0;
	if (!kms.options.console)
		return;
	for (size_t i = 0; i < kms.n_connectors; i++) {
		const struct connector *connector = &kms.connectors[i];
		if (!connector->spec->connected || connector->spec->n_modes == 0)
			continue;
		for (size_t j = 0; j < kms.n_crtcs; j++) {
			struct node *crtc = node_get(DRM_MODE_OBJECT_CRTC, j);
			if (used & 1U << j || !(connector->possible & 1U << j) ||
			    !crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY))
				continue;
			light(node_get(DRM_MODE_OBJECT_CONNECTOR, i), crtc);
			used |= 1U << j;
			break;
		}
	}
}

void kms_boot(void)
{
	if (kms.booted || !kms.options.present)
		return;
	kms.booted = true;
	kms.last_id = 30;
	for (size_t i = 0; i < PROPERTIES; i++)
		kms.property_ids[i] = new_id();
	for (size_t i = 0; i < kms.n_plane_specs; i++)
		add_planes(&kms.plane_specs[i]);
	for (size_t i = 0; i < kms.options.crtcs; i++)
		add_crtc();
	for (size_t i = 0; i < kms.n_connector_specs; i++)
		add_connector(&kms.connector_specs[i]);
	light_console();
	kms.uploaded = 0;
	kms.modesets = 0;
}

void kms_reset(void)
{
	events_reset();
	for (size_t i = 0; i < kms.n_crtcs; i++)
		free(kms.crtcs[i].display);
	memset(kms.nodes, 0, sizeof(kms.nodes));
	memset(kms.planes, 0, sizeof(kms.planes));
	for (struct framebuffer *fb = kms.framebuffers; fb; fb = fb->next) {
		fb->file = 0;
		fb->console = false;
	}
	for (struct blob *blob = kms.blobs; blob; blob = blob->next) {
		blob->file = 0;
		blob->kernel = false;
	}
	collect();
	memset(&kms, 0, sizeof(kms));
}
