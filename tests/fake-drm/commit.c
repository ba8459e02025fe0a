/* SPDX-License-Identifier: MIT */
/* Commits: a changed copy of what there is, checked, then swapped in. The atomic calls. */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What counts for one commit only. */
static void forget_transient(struct node *node)
{
	node->value[IN_FENCE_FD] = (uint64_t)-1;
	node->value[FB_DAMAGE_CLIPS] = 0;
	node->value[OUT_FENCE_PTR] = 0;
	node->value[WRITEBACK_FB_ID] = 0;
	node->value[WRITEBACK_OUT_FENCE_PTR] = 0;
}

void commit_begin(struct commit *commit, struct file *file, uint32_t flags, uint64_t user_data)
{
	memset(commit, 0, sizeof(*commit));
	commit->file = file;
	commit->flags = flags;
	commit->user_data = user_data;
	memcpy(commit->next, kms.nodes, sizeof(kms.nodes));
}

struct node *commit_touch(struct commit *commit, const struct node *node)
{
	const size_t index = (size_t)(node - kms.nodes);
	commit->touched[index] = true;
	return &commit->next[index];
}

struct node *crtc_of(const struct node *node)
{
	return node_find(node->kind == DRM_MODE_OBJECT_CRTC ? node->id
							    : (uint32_t)node->value[CRTC_ID],
			 DRM_MODE_OBJECT_CRTC);
}

/* The CRTCs that the commit is about, before it or after: a bit each. */
static uint32_t affected(const struct commit *commit)
{
	uint32_t mask = 0;
	for (size_t i = 0; i < kms.n_nodes; i++) {
		const struct node *before = crtc_of(&kms.nodes[i]);
		const struct node *after = crtc_of(&commit->next[i]);
		if (!commit->touched[i])
			continue;
		mask |= before ? 1U << before->index : 0;
		mask |= after ? 1U << after->index : 0;
	}
	return mask;
}

/* ---- fences ---- */

/* A descriptor that gets readable when the CRTC completes. */
static int out_fence(struct crtc *crtc)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fd < 0 || crtc->n_out == FENCES_MAX)
		complain("an out-fence too many: %s", strerror(errno));
	crtc->out[crtc->n_out++] = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 200);
	return fd;
}

static void write_fence(struct crtc *crtc, uint64_t pointer)
{
	if (pointer)
		*(int32_t *)(uintptr_t)pointer = out_fence(crtc);
}

static void take_fences(struct commit *commit, size_t index)
{
	struct crtc *crtc = &kms.crtcs[index];
	for (size_t i = 0; i < kms.n_nodes; i++) {
		const struct node *node = &commit->next[i], *of = crtc_of(node);
		if (!commit->touched[i] || !of || of->index != index)
			continue;
		write_fence(crtc, node->value[OUT_FENCE_PTR]);
		write_fence(crtc, node->value[WRITEBACK_OUT_FENCE_PTR]);
		const int fence = (int)node->value[IN_FENCE_FD];
		if (node->kind != DRM_MODE_OBJECT_PLANE || fence < 0)
			continue;
		if (crtc->n_in == FENCES_MAX)
			complain("too many fences for one CRTC");
		crtc->in[crtc->n_in++] = (int)syscall(SYS_fcntl, fence, F_DUPFD_CLOEXEC, 200);
	}
}

/* ---- damage ---- */

static bool same_source(const struct node *a, const struct node *b)
{
	return memcmp(&a->value[SRC_X], &b->value[SRC_X],
		      sizeof(uint64_t) * (CRTC_H - SRC_X + 1)) == 0;
}

static void take_damage(struct commit *commit, size_t at)
{
	const struct node *before = &kms.nodes[at], *after = &commit->next[at];
	struct plane *plane = &kms.planes[after->index];
	const struct blob *blob = blob_find((uint32_t)after->value[FB_DAMAGE_CLIPS]);
	const bool flipped = before->value[FB_ID] != after->value[FB_ID];
	plane->due = true;
	plane->damage.n = blob ? blob->size / sizeof(struct drm_mode_rect) : 0;
	if (plane->damage.n > CLIPS_MAX)
		plane->damage.n = 0;
	if (blob)
		memcpy(plane->damage.clips, blob->data,
		       plane->damage.n * sizeof(struct drm_mode_rect));
	plane->damage.whole = plane->damage.n == 0 || !same_source(before, after) ||
			      (flipped && kms.options.flip_whole);
}

/* ---- the commit itself ---- */

/* EBUSY, if the commit may not wait for what is on its way. */
static int wait_turn(const struct commit *commit, uint32_t crtcs)
{
	const bool now = commit->flags & DRM_MODE_ATOMIC_NONBLOCK;
	for (size_t i = 0; i < kms.n_crtcs; i++)
		if (crtcs & 1U << i && kms.crtcs[i].busy && now)
			return failed(EBUSY);
	for (size_t i = 0; i < kms.n_crtcs; i++)
		if (crtcs & 1U << i)
			crtc_wait(&kms.crtcs[i]);
	return 0;
}

static int check_room(const struct commit *commit, uint32_t crtcs)
{
	size_t waiting = 0;
	if (!(commit->flags & DRM_MODE_PAGE_FLIP_EVENT))
		return 0;
	if (crtcs == 0)
		return failed(EINVAL);
	for (size_t i = 0; i < kms.n_crtcs; i++)
		waiting += kms.crtcs[i].event && kms.crtcs[i].file == commit->file->serial;
	return commit->file->n_events + waiting + (size_t)__builtin_popcount(crtcs) > EVENTS_MAX
		       ? failed(ENOMEM)
		       : 0;
}

static void start(struct commit *commit, size_t index)
{
	struct crtc *crtc = &kms.crtcs[index];
	crtc->event = commit->flags & DRM_MODE_PAGE_FLIP_EVENT;
	crtc->file = commit->file ? commit->file->serial : 0;
	crtc->user_data = commit->user_data;
	take_fences(commit, index);
	crtc_schedule(crtc);
}

static void do_writeback(struct commit *commit)
{
	for (size_t i = 0; i < kms.n_nodes; i++) {
		struct framebuffer *fb =
			framebuffer_find((uint32_t)commit->next[i].value[WRITEBACK_FB_ID]);
		const struct node *crtc = crtc_of(&commit->next[i]);
		if (commit->touched[i] && fb && crtc && write_back(crtc->index, fb) < 0)
			complain("writeback: %s", strerror(errno));
	}
}

/* What the monitor is fed changes at once; what is in the planes, at the vertical blank. */
static void swap(struct commit *commit, uint32_t crtcs)
{
	uint32_t set = 0;
	bool writes = false;
	for (size_t i = 0; i < kms.n_crtcs; i++)
		if (needs_modeset(commit, node_get(DRM_MODE_OBJECT_CRTC, i)))
			set |= 1U << i;
	for (size_t i = 0; i < kms.n_nodes; i++) {
		writes = writes || commit->next[i].value[WRITEBACK_FB_ID];
		if (commit->touched[i] && commit->next[i].kind == DRM_MODE_OBJECT_PLANE)
			take_damage(commit, i);
	}
	memcpy(kms.nodes, commit->next, sizeof(kms.nodes));
	for (size_t i = 0; i < kms.n_nodes; i++)
		forget_transient(&kms.nodes[i]);
	for (size_t i = 0; i < kms.n_crtcs; i++) {
		kms.modesets += !!(set & 1U << i);
		if (set & 1U << i || writes)
			crtc_latch(i, set & 1U << i);
		if (crtcs & 1U << i)
			start(commit, i);
	}
}

int commit_end(struct commit *commit)
{
	const uint32_t crtcs = affected(commit);
	int result = commit_check(commit);
	if (result < 0 || commit->flags & DRM_MODE_ATOMIC_TEST_ONLY)
		return result;
	result = check_room(commit, crtcs);
	if (result == 0)
		result = wait_turn(commit, crtcs);
	if (result < 0)
		return result;
	swap(commit, crtcs);
	do_writeback(commit);
	for (size_t i = 0; i < kms.n_crtcs; i++)
		if (crtcs & 1U << i && !(commit->flags & DRM_MODE_ATOMIC_NONBLOCK))
			crtc_wait(&kms.crtcs[i]);
	advance();
	collect();
	return 0;
}

/* ---- requests ---- */

struct item {
	uint32_t object, property;
	uint64_t value;
};

struct _drmModeAtomicReq {
	struct item *items;
	int n, size;
};

FAKE_EXPORT drmModeAtomicReqPtr drmModeAtomicAlloc(void)
{
	return calloc(1, sizeof(drmModeAtomicReq));
}

FAKE_EXPORT void drmModeAtomicFree(drmModeAtomicReqPtr request)
{
	if (request)
		free(request->items);
	free(request);
}

FAKE_EXPORT int drmModeAtomicGetCursor(drmModeAtomicReqPtr request)
{
	return request ? request->n : -EINVAL;
}

FAKE_EXPORT void drmModeAtomicSetCursor(drmModeAtomicReqPtr request, int cursor)
{
	if (request)
		request->n = cursor;
}

FAKE_EXPORT int drmModeAtomicAddProperty(drmModeAtomicReqPtr request, uint32_t object,
					 uint32_t property, uint64_t value)
{
	if (!request || object == 0 || property == 0)
		return -EINVAL;
	if (request->n == request->size) {
		const int size = request->size ? request->size * 2 : 64;
		void *items = realloc(request->items, (size_t)size * sizeof(struct item));
		if (!items)
			return -ENOMEM;
		request->items = items;
		request->size = size;
	}
	request->items[request->n++] = (struct item){object, property, value};
	return request->n;
}

FAKE_EXPORT int drmModeAtomicMerge(drmModeAtomicReqPtr base, drmModeAtomicReqPtr augment)
{
	int result = base ? 0 : -EINVAL;
	for (int i = 0; augment && i < augment->n && result >= 0; i++)
		result = drmModeAtomicAddProperty(base, augment->items[i].object,
						  augment->items[i].property,
						  augment->items[i].value);
	return result < 0 ? result : 0;
}

FAKE_EXPORT drmModeAtomicReqPtr drmModeAtomicDuplicate(drmModeAtomicReqPtr request)
{
	drmModeAtomicReq *copy = request ? drmModeAtomicAlloc() : NULL;
	if (copy && drmModeAtomicMerge(copy, request) == 0)
		return copy;
	drmModeAtomicFree(copy);
	return NULL;
}

/* ---- the atomic commit ---- */

static void add_word(char *words, const char *word)
{
	if (*words)
		strcat(words, " ");
	strcat(words, word);
}

/* What lines can tell commits by. */
static void describe(const drmModeAtomicReq *request, uint32_t flags, char *words)
{
	static const char *const types[] = {"overlay", "primary", "cursor"};
	bool seen[3] = {false}, foreign = false, fence = false, writeback = false;
	for (int i = 0; i < request->n; i++) {
		const struct item *item = &request->items[i];
		const struct node *node = node_find(item->object, 0);
		if (node && node->kind == DRM_MODE_OBJECT_PLANE)
			seen[kms.planes[node->index].spec->type] = true;
		if (item->property == kms.property_ids[FB_ID])
			foreign |= framebuffer_foreign(framebuffer_find((uint32_t)item->value));
		fence |= item->property == kms.property_ids[IN_FENCE_FD] && (int)item->value >= 0;
		writeback |= item->property == kms.property_ids[WRITEBACK_FB_ID] && item->value;
	}
	*words = '\0';
	add_word(words, flags & DRM_MODE_ATOMIC_TEST_ONLY ? "test" : "real");
	if (flags & DRM_MODE_ATOMIC_NONBLOCK)
		add_word(words, "nonblock");
	if (flags & DRM_MODE_ATOMIC_ALLOW_MODESET)
		add_word(words, "modeset");
	for (size_t i = 0; i < 3; i++)
		if (seen[i])
			add_word(words, types[i]);
	if (foreign)
		add_word(words, "foreign");
	if (fence)
		add_word(words, "fence");
	if (writeback)
		add_word(words, "writeback");
}

static int check_flags(const struct file *file, uint32_t flags)
{
	const bool test = flags & DRM_MODE_ATOMIC_TEST_ONLY;
	if (!kms.options.atomic)
		return failed(EOPNOTSUPP);
	if (!file->atomic || flags & ~(uint32_t)DRM_MODE_ATOMIC_FLAGS ||
	    flags & DRM_MODE_PAGE_FLIP_ASYNC || (test && flags & DRM_MODE_PAGE_FLIP_EVENT))
		return failed(EINVAL);
	return 0;
}

static int apply(struct commit *commit, const drmModeAtomicReq *request)
{
	for (int i = 0; i < request->n; i++) {
		const struct item *item = &request->items[i];
		const struct node *node = node_find(item->object, 0);
		enum property property;
		if (!node || !node_visible(commit->file, node))
			return failed(ENOENT);
		int error =
			property_check(commit->file, node, item->property, item->value, &property);
		if (error)
			return failed(error);
		commit_touch(commit, node)->value[property] = item->value;
	}
	return 0;
}

FAKE_EXPORT int drmModeAtomicCommit(int fd, drmModeAtomicReqPtr request, uint32_t flags,
				    void *user_data)
{
	static struct commit commit;
	char words[128];
	if (!request)
		return -EINVAL;
	if (request->n == 0)
		return 0;
	describe(request, flags, words);
	struct file *file = kms_master_call(fd, "drmModeAtomicCommit", words);
	if (!file)
		return -errno;
	int result = check_flags(file, flags);
	if (result < 0)
		return result;
	commit_begin(&commit, file, flags, (uintptr_t)user_data);
	result = apply(&commit, request);
	return result < 0 ? result : commit_end(&commit);
}

size_t fake_drm_modesets(void)
{
	return kms.modesets;
}
