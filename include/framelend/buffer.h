/* SPDX-License-Identifier: MIT */
/**
 * libframelend: describe, import, map, access, send and receive framebuffers.
 *
 * The library depends on libc alone. A program that is lent a buffer needs nothing else: no libdrm,
 * no /dev/dri, no group membership, only the file descriptor and the layout that came with it.
 *
 * Conventions of all framelend libraries
 *  - Functions that can fail return 0 or a positive number on success and -errno on failure.
 *  - Constructors fill *out on success and leave it untouched on failure.
 *  - Destructors accept NULL.
 *  - Structs that a caller fills begin with `size`, set to sizeof the struct. Fields that a newer
 *    header adds at the end read as zero when an older caller leaves them out.
 *  - An fd parameter is documented as "borrowed" (the caller keeps it) or "taken" (the callee closes
 *    it, on failure too). Every fd the libraries create is close-on-exec.
 *  - Nothing here prints, aborts or exits.
 *  - One object is used by one thread at a time; different objects by different threads are fine.
 */
#ifndef FRAMELEND_BUFFER_H
#define FRAMELEND_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEND_EXPORT __attribute__((visibility("default")))

/** The most planes a buffer can have (as in DRM). */
#define LEND_PLANES_MAX 4

/** A DRM fourcc code, the same numbers as drm_fourcc.h. */
#define LEND_FOURCC(a, b, c, d)                                                                    \
	((uint32_t)(a) | ((uint32_t)(b) << 8) | ((uint32_t)(c) << 16) | ((uint32_t)(d) << 24))

/* Names are in the field's order: the most significant bits of a little-endian word come first. */
#define LEND_FORMAT_XRGB8888    LEND_FOURCC('X', 'R', '2', '4')
#define LEND_FORMAT_ARGB8888    LEND_FOURCC('A', 'R', '2', '4')
#define LEND_FORMAT_XBGR8888    LEND_FOURCC('X', 'B', '2', '4')
#define LEND_FORMAT_ABGR8888    LEND_FOURCC('A', 'B', '2', '4')
#define LEND_FORMAT_RGB565      LEND_FOURCC('R', 'G', '1', '6')
#define LEND_FORMAT_BGR565      LEND_FOURCC('B', 'G', '1', '6')
#define LEND_FORMAT_XRGB2101010 LEND_FOURCC('X', 'R', '3', '0')
#define LEND_FORMAT_ARGB2101010 LEND_FOURCC('A', 'R', '3', '0')
#define LEND_FORMAT_XBGR2101010 LEND_FOURCC('X', 'B', '3', '0')
#define LEND_FORMAT_ABGR2101010 LEND_FOURCC('A', 'B', '3', '0')
#define LEND_FORMAT_NV12        LEND_FOURCC('N', 'V', '1', '2')

/** Rows follow one another from top to bottom; the only layout a CPU can draw in. */
#define LEND_MODIFIER_LINEAR  ((uint64_t)0)
/** The layout is known to the driver alone; never crosses from one device to another. */
#define LEND_MODIFIER_INVALID ((uint64_t)0x00ffffffffffffff)

/** A rectangle in pixels; an empty one (width or height <= 0) stands for nothing. */
struct lend_rect {
	int32_t x, y, width, height;
};

/** How urgent a message handed to a log handler is. */
enum lend_log_level {
	LEND_LOG_ERROR = 0,
	LEND_LOG_WARNING = 1,
	LEND_LOG_INFO = 2,
	LEND_LOG_DEBUG = 3,
};

/** Receives one message, without a newline, valid during the call only. */
typedef void (*lend_log_handler)(void *data, enum lend_log_level level, const char *message);

/* ---- formats -------------------------------------------------------------------------------- */

/** What the libraries know about a pixel format. Since 0.1. */
struct lend_format {
	uint32_t fourcc;
	uint32_t opaque;                     /* the same layout without alpha; itself if it has none */
	const char *name;                    /* "XRGB8888" */
	uint8_t n_planes;
	uint8_t has_alpha;
	uint8_t cpp[LEND_PLANES_MAX];        /* bytes for each sample position of a plane */
	uint8_t horizontal[LEND_PLANES_MAX]; /* pixels to one sample, across */
	uint8_t vertical[LEND_PLANES_MAX];   /* pixels to one sample, down */
};

/** The format's row, or NULL if it is unknown. Static memory. Since 0.1. */
LEND_EXPORT const struct lend_format *lend_format_get(uint32_t fourcc);

/** The index-th known format, or NULL past the last. For iterating. Static memory. Since 0.1. */
LEND_EXPORT const struct lend_format *lend_format_at(size_t index);

/** Bytes that a row of the plane holds at least; 0 if the plane does not exist or the size overflows
 *  32 bits. Since 0.1. */
LEND_EXPORT uint32_t lend_format_stride(const struct lend_format *format, uint32_t plane,
					uint32_t width);

/** Rows of the plane; 0 if the plane does not exist. Since 0.1. */
LEND_EXPORT uint32_t lend_format_rows(const struct lend_format *format, uint32_t plane,
				      uint32_t height);

/* ---- buffers -------------------------------------------------------------------------------- */

/** A framebuffer: memory with a size, a format and a layout. Its geometry never changes. */
struct lend_buffer;

/** Where a buffer's memory comes from. The numbers are part of the wire protocols. */
enum lend_memory {
	LEND_MEMORY_UNKNOWN = 0,
	LEND_MEMORY_MEMFD = 1,   /* a sealed memfd: ordinary cached memory */
	LEND_MEMORY_SHM = 2,     /* another tmpfs or hugetlbfs file, a client's wl_shm pool */
	LEND_MEMORY_UDMABUF = 3, /* a dma-buf made from a sealed memfd */
	LEND_MEMORY_HEAP = 4,    /* a dma-buf from /dev/dma_heap */
	LEND_MEMORY_DUMB = 5,    /* a dumb buffer of a display device, exported by PRIME */
	LEND_MEMORY_GBM = 6,     /* a GBM buffer object, exported by PRIME */
	LEND_MEMORY_DMABUF = 7,  /* a dma-buf of unknown origin */
};

/** How the CPU sees the memory: measured through the map, never guessed from the driver's name. */
enum lend_caching {
	LEND_CACHING_UNKNOWN = 0,
	LEND_CACHING_CACHED = 1,
	LEND_CACHING_WRITE_COMBINED = 2, /* reading is many times slower than writing */
};

/** "memfd", "dumb" and so on; "unknown" for other numbers. Static memory. Since 0.1. */
LEND_EXPORT const char *lend_memory_name(enum lend_memory memory);

/** "cached", "write-combined" or "unknown". Static memory. Since 0.1. */
LEND_EXPORT const char *lend_caching_name(enum lend_caching caching);

/** One plane: where its first row begins in its fd, and bytes from one row to the next. */
struct lend_plane {
	int fd;
	uint32_t offset;
	uint32_t stride;
};

/** Everything there is to know about a buffer; also what importing one takes. */
struct lend_buffer_info {
	size_t size; /* sizeof(struct lend_buffer_info) */
	uint32_t width, height;
	uint32_t format;
	uint32_t n_planes;
	uint64_t modifier;
	struct lend_plane planes[LEND_PLANES_MAX];
	enum lend_memory memory;
	enum lend_caching caching;
};

/**
 * Makes a buffer of memory the caller already owns: a memfd, a mappable device, a dma-buf.
 *
 * The fds are borrowed (the buffer keeps duplicates; planes may name the same fd). The caller vouches
 * for the memory: it may be any mappable file, but one that shrinks later raises SIGBUS at an access.
 * A `memory` of LEND_MEMORY_UNKNOWN is filled in from what the fd is. Planes may overlap (rows of two
 * planes can alternate). With a modifier other than LINEAR strides mean what the driver says, and are
 * not looked at; there may then be more planes than the format has.
 *
 * -EINVAL: no such format, wrong number of planes, zero or too large a size (65535 pixels a side), a
 * stride too small for the width, or a stride or offset that is not a multiple of the pixel.
 * -EOVERFLOW: offset + stride * rows does not fit in 32 bits (DRM's own limit). -ENOSPC: the memory is
 * smaller than the layout. -EBADF: an fd is not open, or only with O_PATH. -EMEDIUMTYPE: a pipe, a
 * socket or a directory. -EMFILE, -ENOMEM. lend_buffer_error() says it in words. Since 0.1.
 */
LEND_EXPORT int lend_buffer_import(const struct lend_buffer_info *info, struct lend_buffer **buffer);

/**
 * Makes a buffer of memory that is mapped already and has no descriptor to hand out: the caller's own
 * map, which must outlive it. The plane's fds in info are ignored and described as -1. length: bytes
 * from pixels on. lend_buffer_send() refuses it (-EMEDIUMTYPE); everything else works. There are no
 * brackets: the caller sees to coherence.
 *
 * Errors as lend_buffer_import(). Since 0.1.
 */
LEND_EXPORT int lend_buffer_wrap(const struct lend_buffer_info *info, void *pixels, size_t length,
				 struct lend_buffer **buffer);

/** Unmaps, closes and frees. An open access is ended first. Since 0.1. */
LEND_EXPORT void lend_buffer_destroy(struct lend_buffer *buffer);

/** Fills *info, whose size field the caller has set (-EINVAL: it has not). The fds in it stay the
 *  buffer's. Since 0.1. */
LEND_EXPORT int lend_buffer_describe(const struct lend_buffer *buffer,
				     struct lend_buffer_info *info);

/* ---- access --------------------------------------------------------------------------------- */

enum lend_access {
	LEND_READ = 1,
	LEND_WRITE = 2,
	LEND_READ_WRITE = 3,
};

/**
 * Maps the buffer (MAP_SHARED) for at least the given access, unless it already is. Optional:
 * lend_buffer_begin() does it at need; call it early to keep page faults out of the first frame, since
 * a map for writing is also prefaulted (MADV_POPULATE_WRITE, Linux 5.14; touched page by page before).
 *
 * -EACCES: the fd, or a seal, does not allow it. -EBUSY: an access is open that a remap would pull
 * away. -EOPNOTSUPP: the modifier is not LINEAR. -EFAULT: the memory has become smaller than the
 * layout. -ENOMEM and mmap's other errors. Since 0.1.
 */
LEND_EXPORT int lend_buffer_map(struct lend_buffer *buffer, enum lend_access access);

/**
 * Begins an access by the CPU and gives the first plane's first row. Brackets dma-bufs with
 * DMA_BUF_IOCTL_SYNC, retried on EINTR and EAGAIN; pass LEND_WRITE alone when nothing is read, since a
 * read makes some drivers (amdgpu, xe: kernel source) move the buffer out of video memory.
 *
 * -EBUSY: an access is already open. Otherwise the errors of lend_buffer_map() and of the ioctl.
 * Since 0.1.
 */
LEND_EXPORT int lend_buffer_begin(struct lend_buffer *buffer, enum lend_access access,
				  void **pixels);

/** Ends the access; the pixels must not be touched any more. -EINVAL: none is open. Since 0.1. */
LEND_EXPORT int lend_buffer_end(struct lend_buffer *buffer);

/** A plane's first row while an access is open, else NULL. Since 0.1. */
LEND_EXPORT void *lend_buffer_plane(struct lend_buffer *buffer, uint32_t plane);

/** What a measurement of a buffer's map found, in MB (10^6 bytes) a second. */
struct lend_rates {
	size_t size;
	uint32_t read, write;
};

/**
 * Measures reading and writing through the map and sets the buffer's caching by their ratio. Takes
 * about a millisecond; the contents stay as they were. rates may be NULL. Errors as
 * lend_buffer_begin(). Since 0.1.
 */
LEND_EXPORT int lend_buffer_measure(struct lend_buffer *buffer, struct lend_rates *rates);

/* ---- from process to process ---------------------------------------------------------------- */

/**
 * Sends the buffer over a connected AF_UNIX stream or seqpacket socket (borrowed). The receiver gets
 * descriptors of the same memory. Waits while the socket's queue is full, non-blocking or not, once
 * the first byte is out; -EAGAIN only if nothing was sent. -EPIPE: the peer is gone (no SIGPIPE).
 * -EPROTOTYPE: not such a socket. Since 0.1.
 */
LEND_EXPORT int lend_buffer_send(int socket, const struct lend_buffer *buffer);

/**
 * Receives one buffer from a peer that need not be trusted. On success the memory is such that using
 * it can neither fault nor hang: a dma-buf, or a memfd sealed (by the sender or now by us) against
 * shrinking, and large enough for the layout.
 *
 * -ENODATA: the peer closed before a buffer came. -ECONNRESET: it closed within one. -EAGAIN: nothing
 * there on a non-blocking socket, or on a stream not all of it yet; nothing was read. -EBADMSG: not a
 * buffer, or a header whose sizes contradict it, or the wrong number of fds. -EPROTONOSUPPORT: a
 * version this library does not know. -EINVAL, -EOVERFLOW, -ENOSPC: the layout, as in
 * lend_buffer_import(). -EPERM: memory that its sender could shrink or take away (a tmpfs file, huge
 * pages). -EMEDIUMTYPE: not memory at all (a pipe, a file on disk or on FUSE). -EMFILE: this process
 * has too many files open. Whatever fds came with a refused message are closed: those that are not
 * memory by a thread of their own, since closing a file on FUSE can wait for ever. On a seqpacket
 * socket the next message can be received after an error; on a stream the connection is to be closed.
 * lend_buffer_error() says it in words. Since 0.1.
 */
LEND_EXPORT int lend_buffer_receive(int socket, struct lend_buffer **buffer);

/** The calling thread's last failure of a lend_buffer_*() function in words: the cause and, where
 *  there is one, the remedy. Valid until the thread's next failure. Never NULL. Since 0.1. */
LEND_EXPORT const char *lend_buffer_error(void);

/* ---- what all sides say in the same words --------------------------------------------------- */

/** How a surface's pixels reach the display. The numbers are part of framelend-v1. */
enum lend_path {
	LEND_PATH_NONE = 0,    /* not shown on any output */
	LEND_PATH_SCANOUT = 1, /* the display reads the client's buffer: no copy */
	LEND_PATH_FLUSH = 2,   /* likewise, and the driver uploads the damage itself */
	LEND_PATH_PLANE = 3,   /* an overlay plane reads the client's buffer: no copy */
	LEND_PATH_COPY = 4,    /* the server copies the damage once */
	LEND_PATH_BLEND = 5,   /* copied with alpha, scale or transform */
	LEND_PATH_TEXTURE = 6, /* the GPU composites */
};

/** "scanout", "copy" and so on; "unknown" for other numbers. Static memory. Since 0.1. */
LEND_EXPORT const char *lend_path_name(enum lend_path path);

/** What trying an allocator showed. The numbers are part of framelend-v1. */
enum lend_state {
	LEND_STATE_OK = 0,
	LEND_STATE_FAILED = 1,     /* a call failed; `call` and `error` say which and how */
	LEND_STATE_NOT_TRIED = 2,  /* `reason` says why */
	LEND_STATE_UNVERIFIED = 3, /* works as far as `depth`; what lies deeper nobody looked at */
};

/** How far a trial got: each step includes those before it. Of a failed one, the step that failed. The
 *  numbers are part of framelend-v1. */
enum lend_depth {
	LEND_DEPTH_NONE = 0,
	LEND_DEPTH_CREATE = 1,      /* the memory was made */
	LEND_DEPTH_EXPORT = 2,      /* an fd was made of it */
	LEND_DEPTH_MAP = 3,         /* the fd was mapped, written and read back */
	LEND_DEPTH_FRAMEBUFFER = 4, /* the display made a framebuffer of it */
	LEND_DEPTH_TEST = 5,        /* a test-only commit was accepted */
	LEND_DEPTH_COMMIT = 6,      /* a real commit was accepted */
	LEND_DEPTH_SEEN = 7,        /* the displayed picture was read back and was right */
};

/** "ok", "failed", "not tried", "unverified". Static memory. Since 0.1. */
LEND_EXPORT const char *lend_state_name(enum lend_state state);

/** "create", "export" and so on; "none" for LEND_DEPTH_NONE. Static memory. Since 0.1. */
LEND_EXPORT const char *lend_depth_name(enum lend_depth depth);

/** One allocator's answer. The strings belong to whoever gave the verdict. Since 0.1. */
struct lend_verdict {
	const char *allocator; /* "dumb", "udmabuf", "heap", "memfd" */
	enum lend_state state;
	enum lend_depth depth;
	const char *call;   /* the call that failed, or "" */
	int error;          /* its errno (positive), or 0 */
	const char *reason; /* what it means, a sentence; never NULL */
	const char *remedy; /* what to do about it, a sentence, or "" if there is nothing to do */
};

/**
 * Writes the verdict as the one line that programs, logs and documents all show, in the manner of
 * snprintf: returns the length it needs, without the final NUL. Since 0.1.
 *
 *   dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOENT: <reason> Remedy: <remedy>
 */
LEND_EXPORT int lend_verdict_format(const struct lend_verdict *verdict, char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
