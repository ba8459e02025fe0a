/* SPDX-License-Identifier: MIT */
/* The pointer's picture over our surfaces: on framelend its own, elsewhere an arrow drawn here,
 * since what other servers show without being told is anything or nothing. */
#include "client/wayland/wayland.h"
#include "common/arrow.h"

#include <sys/mman.h>
#include <unistd.h>

static struct wl_buffer *draw(struct wl_shm *shm)
{
	const size_t size = (size_t)ARROW_SIDE * ARROW_SIDE * sizeof(uint32_t);
	struct wl_buffer *buffer = NULL;
	int fd = shm_allocate(size);
	if (fd < 0)
		return NULL;
	uint32_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct wl_shm_pool *pool =
		pixels != MAP_FAILED ? wl_shm_create_pool(shm, fd, (int32_t)size) : NULL;
	if (pool != NULL) {
		arrow_draw(pixels, ARROW_SIDE);
		buffer = wl_shm_pool_create_buffer(pool, 0, ARROW_SIDE, ARROW_SIDE, ARROW_SIDE * 4,
						   WL_SHM_FORMAT_ARGB8888);
		wl_shm_pool_destroy(pool);
	}
	if (pixels != MAP_FAILED)
		munmap(pixels, size);
	close(fd);
	return buffer;
}

static void create(struct display *display)
{
	struct wl_buffer *buffer = draw(display->shm);
	if (buffer == NULL)
		return;
	display->cursor = wl_compositor_create_surface(display->compositor);
	if (display->cursor == NULL) {
		wl_buffer_destroy(buffer);
		return;
	}
	display->cursor_buffer = buffer;
	wl_surface_attach(display->cursor, buffer, 0, 0);
	wl_surface_damage(display->cursor, 0, 0, ARROW_SIDE, ARROW_SIDE);
	wl_surface_commit(display->cursor);
}

void cursor_show(struct display *display, uint32_t serial)
{
	if (display->manager != NULL || display->shm == NULL)
		return;
	if (display->cursor == NULL)
		create(display);
	if (display->cursor != NULL)
		wl_pointer_set_cursor(display->seat.pointer, serial, display->cursor, 0, 0);
}

void cursor_release(struct display *display)
{
	if (display->cursor == NULL)
		return;
	wl_surface_destroy(display->cursor);
	wl_buffer_destroy(display->cursor_buffer);
}
