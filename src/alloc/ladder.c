/* SPDX-License-Identifier: MIT */
/* The order of the allocators, and the loop that tries them. */
#include "alloc/device.h"
#include "alloc/verdict.h"
#include "common/error.h"
#include "common/options.h"

#include <unistd.h>
#include <xf86drm.h>

/* Those for a CPU to draw in come first; the last one is a GPU's own ladder. */
static const struct allocator *const ladder[] = {
	&dumb_allocator, &heap_allocator, &udmabuf_allocator, &memfd_allocator, &gbm_allocator,
};

enum { RUNGS = sizeof(ladder) / sizeof(ladder[0]), SIDE_MAX = 65535 };

/* One allocation on its way down the ladder. */
struct request {
	struct lend_device *device; /* or NULL */
	struct lend_buffer_options options;
	struct memory layout; /* where the allocator leaves us the choice */
	struct subject subject;
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer; /* NULL until a rung gave one */
	int error;		    /* of the last rung that failed */
};

/* A reason not to try an allocator, or the words that go with its success. */
struct words {
	const char *reason, *remedy;
};

const char *lend_allocator_name(size_t index)
{
	return index < RUNGS && !ladder[index]->gpu ? ladder[index]->name : NULL;
}

static const struct words write_combined = {
	"the device's memory is write-combined: reading it back, as this client does, is many times "
	"slower than writing it.",
	"Nothing to do: the client draws in ordinary memory, and the server copies what changed once "
	"a frame.",
};

static bool reads_slowly(const struct request *request, enum lend_caching caching)
{
	return request->options.use & LEND_USE_READ && !request->options.allocator &&
	       caching == LEND_CACHING_WRITE_COMBINED;
}

/* What keeps an allocator from being tried even if it is the one asked for. */
static struct words impossible(const struct request *request, const struct allocator *allocator)
{
	if (allocator->own && !request->device)
		return (struct words){"there is no display device to allocate on.",
				      "Give a display device, such as /dev/dri/card0."};
	if (request->layout.info.n_planes > allocator->planes_max)
		return (struct words){"a dumb buffer holds one plane, and this format has more.",
				      "Ask for a format of one plane, such as XRGB8888."};
	return (struct words){NULL, NULL};
}

/* By the table, or since the displayed picture was read back on this very device. */
static bool is_shown(struct lend_device *device, const struct allocator *allocator)
{
	const enum foreign foreign = device->known->foreign;
	return foreign == FOREIGN_SHOWN ||
	       (foreign == FOREIGN_CONTIGUOUS && allocator->contiguous) ||
	       device_finding(device, allocator->memory)->depth == LEND_DEPTH_SEEN;
}

/* What makes an allocator not worth trying. */
static struct words pointless(const struct request *request, const struct allocator *allocator)
{
	if (allocator->gpu || (!allocator->own && !allocator->foreign))
		return (struct words){NULL, NULL};
	if (!(request->options.use & LEND_USE_SCANOUT))
		return (struct words){"the buffer is not for a display to show directly, and "
				      "ordinary memory is the fastest for a CPU.",
				      ""};
	if (!request->device)
		return (struct words){"there is no display device that could show it.",
				      "Give a display device, such as /dev/dri/card0."};
	if (reads_slowly(request, device_finding(request->device, allocator->memory)->caching))
		return write_combined;
	if (allocator->foreign && !is_shown(request->device, allocator))
		return (struct words){request->device->known->foreign_reason, ""};
	return (struct words){NULL, NULL};
}

static struct words why_not(const struct request *request, const struct allocator *allocator)
{
	const char *forced = request->options.allocator;
	if (forced && strcmp(forced, allocator->name) != 0)
		return (struct words){"another allocator was asked for by name.", ""};
	if (request->buffer)
		return (struct words){"an allocator before it gave the buffer.", ""};
	struct words words = impossible(request, allocator);
	if (!words.reason && !forced)
		words = pointless(request, allocator);
	return words;
}

/* Is the memory to be shown by the device? Whether it is, no trial here can tell. */
static bool for_display(const struct request *request, const struct allocator *allocator)
{
	const bool display = request->device && !request->device->known->headless;
	const bool wanted = request->options.use & LEND_USE_SCANOUT;
	return display && (allocator->own || (allocator->foreign && wanted));
}

static struct words why_ok(const struct request *request, const struct allocator *allocator)
{
	if (allocator->gpu && !for_display(request, allocator))
		return (struct words){
			"memory that {driver}'s GBM driver made for a GPU to draw in.", ""};
	if (allocator->gpu)
		return (struct words){
			"memory that {driver}'s GBM driver made for a GPU to draw in; "
			"that the display shows it, the first frame has to prove.",
			""};
	if (allocator->own && !for_display(request, allocator))
		return (struct words){"{driver}'s own memory, written and read back through the fd "
				      "that a client gets; {driver} has no display to show it.",
				      ""};
	if (allocator->own)
		return (struct words){"the device's own memory, written and read back through the "
				      "fd that a client gets; that the display shows it, the first "
				      "frame has to prove.",
				      ""};
	if (for_display(request, allocator))
		return (struct words){"memory that {driver} imported; that the display shows it, "
				      "the first frame has to prove.",
				      ""};
	if (request->device && request->options.use & LEND_USE_SCANOUT)
		return (struct words){"ordinary memory, which always works: the server copies "
				      "what changed once a frame.",
				      ""};
	return (struct words){"ordinary memory, the fastest for a CPU.", ""};
}

static void add_not_tried(const struct request *request, const struct allocator *allocator,
			  struct words words)
{
	const struct lend_verdict verdict = {
		.allocator = allocator->name,
		.state = LEND_STATE_NOT_TRIED,
		.call = "",
		.reason = words.reason,
		.remedy = words.remedy,
	};
	verdicts_add(request->verdicts, &verdict, &request->subject);
}

static void add_success(const struct request *request, const struct allocator *allocator,
			const struct trial *trial)
{
	const bool display = for_display(request, allocator);
	const struct words words = why_ok(request, allocator);
	const struct lend_verdict verdict = {
		.allocator = allocator->name,
		.state = display ? LEND_STATE_UNVERIFIED : LEND_STATE_OK,
		.depth = trial->depth,
		.call = "",
		.reason = words.reason,
		.remedy = words.remedy,
	};
	verdicts_add(request->verdicts, &verdict, &request->subject);
}

/* Whether the display device takes memory of another origin at all. */
static int try_import(const struct request *request, int fd, struct trial *trial)
{
	uint32_t handle;
	if (drmPrimeFDToHandle(request->device->fd, fd, &handle) != 0)
		return trial_fail(trial, LEND_DEPTH_FRAMEBUFFER, "DRM_IOCTL_PRIME_FD_TO_HANDLE");
	drmCloseBufferHandle(request->device->fd, handle);
	return 0;
}

/* As a client has it, in another process; once for each device and allocator. Where there can be no
 * such process, this one measures. */
static int borrow(struct lend_device *device, const struct memory *memory, struct finding *finding)
{
	if (finding_lasts(finding))
		return finding->error;
	finding->error = 0;
	if (borrower_try(memory, finding) == 0)
		device_remember(device);
	else if (finding->caching == LEND_CACHING_UNKNOWN)
		trial_measure(memory, finding);
	return finding->error;
}

/* A memfd is the page cache itself: there is nothing to find out. */
static int examine(const struct request *request, struct memory *memory, struct trial *trial)
{
	struct finding own = {.call = ""}, *finding = &own;
	if (memory->info.memory == LEND_MEMORY_MEMFD) {
		memory->info.caching = LEND_CACHING_CACHED;
		return 0;
	}
	if (request->device)
		finding = device_finding(request->device, memory->info.memory);
	if (!request->device)
		trial_measure(memory, finding);
	else if (borrow(request->device, memory, finding) != 0) {
		*trial = (struct trial){LEND_DEPTH_MAP, finding->call, finding->error};
		return -finding->error;
	}
	memory->info.caching = finding->caching;
	return 0;
}

static int import(const struct memory *memory, struct lend_buffer **buffer, struct trial *trial)
{
	int result = lend_buffer_import(&memory->info, buffer);
	if (result == 0)
		return 0;
	errno = -result;
	return trial_fail(trial, LEND_DEPTH_MAP, "lend_buffer_import");
}

/* 0 without a buffer: it works, but is write-combined where the client reads. */
static int prove(struct request *request, const struct allocator *allocator, struct memory *memory,
		 struct trial *trial)
{
	/* First where a fault kills nobody who matters. */
	int result = 0;
	if (!allocator->gpu)
		result = examine(request, memory, trial);
	if (result == 0 && !allocator->gpu)
		result = trial_map(memory, trial);
	if (result == 0 && allocator->foreign && for_display(request, allocator))
		result = try_import(request, memory->info.planes[0].fd, trial);
	if (result < 0)
		return result;
	if (reads_slowly(request, memory->info.caching))
		return 0;
	return import(memory, &request->buffer, trial);
}

static int allocate(struct request *request, const struct allocator *allocator, struct trial *trial)
{
	struct memory memory = request->layout;
	memory.info.memory = allocator->memory;
	int fd = allocator->allocate(request->device, &request->options, &memory, trial);
	if (fd < 0)
		return fd;
	for (uint32_t i = 0; i < memory.info.n_planes; i++)
		memory.info.planes[i].fd = fd;
	int result = prove(request, allocator, &memory, trial);
	close(fd);
	return result;
}

static void try_allocator(struct request *request, const struct allocator *allocator)
{
	struct words words = why_not(request, allocator);
	if (words.reason) {
		add_not_tried(request, allocator, words);
		return;
	}
	struct trial trial = {.call = ""};
	int result = allocate(request, allocator, &trial);
	if (result < 0) {
		request->error = result;
		verdicts_add_failure(request->verdicts, allocator->name, &trial, &request->subject);
	} else if (request->buffer) {
		add_success(request, allocator, &trial);
	} else {
		add_not_tried(request, allocator, write_combined);
	}
}

static int check_allocator(const char *name)
{
	for (size_t i = 0; i < RUNGS; i++)
		if (!name || strcmp(name, ladder[i]->name) == 0)
			return 0;
	return fail(-EINVAL, "no allocator is named \"%s\": give dumb, heap, udmabuf, memfd or gbm",
		    name);
}

static int check_options(const struct lend_buffer_options *given, struct request *request)
{
	struct lend_buffer_options *options = &request->options;
	int result = options_read(options, sizeof(*options), given);
	if (result < 0)
		return fail(-EINVAL, "struct lend_buffer_options: size %s",
			    result == -E2BIG ? "covers a field that this version does not know"
					     : "is to be sizeof the struct");
	if (!lend_format_get(options->format))
		return fail(-EINVAL,
			    "format 0x%08x is unknown: lend_format_at() lists those there are",
			    options->format);
	if (options->width == 0 || options->width > SIDE_MAX || options->height == 0 ||
	    options->height > SIDE_MAX)
		return fail(-EINVAL, "a size of %ux%u: give 1 to %d pixels a side", options->width,
			    options->height, SIDE_MAX);
	if (options->use & ~(uint32_t)(LEND_USE_SCANOUT | LEND_USE_READ | LEND_USE_GPU))
		return fail(-EINVAL, "use 0x%x has a bit that this version does not know",
			    options->use);
	return check_allocator(options->allocator);
}

static int lay_out(struct request *request)
{
	const struct lend_buffer_options *options = &request->options;
	request->layout.info = (struct lend_buffer_info){
		.size = sizeof(request->layout.info),
		.width = options->width,
		.height = options->height,
		.format = options->format,
		.modifier = LEND_MODIFIER_LINEAR,
	};
	if (!layout_choose(options, &request->layout))
		return fail(-EINVAL,
			    "%ux%u pixels of this format are more than the 4 GiB that DRM can "
			    "describe: give a smaller size",
			    options->width, options->height);
	return 0;
}

/* A GPU cannot draw in a CPU's memory, nor a CPU in a GPU's: of these there is nothing to say. */
static bool is_of_ladder(const struct request *request, const struct allocator *allocator)
{
	const char *forced = request->options.allocator;
	const bool gpu = request->options.use & LEND_USE_GPU ||
			 (forced && strcmp(forced, gbm_allocator.name) == 0);

	return allocator->gpu == gpu;
}

static int descend(struct request *request)
{
	for (size_t i = 0; i < RUNGS; i++)
		if (is_of_ladder(request, ladder[i]))
			try_allocator(request, ladder[i]);
	if (request->buffer)
		return 0;
	return verdicts_fail(request->verdicts, request->error ? request->error : -ENODEV);
}

int lend_buffer_allocate(struct lend_device *device, const struct lend_buffer_options *options,
			 struct lend_buffer **buffer, struct lend_verdicts **verdicts)
{
	if (verdicts)
		*verdicts = NULL;
	if (!options || !buffer)
		return fail(-EINVAL,
			    "lend_buffer_allocate needs options and a place for the buffer");
	struct request request = {.device = device};
	int result = check_options(options, &request);
	if (result == 0)
		result = lay_out(&request);
	if (result < 0)
		return result;
	struct utsname system = {0};
	uname(&system);
	request.subject = (struct subject){
		.driver = device ? device->driver : "the kernel",
		.kernel = device ? device->system.release : system.release,
		.path = device ? device->path : "",
	};
	request.verdicts = verdicts_create(RUNGS);
	if (!request.verdicts)
		return fail(-ENOMEM, "out of memory");
	result = descend(&request);
	if (result == 0)
		*buffer = request.buffer;
	if (verdicts)
		*verdicts = request.verdicts;
	else
		lend_verdicts_destroy(request.verdicts);
	return result;
}
