/* SPDX-License-Identifier: MIT */
/*
 * Asks a real driver what a personality tells of it, and writes the personality down; or compares
 * what it says now with one. Run as root and alone, since it sets modes.
 *
 * usage: record-drm DRIVER DISPLAY [COMMENT...]       prints it; the comments go to its head
 *        record-drm --check FILE DRIVER DISPLAY       exit code 1 if the driver says something else
 *
 * DISPLAY is QEMU's name of the device whose picture tells how the driver shows memory; "-"
 * without.
 */
#include "fake-drm.h"
#include "guest.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLUE  0xff0000ff

static FILE *out;
static const char *display; /* NULL: its picture is out of reach */
static int card;

static void die(const char *what)
{
	fprintf(stderr, "record-drm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void answer(const char *call, int result, const char *good)
{
	if (result == 0)
		fprintf(out, "%s -> %s\n", call, good);
	else
		fprintf(out, "%s -> %s\n", call, strerrorname_np(result));
}

/* 0 or the errno, whichever way the function tells. */
static int error_of(int result)
{
	return result == 0 ? 0 : result == -1 ? errno : -result;
}

/* ---- the device ---- */

/* -1: no card is driven by it. */
static int find_card(const char *driver)
{
	char path[32];
	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		drmVersion *version = fd < 0 ? NULL : drmGetVersion(fd);
		const bool found = version && strcmp(version->name, driver) == 0;
		drmFreeVersion(version);
		if (found)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	errno = ENODEV;
	return -1;
}

static void record_cap(const char *name, uint64_t cap)
{
	char call[64], value[24];
	uint64_t number = 0;
	int error = error_of(drmGetCap(card, cap, &number));
	snprintf(call, sizeof(call), "drmGetCap %s", name);
	snprintf(value, sizeof(value), "%llu", (unsigned long long)number);
	answer(call, error, value);
}

static void record_device(const char *driver)
{
	struct utsname system;
	uname(&system);
	fprintf(out, "\nuname -> %s\n", system.release);
	/* Numbers of cards depend on the order of modules; tests open the first. */
	fprintf(out, "open /dev/dri/card0 -> ok\ndrmGetDeviceNameFromFd2 -> /dev/dri/card0\n");
	fprintf(out, "drmGetNodeTypeFromFd -> primary\ndrmGetVersion -> %s\n", driver);
	record_cap("DUMB_BUFFER", DRM_CAP_DUMB_BUFFER);
	record_cap("DUMB_PREFER_SHADOW", DRM_CAP_DUMB_PREFER_SHADOW);
	record_cap("DUMB_PREFERRED_DEPTH", DRM_CAP_DUMB_PREFERRED_DEPTH);
}

/* ---- dumb buffers ---- */

struct dumb {
	uint32_t width, height, handle, pitch, fb;
	uint64_t size;
	uint32_t *pixels;
};

static int dumb_create(struct dumb *dumb, uint32_t width, uint32_t height, uint32_t bpp)
{
	*dumb = (struct dumb){.width = width, .height = height};
	return error_of(drmModeCreateDumbBuffer(card, width, height, bpp, 0, &dumb->handle,
						&dumb->pitch, &dumb->size));
}

static void dumb_map(struct dumb *dumb)
{
	uint64_t offset;
	if (drmModeMapDumbBuffer(card, dumb->handle, &offset) != 0)
		die("MAP_DUMB");
	dumb->pixels =
		mmap(NULL, dumb->size, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)offset);
	if (dumb->pixels == MAP_FAILED)
		die("mapping a dumb buffer");
}

static void fill(struct dumb *dumb, uint32_t colour)
{
	for (uint64_t i = 0; i < dumb->size / 4; i++)
		dumb->pixels[i] = colour;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
	return b == 0 ? a : greatest_divisor(b, a % b);
}

/* What all rows are multiples of. */
static uint32_t pitch_step(void)
{
	uint32_t step = 0;
	for (uint32_t width = 1; width < 200; width += 3) {
		struct dumb dumb;
		if (dumb_create(&dumb, width, 16, 32) != 0)
			continue;
		step = greatest_divisor(step, dumb.pitch);
		drmModeDestroyDumbBuffer(card, dumb.handle);
	}
	return step;
}

/* Is memory handed out as the one before left it? */
static bool is_dirty(void)
{
	struct dumb dumb;
	for (int round = 0; round < 2; round++) {
		if (dumb_create(&dumb, 512, 512, 32) != 0)
			return false;
		dumb_map(&dumb);
		bool dirty = false;
		for (uint64_t i = 0; i < dumb.size / 4; i++)
			dirty = dirty || dumb.pixels[i] != 0;
		fill(&dumb, BLUE);
		munmap(dumb.pixels, dumb.size);
		drmModeDestroyDumbBuffer(card, dumb.handle);
		if (round == 1)
			return dirty;
	}
	return false;
}

static void record_dumb(void)
{
	static const uint32_t depths[] = {8, 16, 24};
	char call[64], good[64];
	struct dumb dumb;
	fprintf(out, "\n");
	int error = dumb_create(&dumb, 640, 480, 32);
	for (size_t i = 0; error == 0 && i < sizeof(depths) / sizeof(*depths); i++) {
		struct dumb other;
		int refused = dumb_create(&other, 640, 480, depths[i]);
		snprintf(call, sizeof(call), "drmModeCreateDumbBuffer bpp=%u", depths[i]);
		if (refused)
			answer(call, refused, "");
		else
			drmModeDestroyDumbBuffer(card, other.handle);
	}
	snprintf(good, sizeof(good), "ok pitch=%u%s", pitch_step(), is_dirty() ? " dirty" : "");
	answer("drmModeCreateDumbBuffer", error, good);
	if (error)
		return;
	int prime = -1;
	error = error_of(drmPrimeHandleToFD(card, dumb.handle, DRM_RDWR | DRM_CLOEXEC, &prime));
	answer("drmPrimeHandleToFD RDWR CLOEXEC", error, "ok");
	uint64_t offset;
	error = error_of(drmModeMapDumbBuffer(card, dumb.handle, &offset));
	answer("drmModeMapDumbBuffer", error, "ok");
	if (prime >= 0) {
		void *map = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED, prime, 0);
		if (map == MAP_FAILED)
			answer("mmap write", errno, "");
		else
			munmap(map, dumb.size);
		uint32_t handle = 0;
		answer("drmPrimeFDToHandle own", error_of(drmPrimeFDToHandle(card, prime, &handle)),
		       "ok");
		close(prime);
	}
	answer("drmModeDestroyDumbBuffer", error_of(drmModeDestroyDumbBuffer(card, dumb.handle)),
	       "ok");
	answer("drmCloseBufferHandle", 0, "ok");
}

/* ---- foreign memory ---- */

enum { FOREIGN_SIZE = 4096 * 2160 * 4 };

/* -1: this kernel has no udmabuf. */
static int create_udmabuf(void **pixels)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memory = memfd_create("foreign", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (device < 0 || memory < 0 || ftruncate(memory, FOREIGN_SIZE) < 0 ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -1;
	const struct udmabuf_create create = {
		.memfd = (uint32_t)memory, .flags = UDMABUF_FLAGS_CLOEXEC, .size = FOREIGN_SIZE};
	*pixels = mmap(NULL, FOREIGN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	close(device);
	close(memory);
	return fd;
}

/* What a driver says is its answer; who may open the others is the machine's, and supposed. */
static void record_supposed(void)
{
	const bool udmabuf = access("/dev/udmabuf", F_OK) == 0;
	fprintf(out,
		"\n# Not recorded: an ordinary user, who may open udmabuf but not the heap.\n"
		"open /dev/dma_heap/system -> %s\nopen /dev/udmabuf -> %s\n",
		access("/dev/dma_heap/system", F_OK) == 0 ? "EACCES" : "ENOENT",
		udmabuf ? "ok" : "ENOENT");
	if (udmabuf)
		fprintf(out, "UDMABUF_CREATE -> ok limit=64\n");
}

/* ---- the display ---- */

struct head {
	uint32_t connector, crtc, primary, crtc_index;
	drmModeModeInfo mode;
};

static void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* There where the double plays the driver, so that it can be asked what a driver is. */
#pragma weak fake_drm_shown

static uint32_t *picture_of_double(struct vm_picture *picture)
{
	return picture->pixels = fake_drm_shown(0, &picture->width, &picture->height);
}

/* A pixel of what is displayed; 0: nobody can tell. */
static uint32_t displayed(uint32_t x, uint32_t y)
{
	struct vm_picture picture = {0};
	if (!display)
		return 0;
	sleep_ms(fake_drm_shown ? 0 : 300);
	if (fake_drm_shown ? !picture_of_double(&picture)
			   : vm_screendump(display, "record", &picture) < 0)
		return 0;
	const uint32_t pixel = x < picture.width && y < picture.height
				       ? picture.pixels[(size_t)y * picture.width + x]
				       : 1;
	free(picture.pixels);
	return pixel;
}

static uint32_t property(uint32_t object, uint32_t kind, const char *name, uint64_t *value)
{
	drmModeObjectProperties *all = drmModeObjectGetProperties(card, object, kind);
	uint32_t id = 0;
	for (uint32_t i = 0; all && !id && i < all->count_props; i++) {
		drmModePropertyRes *one = drmModeGetProperty(card, all->props[i]);
		if (one && strcmp(one->name, name) == 0) {
			id = one->prop_id;
			*value = all->prop_values[i];
		}
		drmModeFreeProperty(one);
	}
	drmModeFreeObjectProperties(all);
	return id;
}

static uint32_t plane_type(uint32_t plane)
{
	uint64_t type = DRM_PLANE_TYPE_OVERLAY;
	property(plane, DRM_MODE_OBJECT_PLANE, "type", &type);
	return (uint32_t)type;
}

static bool find_head(drmModeRes *resources, struct head *head)
{
	for (int i = 0; i < resources->count_connectors && !head->connector; i++) {
		drmModeConnector *connector = drmModeGetConnector(card, resources->connectors[i]);
		if (connector && connector->connection == DRM_MODE_CONNECTED &&
		    connector->count_modes > 0) {
			head->connector = connector->connector_id;
			head->mode = connector->modes[0];
		}
		drmModeFreeConnector(connector);
	}
	head->crtc = resources->crtcs[0];
	drmModePlaneRes *planes = drmModeGetPlaneResources(card);
	for (uint32_t i = 0; planes && i < planes->count_planes && !head->primary; i++) {
		drmModePlane *plane = drmModeGetPlane(card, planes->planes[i]);
		if (plane && plane->possible_crtcs & 1 &&
		    plane_type(plane->plane_id) == DRM_PLANE_TYPE_PRIMARY)
			head->primary = plane->plane_id;
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	return head->connector != 0;
}

static int add_framebuffer(struct dumb *dumb)
{
	const uint32_t handles[4] = {dumb->handle}, pitches[4] = {dumb->pitch}, offsets[4] = {0};
	return error_of(drmModeAddFB2(card, dumb->width, dumb->height, DRM_FORMAT_XRGB8888, handles,
				      pitches, offsets, &dumb->fb, 0));
}

static int show(const struct head *head, const struct dumb *dumb)
{
	uint32_t connector = head->connector;
	drmModeModeInfo mode = head->mode;
	return error_of(drmModeSetCrtc(card, head->crtc, dumb->fb, 0, 0, &connector, 1, &mode));
}

static struct dumb full(const struct head *head, uint32_t colour)
{
	struct dumb dumb;
	if (dumb_create(&dumb, head->mode.hdisplay, head->mode.vdisplay, 32) != 0)
		die("a dumb buffer");
	dumb_map(&dumb);
	fill(&dumb, colour);
	if (add_framebuffer(&dumb) != 0)
		die("AddFB2");
	return dumb;
}

/* ---- how memory is shown ---- */

struct nature {
	const char *flush, *flip, *foreign, *vblank; /* flip, foreign: "" unless it was seen */
	bool anywhere;				     /* the primary plane need not cover its CRTC */
	int foreign_framebuffer;		     /* an errno; -1: not tried */
	int foreign_import;
};

/* A flip to another framebuffer, of which only a corner is said to have changed. */
static void learn_flip(const struct head *head, struct nature *nature)
{
	struct dumb other = full(head, GREEN);
	const struct drm_mode_rect clip = {0, 0, 16, 16};
	uint64_t value;
	uint32_t blob, kind = DRM_MODE_OBJECT_PLANE;
	const uint32_t fb_id = property(head->primary, kind, "FB_ID", &value);
	const uint32_t clips = property(head->primary, kind, "FB_DAMAGE_CLIPS", &value);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	if (!request || !fb_id || !clips ||
	    drmModeCreatePropertyBlob(card, &clip, sizeof(clip), &blob) != 0)
		return;
	drmModeAtomicAddProperty(request, head->primary, fb_id, other.fb);
	drmModeAtomicAddProperty(request, head->primary, clips, blob);
	if (drmModeAtomicCommit(card, request, 0, NULL) != 0)
		die("a flip with damage");
	drmModeAtomicFree(request);
	const uint32_t rest = displayed(100, 100);
	nature->flip = rest == GREEN ? " flip=whole" : " flip=clips";
	if (rest != GREEN && rest != BLUE)
		nature->flush = "buffer";
}

/* Older kernels have no udmabuf; vgem's memory is as foreign. */
static int create_on_vgem(void **pixels)
{
	struct dumb dumb;
	const int own = card;
	int prime = -1;
	card = find_card("vgem");
	if (card >= 0 && own != card && dumb_create(&dumb, 4096, 2160, 32) == 0 &&
	    drmPrimeHandleToFD(card, dumb.handle, DRM_RDWR | DRM_CLOEXEC, &prime) == 0) {
		dumb_map(&dumb);
		*pixels = dumb.pixels;
	}
	card = own;
	return prime;
}

static void learn_place(const struct head *head, struct nature *nature)
{
	uint64_t value;
	const uint32_t id = property(head->primary, DRM_MODE_OBJECT_PLANE, "CRTC_X", &value);
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	if (!request || !id)
		return;
	drmModeAtomicAddProperty(request, head->primary, id, 1);
	nature->anywhere = drmModeAtomicCommit(card, request, DRM_MODE_ATOMIC_TEST_ONLY, NULL) == 0;
	drmModeAtomicFree(request);
}

static void learn_foreign(const struct head *head, struct nature *nature)
{
	void *pixels = NULL;
	struct dumb foreign = {.width = head->mode.hdisplay,
			       .height = head->mode.vdisplay,
			       .pitch = (head->mode.hdisplay * 4U + 255) / 256 * 256,
			       .size = FOREIGN_SIZE};
	int prime = create_udmabuf(&pixels);
	if (prime < 0)
		prime = create_on_vgem(&pixels);
	if (prime < 0)
		return;
	nature->foreign_import = error_of(drmPrimeFDToHandle(card, prime, &foreign.handle));
	if (nature->foreign_import != 0 || !head->connector)
		return;
	foreign.pixels = pixels;
	fill(&foreign, RED);
	nature->foreign_framebuffer = add_framebuffer(&foreign);
	if (nature->foreign_framebuffer == 0 && show(head, &foreign) == 0 && display)
		nature->foreign = displayed(100, 100) == RED ? " foreign=shown" : " foreign=stale";
}

static void learn(const struct head *head, struct nature *nature)
{
	struct dumb front = full(head, RED);
	uint64_t sequence, ns;
	if (show(head, &front) != 0)
		die("setting a mode");
	nature->vblank = drmCrtcGetSequence(card, head->crtc, &sequence, &ns) == 0 ? "yes" : "no";
	learn_place(head, nature);
	fill(&front, BLUE);
	int error = error_of(drmModeDirtyFB(card, front.fb, NULL, 0));
	/* QEMU's picture would not tell: some devices keep it in the memory that was drawn in, and
	 * show it to nobody before the flush. */
	nature->flush = error == ENOSYS ? "no" : "display";
	if (error != 0 && error != ENOSYS)
		answer("drmModeDirtyFB", error, "");
	if (strcmp(nature->flush, "no") != 0 && display)
		learn_flip(head, nature);
}

/* ---- objects ---- */

static void print_formats(const uint32_t *formats, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "%s%.4s", i ? "," : " formats=", (const char *)&formats[i]);
}

static void print_modifiers(uint32_t plane)
{
	uint64_t id = 0;
	property(plane, DRM_MODE_OBJECT_PLANE, "IN_FORMATS", &id);
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(card, (uint32_t)id) : NULL;
	if (!blob)
		return;
	const struct drm_format_modifier_blob *head = blob->data;
	const uint8_t *at = (const uint8_t *)blob->data + head->modifiers_offset;
	for (uint32_t i = 0; i < head->count_modifiers; i++) {
		struct drm_format_modifier entry;
		memcpy(&entry, at + i * sizeof(entry), sizeof(entry));
		fprintf(out, i ? "," : " modifiers=");
		if (entry.modifier == DRM_FORMAT_MOD_LINEAR)
			fprintf(out, "LINEAR");
		else
			fprintf(out, "0x%llx", (unsigned long long)entry.modifier);
	}
	drmModeFreePropertyBlob(blob);
}

static void print_crtcs(uint32_t mask)
{
	const char *separator = " crtcs=";
	for (unsigned i = 0; i < 32; i++)
		if (mask & 1U << i) {
			fprintf(out, "%s%u", separator, i);
			separator = ",";
		}
}

static void print_planes(const struct nature *nature)
{
	static const char *const types[] = {"overlay", "primary", "cursor"};
	drmModePlaneRes *planes = drmModeGetPlaneResources(card);
	for (uint32_t i = 0; planes && i < planes->count_planes; i++) {
		drmModePlane *plane = drmModeGetPlane(card, planes->planes[i]);
		uint64_t value;
		if (!plane)
			continue;
		fprintf(out, "plane %s", types[plane_type(plane->plane_id)]);
		print_formats(plane->formats, plane->count_formats);
		print_modifiers(plane->plane_id);
		print_crtcs(plane->possible_crtcs);
		if (nature->anywhere && plane_type(plane->plane_id) == DRM_PLANE_TYPE_PRIMARY)
			fprintf(out, " anywhere=yes");
		fprintf(out, " clips=%s\n",
			property(plane->plane_id, DRM_MODE_OBJECT_PLANE, "FB_DAMAGE_CLIPS", &value)
				? "yes"
				: "no");
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
}

/* The first of each size and rate: timings are the double's own. */
static void print_modes(const drmModeConnector *connector)
{
	for (int i = 0; i < connector->count_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];
		bool seen = mode->flags & DRM_MODE_FLAG_INTERLACE;
		for (int j = 0; j < i; j++)
			seen = seen || (connector->modes[j].hdisplay == mode->hdisplay &&
					connector->modes[j].vdisplay == mode->vdisplay &&
					connector->modes[j].vrefresh == mode->vrefresh);
		if (!seen)
			fprintf(out, " mode=%ux%u@%u", mode->hdisplay, mode->vdisplay,
				mode->vrefresh);
	}
}

static void print_edid(uint32_t connector)
{
	uint64_t id = 0;
	property(connector, DRM_MODE_OBJECT_CONNECTOR, "EDID", &id);
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(card, (uint32_t)id) : NULL;
	for (uint32_t i = 0; blob && i < blob->length; i++)
		fprintf(out, "%s%02x", i ? "" : " edid=", ((const uint8_t *)blob->data)[i]);
	drmModeFreePropertyBlob(blob);
}

static void print_writeback_formats(uint32_t connector)
{
	uint64_t id = 0;
	property(connector, DRM_MODE_OBJECT_CONNECTOR, "WRITEBACK_PIXEL_FORMATS", &id);
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(card, (uint32_t)id) : NULL;
	if (blob)
		print_formats(blob->data, blob->length / 4);
	drmModeFreePropertyBlob(blob);
}

/* The kernel numbers connectors through all cards; a personality is the only one. */
static void print_connectors(drmModeRes *resources)
{
	enum { TYPES = 32 };
	unsigned numbers[TYPES] = {0};
	for (int i = 0; i < resources->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(card, resources->connectors[i]);
		if (!connector)
			continue;
		const bool writeback = connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK;
		fprintf(out, "connector %s-%u %s",
			drmModeGetConnectorTypeName(connector->connector_type),
			++numbers[connector->connector_type % TYPES],
			writeback				      ? "writeback"
			: connector->connection == DRM_MODE_CONNECTED ? "connected"
								      : "disconnected");
		drmModeEncoder *encoder = connector->count_encoders
						  ? drmModeGetEncoder(card, connector->encoders[0])
						  : NULL;
		if (encoder)
			print_crtcs(encoder->possible_crtcs);
		drmModeFreeEncoder(encoder);
		if (writeback)
			print_writeback_formats(connector->connector_id);
		else
			print_modes(connector);
		print_edid(connector->connector_id);
		fprintf(out, "\n");
		drmModeFreeConnector(connector);
	}
}

static void print_kms(const drmModeRes *resources, const struct nature *nature, bool atomic,
		      bool hotspot)
{
	uint64_t modifiers = 0, width = 0, height = 0;
	drmGetCap(card, DRM_CAP_ADDFB2_MODIFIERS, &modifiers);
	drmGetCap(card, DRM_CAP_CURSOR_WIDTH, &width);
	drmGetCap(card, DRM_CAP_CURSOR_HEIGHT, &height);
	fprintf(out,
		"kms atomic=%s modifiers=%s hotspot=%s vblank=%s flush=%s%s%s cursor=%ux%u crtcs=%d "
		"max=%ux%u\n",
		atomic ? "yes" : "no", modifiers ? "yes" : "no", hotspot ? "yes" : "no",
		nature->vblank, nature->flush, nature->flip, nature->foreign, (unsigned)width,
		(unsigned)height, resources->count_crtcs, resources->max_width,
		resources->max_height);
}

static void record_display(void)
{
	struct nature nature = {"no", "", "", "no", false, -1, -1};
	struct head head = {0};
	const bool atomic = drmSetClientCap(card, DRM_CLIENT_CAP_ATOMIC, 1) == 0;
	drmSetClientCap(card, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	drmSetClientCap(card, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
	const bool hotspot = drmSetClientCap(card, 6, 1) == 0; /* CURSOR_PLANE_HOTSPOT */
	drmModeRes *resources = drmModeGetResources(card);
	const bool shows = resources && find_head(resources, &head);
	if (shows)
		learn(&head, &nature);
	learn_foreign(&head, &nature);
	if (nature.foreign_import >= 0)
		answer("drmPrimeFDToHandle foreign", nature.foreign_import, "ok");
	if (nature.foreign_framebuffer > 0)
		answer("drmModeAddFB2 foreign", nature.foreign_framebuffer, "");
	if (!resources)
		return;
	fprintf(out, "\n");
	print_kms(resources, &nature, atomic, hotspot);
	print_planes(&nature);
	if (!atomic && drmModeMoveCursor(card, head.crtc, 0, 0) == 0)
		fprintf(out, "plane cursor formats=AR24\n");
	print_connectors(resources);
	drmModeFreeResources(resources);
}

static void record(const char *driver, char **comments, int n)
{
	struct utsname system;
	int major, minor;
	uname(&system);
	sscanf(system.release, "%d.%d", &major, &minor);
	card = find_card(driver);
	if (card < 0)
		die(driver);
	fprintf(out, "# %s, Linux %d.%d\n", driver, major, minor);
	fprintf(out, "# evidence: recorded: kernel %s, %s, in QEMU\n", system.release, driver);
	for (int i = 0; i < n; i++)
		fprintf(out, "# %s\n", comments[i]);
	record_device(driver);
	record_dumb();
	record_display();
	record_supposed();
}

/* ---- comparing ---- */

static const char not_recorded[] = "# Not recorded";

static bool is_compared(const char *line)
{
	return line[0] != '#' && line[0] != '\0' && strncmp(line, "uname ", 6) != 0;
}

/* Prints the lines of one text that the other lacks; what was not recorded does not count. */
static int print_missing(const char *text, const char *other, char sign)
{
	int missing = 0;
	const char *end = strstr(text, not_recorded);
	for (const char *at = text; *at && at != end; at += strcspn(at, "\n"), at += *at == '\n') {
		char line[8192];
		snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(at, "\n"), at);
		const char *found = strstr(other, line);
		line[strcspn(line, "\n")] = '\0';
		if (!is_compared(line) || (found && (found == other || found[-1] == '\n')))
			continue;
		printf("%c%s\n", sign, line);
		missing++;
	}
	return missing;
}

static int compare(const char *path, const char *recorded)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	if (!file)
		die(path);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	const int differences =
		print_missing(text, recorded, '-') + print_missing(recorded, text, '+');
	if (differences)
		printf("%s: the driver does not say (-) or says (+) so\n", path);
	return differences ? 1 : 0;
}

int main(int argc, char **argv)
{
	const bool check = argc > 2 && strcmp(argv[1], "--check") == 0;
	char **words = check ? argv + 3 : argv + 1, *text = NULL;
	const int n = check ? argc - 3 : argc - 1;
	size_t size;
	if (n < 2) {
		fprintf(stderr, "usage: record-drm [--check FILE] DRIVER DISPLAY [COMMENT...]\n");
		return 2;
	}
	display = strcmp(words[1], "-") == 0 ? NULL : words[1];
	out = open_memstream(&text, &size);
	if (!out)
		die("out of memory");
	record(words[0], words + 2, n - 2);
	fclose(out);
	if (!check)
		fputs(text, stdout);
	const int result = check ? compare(argv[2], text) : 0;
	free(text);
	return result;
}
