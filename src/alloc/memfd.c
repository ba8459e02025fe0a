/* SPDX-License-Identifier: MIT */
/* Ordinary memory: always works, and the server copies the damage once. */
#include "alloc/allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

static int create(void)
{
	int fd = memfd_create("framelend", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("framelend", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

int memfd_make(uint64_t bytes, struct trial *trial)
{
	int fd = create();
	if (fd < 0)
		return trial_fail(trial, LEND_DEPTH_CREATE, "memfd_create");
	int result = 0;
	if (ftruncate(fd, (off_t)bytes) < 0)
		result = trial_fail(trial, LEND_DEPTH_CREATE, "ftruncate");
	else if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		result = trial_fail(trial, LEND_DEPTH_CREATE, "fcntl(F_ADD_SEALS)");
	if (result == 0)
		return fd;
	close(fd);
	return result;
}

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	return memfd_make(memory->bytes, trial);
}

const struct allocator memfd_allocator = {
	.name = "memfd",
	.memory = LEND_MEMORY_MEMFD,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
