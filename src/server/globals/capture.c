/* SPDX-License-Identifier: MIT */
/*
 * Reading what an output shows. All captures of an output share a pool of read-only copies: what
 * was latched is copied into one of them when somebody asks for it, the damage only, once for all.
 */
#include "server/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "framelend-v1-server-protocol.h"

#define SLOTS 3
/* The refresh of an output that has none, in mHz. */
#define NOMINAL_REFRESH 60000

struct slot {
	int fd; /* sealed: only our own map can write */
	uint8_t *pixels;
	uint64_t sequence; /* the output's frame in it, 0: none */
	int64_t deadline;  /* until then (ns) it is left alone if somebody holds it */
};

struct pool {
	struct lend_output *output;
	struct wl_list captures; /* capture.link */
	struct slot slots[SLOTS];
	uint32_t width, height, stride, format;
	size_t size; /* of a slot; 0: none are made yet */
	struct wl_event_source *timer;
	struct wl_listener frame, destroyed;
};

struct capture {
	struct wl_resource *resource;
	struct pool *pool; /* NULL once it has failed */
	struct wl_list link;
	bool announced;		   /* it knows the slots */
	uint32_t scale, transform; /* as told; 0: none yet */
	bool pending, changed;
	uint64_t sequence;    /* its previous frame, 0: none */
	uint32_t held[SLOTS]; /* frames in the slot that it has not released */
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static void slots_finish(struct pool *pool)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &pool->slots[i];
		if (slot->pixels)
			munmap(slot->pixels, pool->size);
		if (slot->fd >= 0)
			close(slot->fd);
		*slot = (struct slot){.fd = -1};
	}
	pool->size = 0;
}

static int slot_init(struct slot *slot, size_t size)
{
	slot->fd = memfd_create("framelend capture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (slot->fd < 0)
		return fail(-errno, "cannot make a buffer for captures: memfd_create: %s",
			    strerror(errno));
	if (ftruncate(slot->fd, (off_t)size) < 0)
		return fail(-errno, "cannot make a buffer for captures: ftruncate: %s",
			    strerror(errno));
	void *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slot->fd, 0);
	if (pixels == MAP_FAILED)
		return fail(-errno, "cannot make a buffer for captures: mmap: %s", strerror(errno));
	slot->pixels = pixels;
	/* From here on nobody can map it for writing any more, whoever gets the fd. */
	if (fcntl(slot->fd, F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return fail(-errno, "cannot seal a buffer for captures: %s (needs Linux 5.1)",
			    strerror(errno));
	return 0;
}

static int slots_init(struct pool *pool)
{
	pool->size = (size_t)pool->stride * pool->height;
	for (int i = 0; i < SLOTS; i++) {
		int ret = slot_init(&pool->slots[i], pool->size);
		if (ret < 0) {
			slots_finish(pool);
			return ret;
		}
	}
	return 0;
}

/* Makes the slots, anew if what is latched does not fit those there are. */
static int slots_fit(struct pool *pool, const struct lend_buffer_info *info)
{
	const struct lend_format *format = lend_format_get(info->format);
	struct capture *capture;

	if (!format || format->n_planes != 1 || info->modifier != LEND_MODIFIER_LINEAR)
		return fail(-ENOTSUP, "what the output shows is in no format that can be captured");
	/* A display shows no alpha: these bits mean nothing and change with the path. */
	if (pool->size && pool->format == format->opaque && pool->width == info->width &&
	    pool->height == info->height)
		return 0;
	slots_finish(pool);
	pool->format = format->opaque;
	pool->width = info->width;
	pool->height = info->height;
	pool->stride = (lend_format_stride(format, 0, info->width) + 3) & ~3U;
	wl_list_for_each (capture, &pool->captures, link) {
		capture->announced = false;
		capture->sequence = 0;
	}
	return slots_init(pool);
}

static bool slot_is_held(const struct pool *pool, int index, int64_t time)
{
	const struct capture *capture;

	if (time >= pool->slots[index].deadline)
		return false;
	wl_list_for_each (capture, &pool->captures, link) {
		if (capture->held[index])
			return true;
	}
	return false;
}

/* The slot to put the newest frame in, the one with least to copy; -EAGAIN while all are held. */
static int slot_choose(const struct pool *pool)
{
	const struct slot *slots = pool->slots;
	int64_t time = now(), wait = INT64_MAX;
	int best = -EAGAIN;

	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].sequence == pool->output->latched.sequence)
			return i;
		if (slot_is_held(pool, i, time))
			wait = slots[i].deadline - time < wait ? slots[i].deadline - time : wait;
		else if (best < 0 || slots[i].sequence > slots[best].sequence)
			best = i;
	}
	if (best < 0)
		wl_event_source_timer_update(pool->timer, (int)(wait / 1000000) + 1);
	return best;
}

/* A client's memory may have a fence by now, for which nobody waits here. */
static int begin_read(const struct frame *frame, void **pixels)
{
	pixman_region32_t all;

	if (!frame->client) {
		int ret = lend_buffer_begin(frame->memory, LEND_READ, pixels);
		return ret < 0 ? fail(ret, "cannot read what the output shows: %s",
				      lend_buffer_error())
			       : 0;
	}
	pixman_region32_init_rect(&all, 0, 0, frame->client->width, frame->client->height);
	pixman_image_t *image =
		frame->client->unreadable ? NULL : buffer_begin_read(frame->client, &all);
	pixman_region32_fini(&all);
	if (!image)
		return fail(-EACCES, "cannot read what the output shows: %s",
			    frame->client->unreadable ? frame->client->unreadable
						      : "a client's memory");
	*pixels = pixman_image_get_data(image);
	return 0;
}

static void end_read(const struct frame *frame)
{
	if (frame->client)
		buffer_end_read(frame->client);
	else
		lend_buffer_end(frame->memory);
}

static int slot_update(struct pool *pool, struct slot *slot, const struct lend_buffer_info *info)
{
	struct lend_output *output = pool->output;
	uint32_t cpp = lend_format_get(info->format)->cpp[0];
	uint32_t stride = info->planes[0].stride;
	pixman_region32_t damage;
	void *pixels;
	int n;

	if (slot->sequence == output->latched.sequence)
		return 0;
	int ret = begin_read(&output->latched, &pixels);
	if (ret < 0)
		return ret;
	pixman_region32_init(&damage);
	damage_ring_since(&output->ring, slot->sequence, (int32_t)pool->width,
			  (int32_t)pool->height, &damage);
	const pixman_box32_t *boxes = pixman_region32_rectangles(&damage, &n);
	for (int i = 0; i < n; i++) {
		size_t offset = (size_t)boxes[i].x1 * cpp;
		size_t length = (size_t)(boxes[i].x2 - boxes[i].x1) * cpp;
		for (size_t y = (size_t)boxes[i].y1; y < (size_t)boxes[i].y2; y++)
			memcpy(slot->pixels + y * pool->stride + offset,
			       (const uint8_t *)pixels + y * stride + offset, length);
	}
	pixman_region32_fini(&damage);
	end_read(&output->latched);
	slot->sequence = output->latched.sequence;
	return 0;
}

/* ---- captures ------------------------------------------------------------------------------- */

static void pool_destroy(struct pool *pool)
{
	slots_finish(pool);
	pool->output->watched--;
	wl_list_remove(&pool->frame.link);
	wl_list_remove(&pool->destroyed.link);
	wl_event_source_remove(pool->timer);
	free(pool);
}

static void capture_leave(struct capture *capture)
{
	if (!capture->pool)
		return;
	wl_list_remove(&capture->link);
	capture->pool = NULL;
}

static void capture_fail(struct capture *capture, int error, const char *reason)
{
	framelend_capture_v1_send_failed(capture->resource, (uint32_t)-error, reason);
	capture_leave(capture);
}

static void capture_announce(struct capture *capture)
{
	const struct pool *pool = capture->pool;

	for (uint32_t i = 0; i < SLOTS && !capture->announced; i++)
		framelend_capture_v1_send_buffer(capture->resource, i, pool->slots[i].fd,
						 pool->width, pool->height, pool->stride,
						 pool->format);
	capture->announced = true;
}

static void capture_tell_view(struct capture *capture)
{
	const struct frame *latched = &capture->pool->output->latched;

	if (capture->scale == latched->scale && capture->transform == latched->transform)
		return;
	capture->scale = latched->scale;
	capture->transform = latched->transform;
	framelend_capture_v1_send_view(capture->resource, latched->transform, latched->scale);
}

static void capture_send(struct capture *capture, int index, const pixman_region32_t *damage)
{
	const struct lend_output *output = capture->pool->output;
	struct slot *slot = &capture->pool->slots[index];
	uint32_t refresh = output->refresh ? output->refresh : NOMINAL_REFRESH;
	uint64_t seconds = (uint64_t)output->latched_at.tv_sec;
	int n;

	capture_announce(capture);
	capture_tell_view(capture);
	const pixman_box32_t *boxes = pixman_region32_rectangles(damage, &n);
	for (int i = 0; i < n; i++)
		framelend_capture_v1_send_damage(capture->resource, boxes[i].x1, boxes[i].y1,
						 boxes[i].x2 - boxes[i].x1,
						 boxes[i].y2 - boxes[i].y1);
	framelend_capture_v1_send_ready(capture->resource, (uint32_t)index,
					(uint32_t)(slot->sequence >> 32), (uint32_t)slot->sequence,
					(uint32_t)(seconds >> 32), (uint32_t)seconds,
					(uint32_t)output->latched_at.tv_nsec);
	capture->pending = false;
	capture->sequence = slot->sequence;
	capture->held[index]++;
	slot->deadline = now() + INT64_C(1000000000000) / refresh;
}

/* Answers a request that can be: something is latched, a change if one was asked for, a slot free.
 */
static void capture_answer(struct capture *capture)
{
	struct pool *pool = capture->pool;
	struct lend_output *output = pool->output;
	struct lend_buffer_info info = {.size = sizeof(info)};
	pixman_region32_t damage;

	if (capture->pending && !output->latched.memory && output->failure < 0)
		capture_fail(capture, output->failure,
			     output->failure == -ENOMEM ? "the output has no memory for its picture"
							: "the output cannot show a picture");
	else if (capture->pending && output->off && !capture->changed)
		capture_fail(capture, -ENODATA, "the output is off");
	/* What planes show is not in the buffer; the next frame has none. */
	if (!capture->pending || !output->latched.memory || output->latched.n_layers > 0 ||
	    output->latched.hidden)
		return;
	int ret = lend_buffer_describe(output->latched.memory, &info);
	if (ret == 0)
		ret = slots_fit(pool, &info);
	if (ret < 0) {
		capture_fail(capture, ret, fail_text());
		return;
	}
	pixman_region32_init(&damage);
	damage_ring_since(&output->ring, capture->sequence, (int32_t)pool->width,
			  (int32_t)pool->height, &damage);
	region_bound(&damage);
	/* The damage may be that of a frame on its way. */
	bool same = capture->sequence == output->latched.sequence ||
		    !pixman_region32_not_empty(&damage);
	int index = capture->changed && same ? -EAGAIN : slot_choose(pool);
	if (index >= 0)
		ret = slot_update(pool, &pool->slots[index], &info);
	if (ret < 0)
		capture_fail(capture, ret, fail_text());
	else if (index >= 0)
		capture_send(capture, index, &damage);
	pixman_region32_fini(&damage);
}

static void pool_answer(struct pool *pool)
{
	struct capture *capture, *next;

	wl_list_for_each_safe (capture, next, &pool->captures, link)
		capture_answer(capture);
	if (wl_list_empty(&pool->captures))
		pool_destroy(pool);
}

static void pool_handle_frame(struct wl_listener *listener, void *data)
{
	struct pool *pool = wl_container_of(listener, pool, frame);

	pool_answer(pool);
}

static int pool_handle_timer(void *data)
{
	pool_answer(data);
	return 0;
}

static void pool_handle_output_destroyed(struct wl_listener *listener, void *data)
{
	struct pool *pool = wl_container_of(listener, pool, destroyed);
	struct capture *capture, *next;

	wl_list_for_each_safe (capture, next, &pool->captures, link)
		capture_fail(capture, -ENODEV, "the output was removed");
	pool_destroy(pool);
}

/* The output's pool, made for its first capture. */
static struct pool *pool_get(struct lend_output *output)
{
	struct wl_listener *listener =
		wl_signal_get(&output->destroyed, pool_handle_output_destroyed);
	struct pool *pool = NULL;

	if (listener)
		return wl_container_of(listener, pool, destroyed);
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	pool->timer = wl_event_loop_add_timer(output->server->loop, pool_handle_timer, pool);
	if (!pool->timer) {
		free(pool);
		return NULL;
	}
	for (int i = 0; i < SLOTS; i++)
		pool->slots[i].fd = -1;
	pool->output = output;
	output->watched++;
	output_schedule(output);
	wl_list_init(&pool->captures);
	pool->frame.notify = pool_handle_frame;
	wl_signal_add(&output->frame, &pool->frame);
	pool->destroyed.notify = pool_handle_output_destroyed;
	wl_signal_add(&output->destroyed, &pool->destroyed);
	return pool;
}

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy(struct wl_client *wl_client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_frame(struct wl_client *wl_client, struct wl_resource *resource, uint32_t flags)
{
	struct capture *capture = wl_resource_get_user_data(resource);

	if (flags & ~(uint32_t)FRAMELEND_CAPTURE_V1_FLAGS_CHANGED) {
		wl_resource_post_error(resource, FRAMELEND_CAPTURE_V1_ERROR_INVALID_FLAGS,
				       "unknown flags 0x%x", flags);
		return;
	}
	if (!capture->pool)
		return;
	if (capture->pending) {
		wl_resource_post_error(
			resource, FRAMELEND_CAPTURE_V1_ERROR_FRAME_PENDING,
			"the frame asked for before has not come yet: wait for ready");
		return;
	}
	capture->pending = true;
	capture->changed = flags & FRAMELEND_CAPTURE_V1_FLAGS_CHANGED;
	pool_answer(capture->pool);
}

static void handle_release(struct wl_client *wl_client, struct wl_resource *resource,
			   uint32_t index)
{
	struct capture *capture = wl_resource_get_user_data(resource);

	if (index >= SLOTS || (capture->pool && !capture->held[index])) {
		wl_resource_post_error(resource, FRAMELEND_CAPTURE_V1_ERROR_NO_FRAME,
				       "buffer %u holds no frame to release", index);
		return;
	}
	if (!capture->pool)
		return;
	capture->held[index]--;
	pool_answer(capture->pool);
}

static const struct framelend_capture_v1_interface implementation = {
	.destroy = handle_destroy,
	.frame = handle_frame,
	.release = handle_release,
};

static void handle_resource_destroy(struct wl_resource *resource)
{
	struct capture *capture = wl_resource_get_user_data(resource);
	struct pool *pool = capture->pool;

	capture_leave(capture);
	if (pool)
		pool_answer(pool);
	free(capture);
}

void capture_create(struct client *client, uint32_t version, uint32_t id,
		    struct lend_output *output)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	struct wl_resource *resource = wl_resource_create(
		client->wl_client, &framelend_capture_v1_interface, (int)version, id);

	if (!capture || !resource) {
		wl_client_post_no_memory(client->wl_client);
		if (resource)
			wl_resource_destroy(resource);
		free(capture);
		return;
	}
	capture->resource = resource;
	wl_resource_set_implementation(resource, &implementation, capture, handle_resource_destroy);
	if (!client_is_privileged(client)) {
		capture_fail(capture, -EACCES,
			     "this client may not capture: it needs the server's "
			     "user id or the server's permission");
		return;
	}
	if (!output) {
		capture_fail(capture, -ENODEV, "the output was removed");
		return;
	}
	capture->pool = pool_get(output);
	if (!capture->pool) {
		capture_fail(capture, -ENOMEM, "out of memory");
		return;
	}
	wl_list_insert(capture->pool->captures.prev, &capture->link);
}
