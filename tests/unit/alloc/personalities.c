/* SPDX-License-Identifier: MIT */
/* Each driver personality goes down the ladder and leaves exactly these verdicts. */
#include "helpers.h"

#include <dirent.h>
#include <string.h>

#define DUMB_WORKS                                                                                 \
	"dumb: unverified beyond map: the device's own memory, written and read back through the " \
	"fd that a client gets; that the display shows it, the first frame has to prove."
#define LATER(name) name ": not tried: an allocator before it gave the buffer."
#define MEMFD_COPIES                                                                               \
	"memfd: ok: ordinary memory, which always works: the server copies what changed once a "   \
	"frame."
#define COPYING(name, driver)                                                                      \
	name ": not tried: " driver                                                                \
	     " would copy the pixels out of foreign memory, by the kernel's source; nobody has "   \
	     "compared the picture yet."
#define NO_DISPLAY(name, driver) name ": not tried: " driver " has no display that could show it."
#define STALE(name)                                                                                \
	name ": not tried: vmwgfx accepts foreign memory, but on some virtual devices goes on "    \
	     "showing the old picture without an error."
#define UNTIL_6_6                                                                                  \
	" Remedy: Run Linux 6.6 or later (Debian 13 has it; Debian 12 in bookworm-backports). "    \
	"Until then the server copies what changed once a frame."

#define WORKS                                                                                      \
	{                                                                                          \
		DUMB_WORKS, LATER("heap"), LATER("udmabuf"), LATER("memfd")                        \
	}

struct expectation {
	const char *personality;
	const char *driver;
	enum lend_memory memory;
	uint32_t stride; /* of 801 pixels */
	const char *lines[4];
};

static const struct expectation expectations[] = {
	{"i915", "i915", LEND_MEMORY_DUMB, 3264, WORKS},
	{"xe", "xe", LEND_MEMORY_DUMB, 3264, WORKS},
	{"amdgpu", "amdgpu", LEND_MEMORY_DUMB, 3328, WORKS},
	{"radeon", "radeon", LEND_MEMORY_DUMB, 3328, WORKS},
	{"nouveau", "nouveau", LEND_MEMORY_DUMB, 3328, WORKS},
	{"nvidia-drm", "nvidia-drm", LEND_MEMORY_DUMB, 3328, WORKS},
	{"vmwgfx-6.12", "vmwgfx", LEND_MEMORY_DUMB, 3204, WORKS},
	{"virtio-gpu", "virtio_gpu", LEND_MEMORY_DUMB, 3204, WORKS},
	{"qxl-6.12", "qxl", LEND_MEMORY_DUMB, 3204, WORKS},
	{"bochs-6.12", "bochs-drm", LEND_MEMORY_DUMB, 3204, WORKS},
	{"cirrus", "cirrus", LEND_MEMORY_DUMB, 3204, WORKS},
	{"simpledrm", "simpledrm", LEND_MEMORY_DUMB, 3204, WORKS},
	{"vkms", "vkms", LEND_MEMORY_DUMB, 3204, WORKS},
	{"vgem",
	 "vgem",
	 LEND_MEMORY_DUMB,
	 3204,
	 {"dumb: ok: vgem's own memory, written and read back through the fd that a client gets; "
	  "vgem has no display to show it.",
	  LATER("heap"), LATER("udmabuf"), LATER("memfd")}},
	{"vc4", "vc4", LEND_MEMORY_DUMB, 3204, WORKS},
	{"vmwgfx-6.1",
	 "vmwgfx",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOENT: vmwgfx in Linux "
	  "6.1.0-50-amd64 makes the buffer but cannot share it: PRIME looks for it where only "
	  "surfaces are kept and finds nothing. It is so from Linux 5.17 on; Linux 6.9 and later "
	  "releases of the 6.6 stable series repaired it. Remedy: Run Linux 6.9 or later, or the "
	  "newest 6.6 (Debian 13 has 6.12; Debian 12 in bookworm-backports). Until then the server copies "
	  "what changed once a frame.",
	  STALE("heap"), STALE("udmabuf"), MEMFD_COPIES}},
	{"vmwgfx-5.10",
	 "vmwgfx",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: EPERM: vmwgfx in Linux "
	  "5.10.0-30-amd64 marks its dumb buffers as not shareable, as all its releases before "
	  "5.17 do. Remedy: Run Linux 6.9 or later, or the newest 6.6. Until then the "
	  "server copies what changed once a frame.",
	  STALE("heap"), STALE("udmabuf"), MEMFD_COPIES}},
	{"bochs-6.1",
	 "bochs-drm",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOSYS: bochs-drm in Linux "
	  "6.1.0-50-amd64 has no PRIME: its buffers cannot leave the process." UNTIL_6_6,
	  "heap: not tried: bochs-drm refuses memory that it did not allocate.",
	  "udmabuf: not tried: bochs-drm refuses memory that it did not allocate.", MEMFD_COPIES}},
	{"qxl-6.1",
	 "qxl",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at map: mmap: ENOSYS: qxl in Linux 6.1.0-50-amd64 exports its buffers, "
	  "and lets nobody map them." UNTIL_6_6,
	  "heap: not tried: qxl cannot import buffers.",
	  "udmabuf: not tried: qxl cannot import buffers.", MEMFD_COPIES}},
	{"ast-6.1",
	 "ast",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOSYS: ast in Linux "
	  "6.1.0-40-amd64 has no PRIME: its buffers cannot leave the process." UNTIL_6_6,
	  COPYING("heap", "ast"), COPYING("udmabuf", "ast"), MEMFD_COPIES}},
	{"render-node",
	 "i915",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at create: DRM_IOCTL_MODE_CREATE_DUMB: EACCES: /dev/dri/renderD128 is "
	  "not the display's primary node: render nodes refuse dumb buffers with every driver. "
	  "Remedy: Open the primary node, /dev/dri/card0 or another card; it needs neither "
	  "master nor authentication.",
	  "heap: not tried: i915 accepts foreign memory, but does not flush the CPU's caches for "
	  "it: stale pixels. On a separate card it refuses it.",
	  "udmabuf: not tried: i915 accepts foreign memory, but does not flush the CPU's caches "
	  "for it: stale pixels. On a separate card it refuses it.",
	  MEMFD_COPIES}},
	{"panfrost",
	 "panfrost",
	 LEND_MEMORY_MEMFD,
	 3328,
	 {"dumb: failed at create: DRM_IOCTL_MODE_CREATE_DUMB: ENOSYS: panfrost makes no dumb "
	  "buffers: it drives a GPU that has no display of its own. Remedy: Open the device that "
	  "drives the display; where the GPU is a separate one, that is another card in "
	  "/dev/dri.",
	  NO_DISPLAY("heap", "panfrost"), NO_DISPLAY("udmabuf", "panfrost"), MEMFD_COPIES}},
};

enum { EXPECTATIONS = sizeof(expectations) / sizeof(*expectations) };

static void check(const struct expectation *expected)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	const bool render = strcmp(expected->personality, "render-node") == 0;
	struct lend_device_info info = {.size = sizeof(info)};
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	const size_t fds = count_fds();
	struct lend_device *device =
		open_fake(expected->personality, render ? "/dev/dri/renderD128" : CARD);
	assert_int_equal(lend_device_describe(device, &info), 0);
	assert_string_equal(info.driver, expected->driver);
	assert_int_equal(info.primary, !render);
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_int_equal(lend_verdicts_count(verdicts), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(verdict_line(verdicts, i), expected->lines[i]);
	assert_int_equal(describe(buffer).memory, expected->memory);
	assert_int_equal(describe(buffer).planes[0].stride, expected->stride);
	assert_int_equal(describe(buffer).caching, LEND_CACHING_CACHED);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	lend_device_destroy(device);
	assert_zeroed(buffer); /* it outlives the device; radeon and nouveau hand out old pixels */
	lend_buffer_destroy(buffer);
	lend_verdicts_destroy(verdicts);
	assert_int_equal(count_fds(), fds);
}

static void test_verdicts(void **state)
{
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		print_message("%s\n", expectations[i].personality);
		check(&expectations[i]);
	}
}

/* No personality without an expectation, and none that does not say where its answers come from. */
static void test_all_personalities(void **state)
{
	size_t count = 0;
	DIR *directory = opendir(PERSONALITIES);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += strstr(entry->d_name, ".txt") != NULL;
	closedir(directory);
	assert_int_equal(count, EXPECTATIONS);
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		fake_drm_load(personality_path(expectations[i].personality));
		const char *evidence = fake_drm_evidence();
		if (strncmp(evidence, "taken from source", 17) != 0 &&
		    strncmp(evidence, "recorded", 8) != 0)
			fail_msg("%s: evidence: \"%s\"", expectations[i].personality, evidence);
	}
}

/* The first export, writable, before anything else; then MAP_DUMB; the handle does not stay. */
static void test_order(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, "dumb");
	struct lend_device *device = open_fake("nvidia-drm", CARD);
	struct lend_buffer *buffer;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_non_null(strstr(fake_drm_log(),
			       "drmModeCreateDumbBuffer drmPrimeHandleToFD drmModeMapDumbBuffer "
			       "drmModeDestroyDumbBuffer"));
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* virtio_gpu's dumb buffers have 32 bits a pixel and no other. */
static void test_bits(void **state)
{
	struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake("virtio-gpu", CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	options.format = LEND_FORMAT_RGB565;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(
		verdict_line(verdicts, 0),
		"dumb: failed at create: DRM_IOCTL_MODE_CREATE_DUMB: EINVAL: "
		"virtio_gpu makes dumb buffers of 32 bits a pixel only. Remedy: Ask for "
		"XRGB8888 or another format of 32 bits.");
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	lend_buffer_destroy(buffer);
	lend_verdicts_destroy(verdicts);
	lend_device_destroy(device);
}

/* Where foreign memory is known to be shown, the rungs below dumb are tried in their order. */
static void test_foreign(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_inject("drmPrimeHandleToFD -> ENOSYS");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(
		verdict_line(verdicts, 1),
		"heap: failed at create: open(/dev/dma_heap/system): EACCES: only root may open the "
		"system heap unless a rule says otherwise. Remedy: Run the server as root, or give "
		"its user access to /dev/dma_heap/system with a udev rule.");
	assert_string_equal(verdict_line(verdicts, 2),
			    "udmabuf: unverified beyond map: memory that vkms imported; that the "
			    "display shows it, the first frame has to prove.");
	assert_string_equal(verdict_line(verdicts, 3), LATER("memfd"));
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_UDMABUF);
	assert_int_equal(describe(buffer).planes[0].stride, 3328);
	assert_int_equal(fake_drm_calls("drmPrimeFDToHandle"), 1);
	assert_int_equal(fake_drm_handles(), 0);
	assert_zeroed(buffer);
	lend_buffer_destroy(buffer);
	lend_verdicts_destroy(verdicts);
	fake_drm_inject("open /dev/dma_heap/system -> ok\nDMA_HEAP_IOCTL_ALLOC -> ok");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_HEAP);
	assert_zeroed(buffer);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* Displays that read memory in one piece get it from the heap that has such. */
static void test_contiguous(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake("vc4", CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_inject("drmPrimeHandleToFD -> ENOSYS\n"
			"open /dev/dma_heap/default_cma_region -> ENOENT\n"
			"open /dev/dma_heap/linux,cma -> ok\n"
			"DMA_HEAP_IOCTL_ALLOC -> ok\n"
			"drmPrimeFDToHandle foreign -> ok\ndrmCloseBufferHandle -> ok");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(verdict_line(verdicts, 1),
			    "heap: unverified beyond map: memory that vc4 imported; that the "
			    "display shows it, the first frame has to prove.");
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_HEAP);
	lend_buffer_destroy(buffer);
	lend_verdicts_destroy(verdicts);

	fake_drm_inject("open /dev/dma_heap/linux,cma -> ENOENT\n"
			"open /dev/dma_heap/reserved -> ENOENT");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_string_equal(
		verdict_line(verdicts, 1),
		"heap: failed at create: open(/dev/dma_heap): ENOENT: this kernel offers no heap "
		"of contiguous memory, which is all that vc4 shows: 6.12.48-rpi was built "
		"without CONFIG_DMABUF_HEAPS_CMA, or has no such memory set aside. Remedy: Run a "
		"kernel that has it, with some memory set aside (cma=64M on its command line).");
	assert_string_equal(verdict_line(verdicts, 2),
			    "udmabuf: not tried: vc4 shows memory in one piece only, which this is "
			    "not.");
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	lend_buffer_destroy(buffer);
	lend_verdicts_destroy(verdicts);
	lend_device_destroy(device);
}

/* What the table says of a device before anything is tried. */
static void test_known(void **state)
{
	static const struct {
		const char *personality, *node;
		int flush, foreign;
		const char *reason;
	} rows[] = {
		{"vmwgfx-6.12", CARD, 1, 0,
		 "vmwgfx accepts foreign memory, but on some virtual devices goes on showing the "
		 "old picture without an error."},
		{"vmwgfx-6.1", CARD, 1, 0,
		 "vmwgfx accepts foreign memory, but on some virtual devices goes on showing the "
		 "old picture without an error."},
		{"cirrus", CARD, 1, 1, ""},
		{"vkms", CARD, 0, 1, ""},
		{"amdgpu", CARD, 0, 0, "amdgpu never scans out memory that it did not allocate."},
		{"nvidia-drm", CARD, -1, 0,
		 "whether nvidia-drm shows memory that it did not allocate is not known."},
		{"vc4", CARD, 0, 0, "vc4 shows memory in one piece only, which this is not."},
		{"vgem", CARD, -1, 0, "vgem has no display that could show it."},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lend_device_info info = {.size = sizeof(info)};
		struct lend_device *device = open_fake(rows[i].personality, rows[i].node);
		assert_int_equal(lend_device_describe(device, &info), 0);
		assert_int_equal(info.flush, rows[i].flush);
		assert_int_equal(info.foreign, rows[i].foreign);
		assert_string_equal(info.foreign_reason, rows[i].reason);
		lend_device_destroy(device);
	}
}

static int unload(void **state)
{
	fake_drm_unload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_verdicts, unload),
		cmocka_unit_test_teardown(test_all_personalities, unload),
		cmocka_unit_test_teardown(test_order, unload),
		cmocka_unit_test_teardown(test_bits, unload),
		cmocka_unit_test_teardown(test_foreign, unload),
		cmocka_unit_test_teardown(test_contiguous, unload),
		cmocka_unit_test_teardown(test_known, unload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
