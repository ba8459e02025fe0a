/* SPDX-License-Identifier: MIT */
/* What is known of each driver: one row a driver and range of kernels, the special before the
 * general. Rows say where the knowledge comes from; only "driver in a VM" was seen by us. */
#include "alloc/knowledge.h"

#include <errno.h>
#include <string.h>

#define CACHED	       LEND_CACHING_CACHED
#define COMBINED       LEND_CACHING_WRITE_COMBINED

#define NOT_CONTIGUOUS "{driver} shows memory in one piece only, which this is not."
#define NO_DISPLAY     "{driver} has no display that could show it."
#define BY_COPYING                                                                                  \
	"{driver} would copy the pixels out of foreign memory, by the kernel's source; nobody has " \
	"compared the picture yet."

static const struct driver drivers[] = {
	/* Graphics cards and processors with graphics. */
	{
		.name = "i915",
		.flush = NO,
		.foreign_reason =
			"i915 accepts foreign memory, but does not flush the CPU's caches for "
			"it: stale pixels. On a separate card it refuses it.",
		.caching = CACHED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark =
			"The end of an access flushes the CPU's caches. Drawing in what is on display "
			"must be told all the same (a commit or DIRTYFB), since the display may rest "
			"on a compressed copy or in the panel. On a separate card the memory is "
			"video memory and write-combined.",
		.source = "i915_gem_dmabuf.c, intel_fb.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "xe",
		.flush = NO,
		.foreign_reason = "xe shows foreign memory on processors with graphics, by the "
				  "kernel's source, but refuses it on separate cards; nobody has "
				  "compared the picture yet.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark =
			"Drivers that copy out of foreign memory (udl, simpledrm, vkms) cannot show "
			"its buffers.",
		.source = "xe_dma_buf.c, xe_bo.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "amdgpu",
		.flush = NO,
		.foreign_reason = "amdgpu never scans out memory that it did not allocate.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark = "An access for reading moves the buffer out of video memory.",
		.source = "amdgpu_dma_buf.c, amdgpu_display.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "radeon",
		.flush = NO,
		.foreign_reason = "radeon never scans out memory that it did not allocate.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = NO,
		.modifiers = NO,
		.remark = "Video memory comes as it was left, not cleared.",
		.source = "radeon_prime.c, radeon_display.c; QEMU's RV100 without acceleration",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "nouveau",
		.flush = NO,
		.foreign_reason =
			"nouveau copies foreign memory once, when it is first shown: later "
			"drawing stays unseen.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = NO,
		.modifiers = YES,
		.remark =
			"Video memory comes as it was left, not cleared. Atomic commits are there but "
			"off by default (nouveau.atomic=1).",
		.source = "nouveau_bo.c, nouveau_display.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "nvidia-drm",
		.foreign_reason =
			"whether nvidia-drm shows memory that it did not allocate is not known.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark =
			"Needs the module parameter modeset=1. Its exports can be mapped after MAP_DUMB "
			"only.",
		.source = "nvidia-drm-gem-nvkms-memory.c (open kernel modules)",
		.evidence = EVIDENCE_SOURCE,
	},

	/* Displays of virtual machines. */
	{
		.name = "vmwgfx",
		.before = "5.17",
		.flush = YES,
		.foreign_reason =
			"vmwgfx accepts foreign memory, but on some virtual devices goes on "
			"showing the old picture without an error.",
		.unshared_call = "DRM_IOCTL_PRIME_HANDLE_TO_FD",
		.unshared_error = EPERM,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "Its dumb buffers are marked as not shareable.",
		.source = "ttm_object.c, vmwgfx_prime.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "vmwgfx",
		.since = "5.17",
		.before = "6.9",
		.flush = YES,
		.foreign_reason =
			"vmwgfx accepts foreign memory, but on some virtual devices goes on "
			"showing the old picture without an error.",
		.unshared_call = "DRM_IOCTL_PRIME_HANDLE_TO_FD",
		.unshared_error = ENOENT,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "Late releases of the 6.6 stable series share, as 6.9 does.",
		.source = "vmwgfx_prime.c; 6.1 on QEMU's vmware-svga, one check relaxed",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "vmwgfx",
		.since = "6.9",
		.flush = YES,
		.foreign_reason =
			"vmwgfx accepts foreign memory, but on some virtual devices goes on "
			"showing the old picture without an error.",
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "VirtualBox's device showed foreign memory exactly, QEMU's did not.",
		.hazard = "memory that went between vmwgfx and others has crashed Linux 6.12.",
		.source =
			"6.12 on QEMU's vmware-svga, one check relaxed; VirtualBox's VMSVGA, once",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "virtio_gpu",
		.flush = YES,
		.foreign_reason = "virtio_gpu refuses memory that it did not allocate.",
		.honest_before = "6.13",
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = NO,
		.remark = "Dumb buffers have 32 bits a pixel and no other.",
		.source = "6.12 on QEMU's virtio-gpu; virtgpu_gem.c",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "qxl",
		.before = "6.6",
		.flush = YES,
		.foreign_reason = "qxl cannot import buffers.",
		.unshared_call = "mmap",
		.unshared_error = ENOSYS,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "It exports buffers that nobody can map or import.",
		.source = "6.1 on QEMU's qxl",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "qxl",
		.since = "6.6",
		.flush = YES,
		.foreign_reason = "qxl cannot import buffers.",
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "Nobody else can import its buffers.",
		.source = "6.12 on QEMU's qxl",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "bochs-drm",
		.before = "6.6",
		.flush = NO,
		.foreign_reason = "bochs-drm refuses memory that it did not allocate.",
		.unshared_call = "DRM_IOCTL_PRIME_HANDLE_TO_FD",
		.unshared_error = ENOSYS,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "It has no PRIME.",
		.source = "6.1 on QEMU's bochs-display",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "bochs-drm",
		.since = "6.6",
		.before = "6.13",
		.flush = NO,
		.foreign_reason = "bochs-drm refuses memory that it did not allocate.",
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "Nobody else can import its buffers.",
		.source = "6.12 on QEMU's bochs-display",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "bochs-drm",
		.since = "6.13",
		.foreign_reason =
			"bochs-drm has changed its memory since it was last looked at, when it "
			"refused memory that it did not allocate.",
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "It draws from ordinary memory now, no longer from the card's own.",
		.source = "release notes",
		.evidence = EVIDENCE_RECALLED,
	},
	{
		.name = "cirrus",
		.flush = YES,
		.foreign = FOREIGN_SHOWN,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "",
		.source = "6.12 on QEMU's cirrus-vga: udmabuf, heap, vgem, virtio_gpu, vkms shown",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "hyperv_drm",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.remark = "",
		.source = "hyperv_drm_modeset.c",
		.evidence = EVIDENCE_SOURCE,
	},

	/* Displays without hardware of their own. */
	{
		.name = "simpledrm",
		.flush = YES,
		.foreign = FOREIGN_SHOWN,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.modifiers = YES,
		.remark = "It has the one mode that the firmware left.",
		.source = "6.12 in QEMU",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "vkms",
		.flush = NO,
		.foreign = FOREIGN_SHOWN,
		.caching = CACHED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark = "",
		.source = "6.12, built out of tree: udmabuf, heap, vgem, virtio_gpu, cirrus shown",
		.evidence = EVIDENCE_VM,
	},
	{
		.name = "vgem",
		.headless = true,
		.foreign_reason = NO_DISPLAY,
		.caching = COMBINED,
		.remark = "It makes dumb buffers without saying so in its capabilities.",
		.source = "6.12",
		.evidence = EVIDENCE_VM,
	},

	/* Displays that the kernel copies to: servers' consoles, USB. */
	{
		.name = "ast",
		.before = "6.6",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.unshared_call = "DRM_IOCTL_PRIME_HANDLE_TO_FD",
		.unshared_error = ENOSYS,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.remark = "It has no PRIME.",
		.source = "ast_drv.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "ast",
		.since = "6.6",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.caching = CACHED,
		.paced = NO,
		.atomic = YES,
		.remark = "",
		.source = "ast_drv.c, ast_mode.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "mgag200",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.caching = CACHED,
		.atomic = YES,
		.remark = "",
		.source = "mgag200_mode.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "udl",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.caching = CACHED,
		.atomic = YES,
		.remark = "",
		.source = "udl_modeset.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "gud",
		.flush = YES,
		.foreign_reason = BY_COPYING,
		.caching = CACHED,
		.atomic = YES,
		.remark = "",
		.source = "gud_pipe.c",
		.evidence = EVIDENCE_SOURCE,
	},

	/* Displays of systems on a chip. */
	{
		.name = "vc4",
		.flush = NO,
		.foreign = FOREIGN_CONTIGUOUS,
		.foreign_reason = NOT_CONTIGUOUS,
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark = "",
		.source = "vc4_bo.c, drm_gem_dma_helper.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "sun4i-drm",
		.flush = NO,
		.foreign = FOREIGN_CONTIGUOUS,
		.foreign_reason = NOT_CONTIGUOUS,
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.remark = "",
		.source = "drm_gem_dma_helper.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "meson",
		.flush = NO,
		.foreign = FOREIGN_CONTIGUOUS,
		.foreign_reason = NOT_CONTIGUOUS,
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.remark = "",
		.source = "drm_gem_dma_helper.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "imx-drm",
		.flush = NO,
		.foreign = FOREIGN_CONTIGUOUS,
		.foreign_reason = NOT_CONTIGUOUS,
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.remark = "",
		.source = "drm_gem_dma_helper.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "stm",
		.flush = NO,
		.foreign = FOREIGN_CONTIGUOUS,
		.foreign_reason = NOT_CONTIGUOUS,
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.remark = "",
		.source = "drm_gem_dma_helper.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "msm",
		.foreign_reason =
			"msm reaches foreign memory through its IOMMU, by the kernel's source; "
			"nobody has compared the picture yet.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark =
			"Rows are multiples of 32 pixels. A panel with a memory of its own has to be "
			"told of what changed.",
		.source = "msm_gem.c, msm_gem_prime.c",
		.evidence = EVIDENCE_SOURCE,
	},
	{
		.name = "rockchip",
		.foreign_reason =
			"rockchip reaches foreign memory through its IOMMU, by the kernel's "
			"source; nobody has compared the picture yet.",
		.caching = COMBINED,
		.paced = YES,
		.atomic = YES,
		.modifiers = YES,
		.remark = "Rows are multiples of 64 pixels.",
		.source = "rockchip_drm_gem.c",
		.evidence = EVIDENCE_SOURCE,
	},

	/* Renderers without a display, to be paired with one. */
	{.name = "lima",
	 .headless = true,
	 .foreign_reason = NO_DISPLAY,
	 .remark = "",
	 .source = "lima_drv.c",
	 .evidence = EVIDENCE_SOURCE},
	{.name = "panfrost",
	 .headless = true,
	 .foreign_reason = NO_DISPLAY,
	 .remark = "",
	 .source = "panfrost_drv.c",
	 .evidence = EVIDENCE_SOURCE},
	{.name = "panthor",
	 .headless = true,
	 .foreign_reason = NO_DISPLAY,
	 .remark = "",
	 .source = "panthor_drv.c",
	 .evidence = EVIDENCE_SOURCE},
	{.name = "v3d",
	 .headless = true,
	 .foreign_reason = NO_DISPLAY,
	 .remark = "",
	 .source = "v3d_drv.c",
	 .evidence = EVIDENCE_SOURCE},
	{.name = "etnaviv",
	 .headless = true,
	 .foreign_reason = NO_DISPLAY,
	 .remark = "",
	 .source = "etnaviv_drv.c",
	 .evidence = EVIDENCE_SOURCE},

	{
		.foreign_reason =
			"nobody has seen yet that {driver} shows memory that it did not allocate, and a "
			"driver may accept it and go on showing the old picture.",
		.remark = "",
		.source = "",
		.evidence = EVIDENCE_NONE,
	},
};

const struct driver *driver_find(const char *name, const char *kernel)
{
	const struct driver *driver = drivers;
	while (driver->name && (strcmp(driver->name, name) != 0 ||
				!kernel_between(kernel, driver->since, driver->before)))
		driver++; /* the last row matches everything */
	return driver;
}

const struct driver *driver_at(size_t index)
{
	return index < sizeof(drivers) / sizeof(*drivers) ? &drivers[index] : NULL;
}
