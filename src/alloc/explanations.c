/* SPDX-License-Identifier: MIT */
#include "alloc/knowledge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CREATE_DUMB  "DRM_IOCTL_MODE_CREATE_DUMB"
#define HANDLE_TO_FD "DRM_IOCTL_PRIME_HANDLE_TO_FD"
#define FD_TO_HANDLE "DRM_IOCTL_PRIME_FD_TO_HANDLE"
#define NEWER_6_6                                                                                  \
	"Run Linux 6.6 or later (Debian 13 has it; Debian 12 in bookworm-backports). Until then "  \
	"the server copies what changed once a frame."
#define COPIED "Nothing to do: the server copies what changed once a frame."

static const struct explanation explanations[] = {
	/* gbm */
	{"gbm", "dlopen(libgbm.so.1)", 0, NULL, NULL, NULL,
	 "Mesa's GBM library is not installed, or too old.",
	 "Install libgbm1 (Debian's name), with the Mesa driver of the GPU.", "Mesa source"},
	{"gbm", "gbm_create_device", ENOSYS, NULL, NULL, NULL, "framelend was built without GBM.",
	 "Build it where GBM's header is (Debian: libgbm-dev).", "framelend source"},
	{"gbm", "gbm_create_device", 0, NULL, NULL, NULL,
	 "Mesa has no driver that makes memory for {driver}.",
	 "Install the Mesa drivers (Debian: libgl1-mesa-dri).", "Mesa source"},
	{"gbm", "gbm_bo_create", 0, NULL, NULL, NULL,
	 "{driver}'s GBM driver makes no memory of this format, size and layout.",
	 "Allow LINEAR, or another of the layouts that the display and the GPU share.",
	 "Mesa source"},
	{"gbm", "gbm_bo_get_plane_count", 0, NULL, NULL, NULL,
	 "{driver}'s GBM driver lays this format and layout out in more planes than DRM has.",
	 "Allow LINEAR, which adds no planes.", "Mesa source"},
	{"gbm", "gbm_bo_get_handle_for_plane", 0, NULL, NULL, NULL,
	 "{driver}'s GBM driver puts the planes of this format and layout into several objects, "
	 "and one is lent.",
	 "Ask for a format of one plane, or allow LINEAR, which adds none.", "Mesa source"},

	/* dumb: creating */
	{"dumb", CREATE_DUMB, EACCES, NULL, NULL, NULL,
	 "{path} is not the display's primary node: render nodes refuse dumb buffers with every "
	 "driver.",
	 "Open the primary node, /dev/dri/card0 or another card; it needs neither master nor "
	 "authentication.",
	 "drivers in a VM"},
	{"dumb", CREATE_DUMB, ENOSYS, NULL, NULL, NULL,
	 "{driver} makes no dumb buffers: it drives a GPU that has no display of its own.",
	 "Open the device that drives the display; where the GPU is a separate one, that is "
	 "another card in /dev/dri.",
	 "kernel source"},
	{"dumb", CREATE_DUMB, EINVAL, "virtio_gpu", NULL, NULL,
	 "virtio_gpu makes dumb buffers of 32 bits a pixel only.",
	 "Ask for XRGB8888 or another format of 32 bits.", "kernel source"},
	{"dumb", CREATE_DUMB, EINVAL, NULL, NULL, NULL,
	 "{driver} makes no dumb buffer of this size or of this many bits a pixel.",
	 "Ask for XRGB8888 and for a size that the display can show.", "kernel source"},
	{"dumb", CREATE_DUMB, ENOMEM, NULL, NULL, NULL,
	 "{driver} has no memory left for a dumb buffer of this size: the system's, or on a "
	 "graphics card its own.",
	 "Use fewer or smaller buffers, or close other programs that hold some.", "kernel source"},

	/* dumb: sharing */
	{"dumb", HANDLE_TO_FD, ENOENT, "vmwgfx", "5.17", "6.9",
	 "vmwgfx in Linux {kernel} makes the buffer but cannot share it: PRIME looks for it where "
	 "only surfaces are kept and finds nothing. It is so from Linux 5.17 on; Linux 6.9 and "
	 "later releases of the 6.6 stable series repaired it.",
	 "Run Linux 6.9 or later, or the newest 6.6 (Debian 13 has 6.12; Debian 12 in "
	 "bookworm-backports). Until then the server copies what changed once a frame.",
	 "kernel source; 6.1 and 6.12 in a VM"},
	{"dumb", HANDLE_TO_FD, EPERM, "vmwgfx", NULL, "5.17",
	 "vmwgfx in Linux {kernel} marks its dumb buffers as not shareable, as all its releases "
	 "before 5.17 do.",
	 "Run Linux 6.9 or later, or the newest 6.6. Until then the server copies what "
	 "changed once a frame.",
	 "kernel source"},
	{"dumb", HANDLE_TO_FD, ENOSYS, "bochs-drm", NULL, "6.6",
	 "bochs-drm in Linux {kernel} has no PRIME: its buffers cannot leave the process.",
	 NEWER_6_6, "6.1 and 6.12 in a VM"},
	{"dumb", HANDLE_TO_FD, ENOSYS, "ast", NULL, "6.6",
	 "ast in Linux {kernel} has no PRIME: its buffers cannot leave the process.", NEWER_6_6,
	 "kernel source"},
	{"dumb", HANDLE_TO_FD, ENOSYS, NULL, NULL, NULL,
	 "{driver} in Linux {kernel} has no PRIME export: its buffers cannot leave the process.",
	 "A newer kernel may have it. Until then the server copies what changed once a frame.",
	 "kernel source"},
	{"dumb", "DRM_IOCTL_MODE_MAP_DUMB", 0, NULL, NULL, NULL,
	 "{driver} shares the buffer but gives no place to map it at ({meaning}), without which "
	 "some drivers let nobody map it.",
	 COPIED, "kernel source"},

	/* udmabuf */
	{"udmabuf", "open(/dev/udmabuf)", ENOENT, NULL, NULL, NULL,
	 "this kernel offers no udmabuf: the module is not loaded, or {kernel} was built without "
	 "CONFIG_UDMABUF (as Debian 12's 6.1 was).",
	 "Load the module (modprobe udmabuf) or run a kernel that has it.", "6.1 in a VM"},
	{"udmabuf", "open(/dev/udmabuf)", EACCES, NULL, NULL, NULL,
	 "this user may not open /dev/udmabuf.",
	 "Give access with a udev rule (TAG+=\"uaccess\"), or join the group that the device "
	 "belongs to, kvm with systemd's rules.",
	 "recalled"},
	{"udmabuf", "UDMABUF_CREATE", EINVAL, NULL, NULL, NULL,
	 "udmabuf refuses the size: it makes buffers of up to 64 MiB unless told otherwise.",
	 "Raise the limit (as root, in /sys/module/udmabuf/parameters/size_limit_mb) or ask for "
	 "a smaller buffer.",
	 "kernel source"},

	/* heap */
	{"heap", "open(/dev/dma_heap/system)", ENOENT, NULL, NULL, NULL,
	 "this kernel offers no system heap: {kernel} was built without "
	 "CONFIG_DMABUF_HEAPS_SYSTEM (as Debian 12's 6.1 was).",
	 "Run a kernel that has it.", "6.1 in a VM"},
	{"heap", "open(/dev/dma_heap/system)", EACCES, NULL, NULL, NULL,
	 "only root may open the system heap unless a rule says otherwise.",
	 "Run the server as root, or give its user access to /dev/dma_heap/system with a udev "
	 "rule.",
	 "6.12 in a VM"},
	{"heap", "open(/dev/dma_heap)", EACCES, NULL, NULL, NULL,
	 "only root may open the heap of contiguous memory unless a rule says otherwise.",
	 "Run the server as root, or give its user access to /dev/dma_heap with a udev rule.",
	 "kernel source"},
	{"heap", "open(/dev/dma_heap)", ENOENT, NULL, NULL, NULL,
	 "this kernel offers no heap of contiguous memory, which is all that {driver} shows: {kernel} "
	 "was built without CONFIG_DMABUF_HEAPS_CMA, or has no such memory set aside.",
	 "Run a kernel that has it, with some memory set aside (cma=64M on its command line).",
	 "kernel source"},

	/* memfd */
	{NULL, "memfd_create", ENOSYS, NULL, NULL, NULL,
	 "this kernel has no memfd, or a sandbox forbids it.",
	 "Allow the system call memfd_create (Linux 3.17 and later have it).", "manual page"},
	{NULL, "ftruncate", EFBIG, NULL, NULL, NULL,
	 "the buffer is larger than a file may be here.",
	 "Raise the limit on file sizes (ulimit -f) or ask for a smaller buffer.", "manual page"},

	/* mapping and importing, whatever the allocator */
	{NULL, "mmap", EACCES, NULL, NULL, NULL,
	 "the buffer was shared for reading only, and stays so for life: the first export "
	 "decides.",
	 "Export it with DRM_RDWR before anything else does.", "drivers in a VM"},
	{"dumb", "mmap", ENOSYS, "qxl", NULL, "6.6",
	 "qxl in Linux {kernel} exports its buffers, and lets nobody map them.", NEWER_6_6,
	 "6.1 and 6.12 in a VM"},
	{NULL, "mmap", ENOSYS, NULL, NULL, NULL, "{driver} shares buffers that a CPU cannot map.",
	 "A newer kernel may be able to. Until then the server copies what changed once a frame.",
	 "qxl in a VM"},
	{NULL, "mmap", ENODEV, NULL, NULL, NULL, "{driver} shares buffers that a CPU cannot map.",
	 "A newer kernel may be able to. Until then the server copies what changed once a frame.",
	 "kernel source"},
	{NULL, "a client's access", EFAULT, NULL, NULL, NULL,
	 "a program that was lent the buffer dies when it touches it.", COPIED, "by definition"},
	{NULL, "a client's access", ETIMEDOUT, NULL, NULL, NULL,
	 "a program that was lent the buffer did not get done with it in two seconds.", COPIED,
	 "by definition"},
	{NULL, "a client's reading", EIO, NULL, NULL, NULL,
	 "what is written here is not what a program that was lent the buffer sees.", COPIED,
	 "by definition"},
	{NULL, "reading what a client drew", EIO, NULL, NULL, NULL,
	 "what a program that was lent the buffer draws is not what is seen here.", COPIED,
	 "by definition"},
	{NULL, "reading back", EIO, NULL, NULL, NULL,
	 "what was written through the shared buffer's map is not what another map of it shows.",
	 COPIED, "by definition"},
	{NULL, FD_TO_HANDLE, ENOSYS, "qxl", NULL, NULL, "qxl cannot import buffers at all.", COPIED,
	 "driver in a VM"},
	{NULL, FD_TO_HANDLE, ENOSYS, NULL, NULL, NULL,
	 "{driver} cannot import it: either it imports nothing, or the driver whose memory it is "
	 "(bochs-drm, qxl) lets nobody import it.",
	 COPIED, "drivers in a VM"},
	{NULL, FD_TO_HANDLE, 0, NULL, NULL, NULL,
	 "{driver} refuses to show memory that it did not allocate ({meaning}).", COPIED,
	 "drivers in a VM"},
	{NULL, "DRM_IOCTL_MODE_ADDFB2", EREMOTE, NULL, NULL, NULL,
	 "{driver} shows memory of its own graphics card only.", COPIED, "kernel source"},
	{NULL, "DRM_IOCTL_MODE_ADDFB2", EINVAL, "amdgpu", NULL, NULL,
	 "amdgpu never scans out memory that it did not allocate.", COPIED, "kernel source"},
	{NULL, "DRM_IOCTL_MODE_ADDFB2", EINVAL, "radeon", NULL, NULL,
	 "radeon never scans out memory that it did not allocate.", COPIED, "driver in a VM"},
	{NULL, "DRM_IOCTL_MODE_ADDFB2", 0, NULL, NULL, NULL,
	 "{driver} imports the memory but makes no framebuffer of it ({meaning}).", COPIED,
	 "kernel source"},
	{NULL, "DRM_IOCTL_MODE_ATOMIC (test)", 0, NULL, NULL, NULL,
	 "{driver} refuses to show it ({meaning}).", COPIED, "kernel source"},
	{NULL, "DRM_IOCTL_MODE_ATOMIC", 0, NULL, NULL, NULL,
	 "{driver} said that it would show it, and refused when it was to ({meaning}).", COPIED,
	 "kernel source"},
	{NULL, "DRM_IOCTL_MODE_PAGE_FLIP", 0, NULL, NULL, NULL,
	 "{driver} refuses to show it ({meaning}).", COPIED, "kernel source"},
	{NULL, "waiting for the picture", 0, NULL, NULL, NULL,
	 "{driver} took it and did not say within a second that it is on display.", COPIED,
	 "by definition"},
	{NULL, "reading the picture back", EIO, NULL, NULL, NULL,
	 "{driver} took it without an error, and the display shows something else.", COPIED,
	 "by definition"},
	{NULL, "DMA_BUF_IOCTL_SYNC", 0, NULL, NULL, NULL,
	 "{driver} does not let the CPU begin or end an access ({meaning}).", COPIED,
	 "kernel source"},

	/* any call */
	{NULL, NULL, EMFILE, NULL, NULL, NULL, "this process has as many files open as it may.",
	 "Close some, or raise the limit (ulimit -n).", "manual page"},
	{NULL, NULL, ENFILE, NULL, NULL, NULL, "the whole system has as many files open as it may.",
	 "Close programs, or raise the limit (sysctl fs.file-max).", "manual page"},
	{NULL, NULL, ENOMEM, NULL, NULL, NULL, "there is not enough memory for the buffer.",
	 "Use fewer or smaller buffers, or close other programs.", "manual page"},
	{NULL, NULL, 0, NULL, NULL, NULL,
	 "{call} failed ({meaning}), and what that means here is not known yet.",
	 "Report it with the driver ({driver}) and the kernel ({kernel}).", "none"},
};

bool kernel_between(const char *release, const char *since, const char *before)
{
	unsigned major = 0, minor = 0, limit_major, limit_minor;
	sscanf(release, "%u.%u", &major, &minor);
	if (since && sscanf(since, "%u.%u", &limit_major, &limit_minor) == 2 &&
	    (major < limit_major || (major == limit_major && minor < limit_minor)))
		return false;
	return !before || sscanf(before, "%u.%u", &limit_major, &limit_minor) != 2 ||
	       major < limit_major || (major == limit_major && minor < limit_minor);
}

static bool matches(const char *pattern, const char *value)
{
	return !pattern || strcmp(pattern, value) == 0;
}

const struct explanation *explanation_find(const char *allocator, const struct trial *trial,
					   const struct subject *subject)
{
	const struct explanation *row = explanations;
	while (!matches(row->allocator, allocator) || !matches(row->call, trial->call) ||
	       (row->error != 0 && row->error != trial->error) ||
	       !matches(row->driver, subject->driver) ||
	       !kernel_between(subject->kernel, row->since, row->before))
		row++; /* the last row matches everything */
	return row;
}

const struct explanation *explanation_at(size_t index)
{
	return index < sizeof(explanations) / sizeof(*explanations) ? &explanations[index] : NULL;
}
