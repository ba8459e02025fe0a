/* SPDX-License-Identifier: MIT */
/* What a monitor says of itself, hostile monitors first. */
#include "kms_helpers.h"

#include "alloc/kms/edid.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char good[128] = {
	0,    255,  255,  255,	255,  255,  255,  0,	/* header */
	0x10, 0xac, 0x7a, 0xa0, 0x4c, 0x35, 0x32, 0x30, /* DEL, product, serial */
};

static void set_text(unsigned char *edid, size_t descriptor, unsigned char tag, const char *text)
{
	unsigned char *at = edid + 54 + descriptor * 18;
	memset(at, 0, 5);
	at[3] = tag;
	memset(at + 5, ' ', 13);
	memcpy(at + 5, text, strnlen(text, 13));
	if (strlen(text) < 13)
		at[5 + strlen(text)] = '\n';
}

/* Memory of exactly that length, so that reading past its end is noticed. */
static struct edid parse(const unsigned char *data, size_t length)
{
	unsigned char *copy = malloc(length ? length : 1);
	assert_non_null(copy);
	memcpy(copy, data, length);
	const struct edid edid = edid_parse(copy, length);
	free(copy);
	return edid;
}

static void assert_nothing(struct edid edid)
{
	static const struct edid nothing = {0};
	assert_memory_equal(&edid, &nothing, sizeof(edid));
}

static void test_short(void **state)
{
	assert_nothing(edid_parse(NULL, 0));
	assert_nothing(edid_parse(NULL, 128));
	for (size_t length = 0; length < 128; length++)
		assert_nothing(parse(good, length));
	assert_string_equal(parse(good, 128).make, "DEL");
}

static void test_no_header(void **state)
{
	unsigned char edid[128];
	for (size_t i = 0; i < 8; i++) {
		memcpy(edid, good, sizeof(edid));
		edid[i] ^= 0x40;
		assert_nothing(parse(edid, sizeof(edid)));
	}
}

/* Whatever the bytes, what comes out is printable and ends. */
static void test_random(void **state)
{
	unsigned char edid[256];
	uint32_t random = 1;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(edid); i++) {
			random = random * 1664525 + 1013904223;
			edid[i] = (unsigned char)(random >> 24);
		}
		memcpy(edid, good, 8);
		for (size_t i = 0; i < 4; i++) { /* texts, else they would be rare */
			memset(edid + 54 + i * 18, 0, 5);
			edid[54 + i * 18 + 3] = i % 2 ? 0xfc : 0xff;
		}
		const struct edid out = parse(edid, sizeof(edid));
		const char *const texts[] = {out.make, out.model, out.serial};
		const size_t sizes[] = {sizeof(out.make), sizeof(out.model), sizeof(out.serial)};
		for (size_t i = 0; i < 3; i++) {
			assert_true(strnlen(texts[i], sizes[i]) < sizes[i]);
			for (const char *at = texts[i]; *at; at++)
				assert_in_range(*at, ' ', '~');
		}
	}
}

static void test_make(void **state)
{
	unsigned char edid[128];
	memcpy(edid, good, sizeof(edid));
	edid[8] = edid[9] = 0;
	assert_string_equal(parse(edid, 128).make, "");
	edid[8] = 0x7f;
	edid[9] = 0xff; /* the letters after Z */
	assert_string_equal(parse(edid, 128).make, "");
	edid[8] = 0x04;
	edid[9] = 0x5a; /* A B Z */
	assert_string_equal(parse(edid, 128).make, "ABZ");
}

static void test_texts(void **state)
{
	unsigned char edid[128];
	memcpy(edid, good, sizeof(edid));
	assert_string_equal(parse(edid, 128).model, "0xA07A");
	assert_string_equal(parse(edid, 128).serial, "0x3032354C");
	set_text(edid, 1, 0xfc, "U2412M");
	set_text(edid, 3, 0xff, "Y1H5T2CD02ABC");
	assert_string_equal(parse(edid, 128).model, "U2412M");
	assert_string_equal(parse(edid, 128).serial, "Y1H5T2CD02ABC");
	set_text(edid, 1, 0xfc, "a \x01\x80  ");
	assert_string_equal(parse(edid, 128).model, "a ??");
	set_text(edid, 1, 0xfc, "\n");
	assert_string_equal(parse(edid, 128).model, "0xA07A");
	/* A timing whose bytes look like a tag. */
	set_text(edid, 1, 0xfc, "timing");
	edid[54 + 18] = 1;
	assert_string_equal(parse(edid, 128).model, "0xA07A");
	memset(edid + 10, 0, 6);
	edid[54 + 3 * 18] = 1;
	assert_string_equal(parse(edid, 128).model, "");
	assert_string_equal(parse(edid, 128).serial, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),  cmocka_unit_test(test_no_header),
		cmocka_unit_test(test_random), cmocka_unit_test(test_make),
		cmocka_unit_test(test_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
