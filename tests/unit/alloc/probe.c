/* SPDX-License-Identifier: MIT */
/* A probe as a library: its facts, and that it leaves nothing behind, whatever fails. */
#undef _FILE_OFFSET_BITS /* scandir() is defined here, under both its names */
#include "helpers.h"

#include "alloc/device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <framelend/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever cards this machine has, the double does not play them. */
FAKE_EXPORT int scandir(const char *path, struct dirent ***entries,
			int (*filter)(const struct dirent *),
			int (*compare)(const struct dirent **, const struct dirent **))
{
	errno = ENOENT;
	return -1;
}

FAKE_EXPORT int scandir64(const char *path, struct dirent64 ***entries,
			  int (*filter)(const struct dirent64 *),
			  int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	errno = ENOENT;
	return -1;
}

static struct lend_probe *probe_fake(const char *personality, const char *inject, int no_modeset)
{
	const struct lend_probe_options options = {
		.size = sizeof(options),
		.no_modeset = no_modeset,
	};
	struct lend_probe *probe = NULL;
	fake_drm_load(personality_path(personality));
	fake_drm_inject(inject);
	if (lend_probe_create(CARD, &options, &probe) != 0)
		fail_msg("%s: %s", personality, lend_alloc_error());
	return probe;
}

static struct lend_probe_info describe_probe(const struct lend_probe *probe)
{
	struct lend_probe_info info = {.size = sizeof(info)};
	assert_int_equal(lend_probe_describe(probe, &info), 0);
	return info;
}

static struct lend_probe_allocator allocator(const struct lend_probe *probe, size_t index)
{
	struct lend_probe_allocator info = {.size = sizeof(info)};
	assert_int_equal(lend_probe_allocator(probe, index, &info), 0);
	return info;
}

static struct lend_probe_client client(const struct lend_probe *probe, size_t index)
{
	struct lend_probe_client info = {.size = sizeof(info)};
	assert_int_equal(lend_probe_client(probe, index, &info), 0);
	return info;
}

/* ---- wrong use ------------------------------------------------------------------------------ */

static void test_arguments(void **state)
{
	const struct lend_probe_options odd = {.size = 3};
	struct lend_probe *probe = (struct lend_probe *)&odd;
	fake_drm_load(personality_path(GOOD));
	fake_drm_inject("open /nowhere -> ENOENT");
	assert_int_equal(lend_probe_create(NULL, NULL, &probe), -EINVAL);
	assert_int_equal(lend_probe_create(CARD, NULL, NULL), -EINVAL);
	assert_int_equal(lend_probe_create(CARD, &odd, &probe), -EINVAL);
	assert_non_null(strstr(lend_alloc_error(), "size"));
	assert_int_equal(lend_probe_create("/nowhere", NULL, &probe), -ENOENT);
	assert_int_equal(lend_probe_create("/dev/null", NULL, &probe), -ENODEV);
	assert_non_null(strstr(lend_alloc_error(), "not a DRM device"));
	assert_int_equal(lend_probe_create_fd(-1, NULL, &probe), -EBADF);
	assert_int_equal(lend_probe_create_fd(0, NULL, NULL), -EINVAL);
	assert_ptr_equal(probe, &odd);
	lend_probe_destroy(NULL);
}

static void test_ends(void **state)
{
	struct lend_probe *probe = probe_fake(GOOD, "", 0);
	struct lend_connector_info connector = {.size = sizeof(connector)};
	struct lend_probe_allocator info = {.size = sizeof(info)}, small = {.size = 1};
	struct lend_probe_plane plane = {.size = sizeof(plane)};
	struct lend_probe_client of = {.size = sizeof(of)};
	struct lend_verdict verdict;
	struct lend_probe_info whole = {.size = 0};
	assert_int_equal(lend_probe_describe(probe, &whole), -EINVAL);
	assert_int_equal(lend_probe_describe(probe, NULL), -EINVAL);
	assert_int_equal(lend_probe_describe(NULL, &whole), -EINVAL);
	assert_int_equal(lend_probe_allocator(probe, 0, &small), -EINVAL);
	assert_int_equal(lend_probe_allocator(probe, 4, &info), -ENOENT);
	assert_int_equal(lend_probe_allocator(probe, SIZE_MAX, &info), -ENOENT);
	assert_int_equal(lend_probe_foreign(probe, 2, &verdict), -ENOENT);
	assert_int_equal(lend_probe_client(probe, 3, &of), -ENOENT);
	assert_int_equal(lend_probe_plane(probe, 1000, &plane), -ENOENT);
	assert_int_equal(lend_probe_connector(probe, 1000, &connector), -ENOENT);
	lend_probe_destroy(probe);
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void test_seen(void **state)
{
	struct lend_probe *probe = probe_fake(GOOD, "", 0);
	const struct lend_probe_info info = describe_probe(probe);
	struct lend_connector_info connector = {.size = sizeof(connector)};
	struct lend_probe_plane plane = {.size = sizeof(plane)};
	struct lend_verdict verdict;
	assert_string_equal(info.driver, "vkms");
	assert_string_equal(info.path, CARD);
	assert_int_equal(info.error, 0);
	assert_true(info.primary && info.display && info.atomic && info.writeback && info.master);
	assert_string_equal(info.unshown, "");
	assert_int_equal(info.flush, 0);
	assert_int_equal(info.foreign, 1);
	assert_string_equal(info.evidence, EVIDENCE_VM);
	assert_int_equal(lend_probe_connector(probe, 0, &connector), 0);
	assert_string_equal(connector.name, "Virtual-1");
	assert_int_equal(lend_probe_plane(probe, 0, &plane), 0);
	assert_string_equal(plane.kind, "primary");
	assert_true(plane.n_formats > 1);

	const struct lend_probe_allocator dumb = allocator(probe, 0), memfd = allocator(probe, 3);
	assert_string_equal(dumb.verdict.allocator, "dumb");
	assert_int_equal(dumb.verdict.state, LEND_STATE_OK);
	assert_int_equal(dumb.verdict.depth, LEND_DEPTH_SEEN);
	assert_true(dumb.mapped && dumb.read > 0 && dumb.write > 0);
	assert_int_equal(memfd.caching, LEND_CACHING_CACHED);
	assert_true(memfd.mapped && memfd.write > 0);
	assert_int_equal(lend_probe_foreign(probe, 1, &verdict), 0);
	assert_string_equal(verdict.allocator, "udmabuf");
	assert_int_equal(verdict.depth, LEND_DEPTH_SEEN);

	assert_int_equal(client(probe, 0).path, LEND_PATH_SCANOUT);
	assert_string_equal(client(probe, 0).memory, "dumb");
	assert_int_equal(client(probe, 2).path, LEND_PATH_COPY);
	lend_probe_destroy(probe);
}

/* What one driver accepts another does not: the verdict says at which call, and why. */
static void test_foreign(void **state)
{
	static const struct {
		const char *personality, *inject;
		enum lend_state state;
		enum lend_depth depth;
		const char *call;
		int error;
	} rows[] = {
		{"vkms", "kms foreign=stale", LEND_STATE_FAILED, LEND_DEPTH_SEEN,
		 "reading the picture back", EIO},
		{"vkms", "drmPrimeFDToHandle foreign -> EINVAL", LEND_STATE_FAILED,
		 LEND_DEPTH_FRAMEBUFFER, "DRM_IOCTL_PRIME_FD_TO_HANDLE", EINVAL},
		{"vkms", "drmModeAddFB2 foreign -> EREMOTE", LEND_STATE_FAILED,
		 LEND_DEPTH_FRAMEBUFFER, "DRM_IOCTL_MODE_ADDFB2", EREMOTE},
		{"vkms", "drmModeAtomicCommit test foreign -> ERANGE", LEND_STATE_FAILED,
		 LEND_DEPTH_TEST, "DRM_IOCTL_MODE_ATOMIC (test)", ERANGE},
		{"vkms", "drmModeAtomicCommit real foreign -> EINVAL", LEND_STATE_FAILED,
		 LEND_DEPTH_COMMIT, "DRM_IOCTL_MODE_ATOMIC", EINVAL},
		{"cirrus", "", LEND_STATE_UNVERIFIED, LEND_DEPTH_COMMIT, "", 0},
		{"vmwgfx-6.12", "", LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE, "", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lend_probe *probe = probe_fake(rows[i].personality, rows[i].inject, 0);
		struct lend_verdict verdict;
		assert_int_equal(lend_probe_foreign(probe, 1, &verdict), 0);
		print_message("%s %s\n", rows[i].personality, rows[i].inject);
		assert_int_equal(verdict.state, rows[i].state);
		assert_int_equal(verdict.depth, rows[i].depth);
		assert_string_equal(verdict.call, rows[i].call);
		assert_int_equal(verdict.error, rows[i].error);
		assert_true(strlen(verdict.reason) > 20);
		lend_probe_destroy(probe);
	}
}

static void test_refused(void **state)
{
	struct lend_probe *probe = probe_fake(GOOD, "open " CARD " -> EACCES", 0);
	const struct lend_probe_info info = describe_probe(probe);
	struct lend_probe_allocator none = {.size = sizeof(none)};
	assert_int_equal(info.error, EACCES);
	assert_non_null(strstr(info.reason, "may not open " CARD));
	assert_non_null(strstr(info.remedy, "Log in"));
	assert_int_equal(lend_probe_allocator(probe, 0, &none), -ENOENT);
	lend_probe_destroy(probe);
}

/* A borrowed descriptor: whoever holds it decides about the display, and nobody takes it. */
static void test_descriptor(void **state)
{
	struct lend_probe *probe;
	fake_drm_load(personality_path("cirrus"));
	fake_drm_inject("kms master=taken");
	int fd = open(CARD, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(lend_probe_create_fd(fd, NULL, &probe), 0);
	const struct lend_probe_info info = describe_probe(probe);
	assert_false(info.master);
	assert_non_null(strstr(info.unshown, "another program has the display"));
	assert_int_equal(fake_drm_calls("drmSetMaster"), 0);
	assert_int_equal(allocator(probe, 0).verdict.depth, LEND_DEPTH_FRAMEBUFFER);
	lend_probe_destroy(probe);
	assert_int_equal(fcntl(fd, F_GETFD) >= 0, 1);
	close(fd);
}

/* ---- nothing stays -------------------------------------------------------------------------- */

static void check_nothing_left(const char *personality, const char *inject)
{
	const size_t fds = count_fds();
	struct lend_probe *probe = NULL;
	fake_drm_load(personality_path(personality));
	fake_drm_inject(inject);
	int result = lend_probe_create(CARD, NULL, &probe);
	if (result == 0)
		assert_true(strlen(describe_probe(probe).kernel) > 0);
	lend_probe_destroy(probe);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	assert_int_equal(count_fds(), fds);
}

/* Every call of a whole probe fails once. */
static void test_everything_fails(void **state)
{
	static const char *const personalities[] = {"vkms", "i915", "radeon"};
	for (size_t i = 0; i < 3; i++) {
		struct lend_probe *probe = probe_fake(personalities[i], "", 0);
		lend_probe_destroy(probe);
		char *log = strdup(fake_drm_log()), *save, tried[4096] = " ";
		assert_non_null(log);
		for (char *call = strtok_r(log, " ", &save); call;
		     call = strtok_r(NULL, " ", &save)) {
			char word[64], inject[128];
			snprintf(word, sizeof(word), " %s ", call);
			if (strstr(tried, word) || strcmp(call, "uname") == 0 ||
			    strstr(call, "Close") || strstr(call, "Destroy") ||
			    strstr(call, "Rm") || strstr(call, "Free"))
				continue;
			strncat(tried, word + 1, sizeof(tried) - strlen(tried) - 1);
			for (int nth = 1; nth <= 3; nth++) {
				snprintf(inject, sizeof(inject), "%s nth=%d -> EINVAL", call, nth);
				check_nothing_left(personalities[i], inject);
			}
		}
		free(log);
		assert_true(strlen(tried) > 200);
	}
}

static int teardown(void **state)
{
	fake_drm_unload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_arguments, teardown),
		cmocka_unit_test_teardown(test_ends, teardown),
		cmocka_unit_test_teardown(test_seen, teardown),
		cmocka_unit_test_teardown(test_foreign, teardown),
		cmocka_unit_test_teardown(test_refused, teardown),
		cmocka_unit_test_teardown(test_descriptor, teardown),
		cmocka_unit_test_teardown(test_everything_fails, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
