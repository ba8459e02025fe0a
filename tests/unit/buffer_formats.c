/* SPDX-License-Identifier: MIT */
/* Formats, names and the text of verdicts. */
#include "buffer_helpers.h"

#include <errno.h>
#include <string.h>

static void test_known_formats(void **state)
{
	static const struct {
		uint32_t fourcc;
		const char *name;
		uint32_t opaque;
		uint8_t has_alpha, cpp;
	} expected[] = {
		{0x34325258, "XRGB8888", LEND_FORMAT_XRGB8888, 0, 4},
		{0x34325241, "ARGB8888", LEND_FORMAT_XRGB8888, 1, 4},
		{0x34324258, "XBGR8888", LEND_FORMAT_XBGR8888, 0, 4},
		{0x34324241, "ABGR8888", LEND_FORMAT_XBGR8888, 1, 4},
		{0x36314752, "RGB565", LEND_FORMAT_RGB565, 0, 2},
		{0x36314742, "BGR565", LEND_FORMAT_BGR565, 0, 2},
		{0x30335258, "XRGB2101010", LEND_FORMAT_XRGB2101010, 0, 4},
		{0x30335241, "ARGB2101010", LEND_FORMAT_XRGB2101010, 1, 4},
		{0x30334258, "XBGR2101010", LEND_FORMAT_XBGR2101010, 0, 4},
		{0x30334241, "ABGR2101010", LEND_FORMAT_XBGR2101010, 1, 4},
	};
	const size_t count = sizeof(expected) / sizeof(expected[0]);
	for (size_t i = 0; i < count; i++) {
		const struct lend_format *format = lend_format_get(expected[i].fourcc);
		assert_non_null(format);
		assert_ptr_equal(format, lend_format_at(i));
		assert_int_equal(format->fourcc, expected[i].fourcc);
		assert_string_equal(format->name, expected[i].name);
		assert_int_equal(format->opaque, expected[i].opaque);
		assert_int_equal(format->has_alpha, expected[i].has_alpha);
		assert_int_equal(format->n_planes, 1);
		assert_int_equal(format->cpp[0], expected[i].cpp);
	}
	assert_int_equal(lend_format_at(count)->fourcc, LEND_FORMAT_NV12);
	assert_null(lend_format_at(count + 1));
	assert_null(lend_format_at(SIZE_MAX));
	assert_null(lend_format_get(0));
	assert_null(lend_format_get(LEND_FOURCC('Y', 'U', '1', '2')));
}

/* An opaque format is one of the table, has no alpha and is its own. */
static void test_opaque_formats(void **state)
{
	for (size_t i = 0; lend_format_at(i); i++) {
		const struct lend_format *opaque = lend_format_get(lend_format_at(i)->opaque);
		assert_non_null(opaque);
		assert_int_equal(opaque->has_alpha, 0);
		assert_int_equal(opaque->opaque, opaque->fourcc);
	}
}

static void test_strides(void **state)
{
	const struct lend_format *xrgb = lend_format_get(LEND_FORMAT_XRGB8888);
	const struct lend_format *rgb565 = lend_format_get(LEND_FORMAT_RGB565);
	const struct lend_format *nv12 = lend_format_get(LEND_FORMAT_NV12);
	assert_int_equal(lend_format_stride(xrgb, 0, 1), 4);
	assert_int_equal(lend_format_stride(xrgb, 0, 1920), 7680);
	assert_int_equal(lend_format_stride(xrgb, 0, 0), 0);
	assert_int_equal(lend_format_stride(xrgb, 0, 0x3fffffff), 0xfffffffc);
	assert_int_equal(lend_format_stride(xrgb, 0, 0x40000000), 0);
	assert_int_equal(lend_format_stride(xrgb, 1, 16), 0);
	assert_int_equal(lend_format_stride(rgb565, 0, 3), 6);
	assert_int_equal(lend_format_stride(nv12, 0, 5), 5);
	assert_int_equal(lend_format_stride(nv12, 1, 5), 6);
	assert_int_equal(lend_format_stride(nv12, 1, 6), 6);
	assert_int_equal(lend_format_stride(nv12, 1, UINT32_MAX), 0);
	assert_int_equal(lend_format_stride(nv12, 2, 6), 0);
	assert_int_equal(lend_format_stride(NULL, 0, 6), 0);
	assert_int_equal(lend_format_rows(xrgb, 0, 7), 7);
	assert_int_equal(lend_format_rows(xrgb, 1, 7), 0);
	assert_int_equal(lend_format_rows(nv12, 0, 7), 7);
	assert_int_equal(lend_format_rows(nv12, 1, 7), 4);
	assert_int_equal(lend_format_rows(nv12, 1, UINT32_MAX), 0x80000000);
	assert_int_equal(lend_format_rows(NULL, 0, 7), 0);
}

static void test_names(void **state)
{
	static const char *const memories[] = {"unknown", "memfd", "shm",    "udmabuf", "heap",
					       "dumb",	  "gbm",   "dmabuf", "unknown"};
	static const char *const paths[] = {"none", "scanout", "flush",	  "plane",
					    "copy", "blend",   "texture", "unknown"};
	static const char *const depths[] = {"none", "create", "export", "map",	   "framebuffer",
					     "test", "commit", "seen",	 "unknown"};
	for (unsigned int i = 0; i < 9; i++)
		assert_string_equal(lend_memory_name(i), memories[i]);
	for (unsigned int i = 0; i < 8; i++)
		assert_string_equal(lend_path_name(i), paths[i]);
	for (unsigned int i = 0; i < 9; i++)
		assert_string_equal(lend_depth_name(i), depths[i]);
	assert_string_equal(lend_caching_name(LEND_CACHING_UNKNOWN), "unknown");
	assert_string_equal(lend_caching_name(LEND_CACHING_CACHED), "cached");
	assert_string_equal(lend_caching_name(LEND_CACHING_WRITE_COMBINED), "write-combined");
	assert_string_equal(lend_caching_name(3), "unknown");
	assert_string_equal(lend_state_name(LEND_STATE_OK), "ok");
	assert_string_equal(lend_state_name(LEND_STATE_FAILED), "failed");
	assert_string_equal(lend_state_name(LEND_STATE_NOT_TRIED), "not tried");
	assert_string_equal(lend_state_name(LEND_STATE_UNVERIFIED), "unverified");
	assert_string_equal(lend_state_name(4), "unknown");
	assert_string_equal(lend_memory_name((enum lend_memory)UINT32_MAX), "unknown");
}

static void test_verdicts(void **state)
{
	static const struct {
		struct lend_verdict verdict;
		const char *text;
	} rows[] = {
		{{"dumb", LEND_STATE_FAILED, LEND_DEPTH_EXPORT, "DRM_IOCTL_PRIME_HANDLE_TO_FD",
		  ENOENT, "No export.", "Use 6.9."},
		 "dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOENT: No export. "
		 "Remedy: Use 6.9."},
		{{"memfd", LEND_STATE_OK, LEND_DEPTH_MAP, "", 0, "Works.", ""},
		 "memfd: ok: Works."},
		{{"heap", LEND_STATE_NOT_TRIED, LEND_DEPTH_NONE, "", 0, "Not needed.", ""},
		 "heap: not tried: Not needed."},
		{{"udmabuf", LEND_STATE_UNVERIFIED, LEND_DEPTH_MAP, "", 0, "Nobody looked.",
		  "Be master."},
		 "udmabuf: unverified beyond map: Nobody looked. Remedy: Be master."},
		{{"gbm", LEND_STATE_FAILED, LEND_DEPTH_NONE, "dlopen", 0, "No gbm.", ""},
		 "gbm: failed: dlopen: No gbm."},
		{{"x", LEND_STATE_FAILED, LEND_DEPTH_CREATE, "ioctl", 12345, "Odd.", ""},
		 "x: failed at create: ioctl: error 12345: Odd."},
		{{"x", LEND_STATE_OK, LEND_DEPTH_SEEN, NULL, 0, "Fine.", NULL}, "x: ok: Fine."},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256], small[9];
		int length = (int)strlen(rows[i].text);
		assert_int_equal(lend_verdict_format(&rows[i].verdict, text, sizeof(text)), length);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(lend_verdict_format(&rows[i].verdict, NULL, 0), length);
		assert_int_equal(lend_verdict_format(&rows[i].verdict, small, sizeof(small)),
				 length);
		assert_int_equal(strlen(small), 8);
		assert_memory_equal(small, rows[i].text, 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_formats), cmocka_unit_test(test_opaque_formats),
		cmocka_unit_test(test_strides),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
