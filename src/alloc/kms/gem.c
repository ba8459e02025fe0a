/* SPDX-License-Identifier: MIT */
/* GEM handles are counted here, since the kernel does not: the same memory imported twice is one
 * handle, and closing it once ends both. */
#include "alloc/kms/internal.h"

#include <errno.h>
#include <stdlib.h>

static struct gem *find(struct lend_kms *kms, uint32_t handle)
{
	for (size_t i = 0; i < kms->n_gems; i++)
		if (kms->gems[i].handle == handle)
			return &kms->gems[i];
	return NULL;
}

/* Room is made before the import, so that no handle can be left without a count. */
static struct gem *find_free(struct lend_kms *kms)
{
	struct gem *gem = find(kms, 0);
	if (gem)
		return gem;
	struct gem *more = realloc(kms->gems, (kms->n_gems + 1) * sizeof(*more));
	if (!more)
		return NULL;
	kms->gems = more;
	more[kms->n_gems] = (struct gem){0};
	return &more[kms->n_gems++];
}

int gem_import(struct lend_kms *kms, int fd, uint32_t *handle)
{
	struct gem *unused = find_free(kms);
	if (!unused)
		return -ENOMEM;
	if (drmPrimeFDToHandle(kms->fd, fd, handle) != 0)
		return -errno;
	struct gem *gem = find(kms, *handle);
	if (!gem) {
		gem = unused;
		gem->handle = *handle;
	}
	gem->users++;
	return 0;
}

void gem_hold(struct lend_kms *kms, uint32_t handle)
{
	struct gem *gem = find(kms, handle);
	if (gem)
		gem->users++;
}

void gem_drop(struct lend_kms *kms, uint32_t handle)
{
	struct gem *gem = find(kms, handle);
	if (!gem || --gem->users > 0)
		return;
	gem->handle = 0;
	drmCloseBufferHandle(kms->fd, handle);
}
