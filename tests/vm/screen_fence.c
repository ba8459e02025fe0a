/* SPDX-License-Identifier: MIT */
#include "screen_fence.h"

#include "protocol/harness.h"
#include "screen_kms.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

/* vgem_drm.h, which no package has */
struct vgem_attach {
	uint32_t handle, flags, out_fence, pad;
};

struct vgem_signal {
	uint32_t fence, flags;
};

#define VGEM_WRITE  1
#define VGEM_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_attach)
#define VGEM_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_signal)

/* linux/dma-buf.h of 6.0 */
struct sync_file_of {
	uint32_t flags;
	int32_t fd;
};

#define EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, struct sync_file_of)
#define IMPORT_SYNC_FILE _IOW(DMA_BUF_BASE, 3, struct sync_file_of)

bool fence_create(struct fence *fence)
{
	struct sync_file_of sync = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	uint32_t pitch;
	uint64_t size;
	char path[32];
	int dmabuf = -1;

	if (!screen_find_card("vgem", path, sizeof(path)))
		return false;
	fence->card = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fence->card >= 0);
	assert_int_equal(
		drmModeCreateDumbBuffer(fence->card, 64, 64, 32, 0, &fence->handle, &pitch, &size),
		0);
	struct vgem_attach attach = {.handle = fence->handle, .flags = VGEM_WRITE};
	assert_int_equal(drmIoctl(fence->card, VGEM_ATTACH, &attach), 0);
	fence->id = attach.out_fence;
	assert_int_equal(
		drmPrimeHandleToFD(fence->card, fence->handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	assert_int_equal(ioctl(dmabuf, EXPORT_SYNC_FILE, &sync), 0);
	fence->sync_file = sync.fd;
	close(dmabuf);
	return true;
}

void fence_attach(const struct fence *fence, int dmabuf)
{
	struct sync_file_of sync = {.flags = DMA_BUF_SYNC_WRITE, .fd = fence->sync_file};

	assert_int_equal(ioctl(dmabuf, IMPORT_SYNC_FILE, &sync), 0);
}

void fence_signal(const struct fence *fence)
{
	struct vgem_signal signal = {.fence = fence->id};

	assert_int_equal(drmIoctl(fence->card, VGEM_SIGNAL, &signal), 0);
}

void fence_finish(struct fence *fence)
{
	close(fence->sync_file);
	drmModeDestroyDumbBuffer(fence->card, fence->handle);
	close(fence->card);
}
