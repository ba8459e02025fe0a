/* SPDX-License-Identifier: MIT */
/* Every row of the tables of knowledge can be reached, and says what a person needs. */
#include "helpers.h"

#include "alloc/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A failure that the row alone explains. */
static struct trial trial_of(const struct explanation *row)
{
	return (struct trial){
		.depth = LEND_DEPTH_EXPORT,
		.call = row->call ? row->call : "some_call",
		.error = row->error ? row->error : EHWPOISON,
	};
}

/* The last release that is older than the limit: 6.8 for 6.9. */
static void kernel_of(const struct explanation *row, char *release, size_t length)
{
	unsigned major = 6, minor = 13;
	if (row->before)
		assert_int_equal(sscanf(row->before, "%u.%u", &major, &minor), 2);
	snprintf(release, length, "%u.%u.7-test", major, minor - 1);
}

static void check_line(const struct explanation *row, const struct trial *trial,
		       const struct lend_verdicts *verdicts)
{
	const struct lend_verdict *verdict = lend_verdicts_get(verdicts, 0);
	const char *line = verdict_line(verdicts, 0);
	if (!strstr(line, trial->call) || !strstr(line, strerrorname_np(trial->error)) ||
	    !strstr(line, verdict->reason) || strchr(line, '{'))
		fail_msg("%s", line);
	if (row->remedy[0] && !strstr(line, " Remedy: "))
		fail_msg("%s", line);
	/* Sentences, and none cut off. */
	assert_int_equal(verdict->reason[strlen(verdict->reason) - 1], '.');
	if (verdict->remedy[0])
		assert_int_equal(verdict->remedy[strlen(verdict->remedy) - 1], '.');
	assert_true(strlen(verdict->reason) > 20);
}

static void test_rows(void **state)
{
	const struct explanation *row;
	size_t i;
	for (i = 0; (row = explanation_at(i)); i++) {
		char release[32];
		kernel_of(row, release, sizeof(release));
		const struct trial trial = trial_of(row);
		const struct subject subject = {
			.driver = row->driver ? row->driver : "otherdriver",
			.kernel = release,
			.path = "/dev/dri/card7",
		};
		const char *allocator = row->allocator ? row->allocator : "memfd";
		assert_non_null(row->reason);
		assert_non_null(row->remedy);
		assert_non_null(row->evidence);
		if (explanation_find(allocator, &trial, &subject) != row)
			fail_msg("row %zu (%s %s) is hidden by one before it", i, allocator,
				 trial.call);
		struct lend_verdicts *verdicts = verdicts_create(1);
		verdicts_add_failure(verdicts, allocator, &trial, &subject);
		check_line(row, &trial, verdicts);
		lend_verdicts_destroy(verdicts);
	}
	assert_true(i > 20);
}

/* What nobody thought of is admitted, with all there is to report. */
static void test_unknown(void **state)
{
	const struct subject subject = {.driver = "newdrm", .kernel = "9.1", .path = CARD};
	const struct trial trial = {
		.depth = LEND_DEPTH_CREATE, .call = "odd_call", .error = EXFULL};
	struct lend_verdicts *verdicts = verdicts_create(2);
	verdicts_add_failure(verdicts, "dumb", &trial, &subject);
	assert_string_equal(
		verdict_line(verdicts, 0),
		"dumb: failed at create: odd_call: EXFULL: odd_call failed (Exchange "
		"full), and what that means here is not known yet. Remedy: Report it with "
		"the driver (newdrm) and the kernel (9.1).");
	const struct trial nameless = {.depth = LEND_DEPTH_MAP, .call = "mmap", .error = 4242};
	verdicts_add_failure(verdicts, "dumb", &nameless, &subject);
	assert_non_null(strstr(verdict_line(verdicts, 1),
			       "dumb: failed at map: mmap: error 4242: mmap failed (an unknown "
			       "error)"));
	lend_verdicts_destroy(verdicts);
}

/* Whatever a driver calls itself, the text ends in time. */
static void test_long_names(void **state)
{
	char name[2000];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	const struct subject subject = {.driver = name, .kernel = name, .path = name};
	const struct trial trial = {.depth = LEND_DEPTH_CREATE, .call = "c", .error = EXFULL};
	struct lend_verdicts *verdicts = verdicts_create(1);
	verdicts_add_failure(verdicts, "dumb", &trial, &subject);
	assert_in_range(strlen(lend_verdicts_get(verdicts, 0)->remedy), 100, 1000);
	lend_verdicts_destroy(verdicts);
}

static void test_kernels(void **state)
{
	static const struct {
		const char *release, *since, *before;
		bool inside;
	} rows[] = {
		{"6.1.0-18-amd64", "5.17", "6.9", true},
		{"5.17.0", "5.17", "6.9", true},
		{"5.16.20", "5.17", "6.9", false},
		{"6.8.12-generic", "5.17", "6.9", true},
		{"6.9.0-rc1", "5.17", "6.9", false},
		{"6.12", "5.17", "6.9", false},
		{"6.12", "6.6", NULL, true},
		{"4.19", NULL, "5.17", true},
		{"5.17", NULL, "5.17", false},
		{"7.0", "6.12", NULL, true},
		{"10.1", NULL, "6.6", false},
		{"nonsense", NULL, NULL, true},
		{"nonsense", "5.17", NULL, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (kernel_between(rows[i].release, rows[i].since, rows[i].before) !=
		    rows[i].inside)
			fail_msg("%s", rows[i].release);
}

/* A release that the row is about: the last before its end. */
static const char *kernel_of_driver(const struct driver *row)
{
	static char release[32];
	unsigned major = 9, minor = 1;
	if (row->before)
		assert_int_equal(sscanf(row->before, "%u.%u", &major, &minor), 2);
	snprintf(release, sizeof(release), "%u.%u.3", minor ? major : major - 1,
		 minor ? minor - 1 : 99);
	return release;
}

/* Only what was compared with the displayed picture may be trusted with foreign memory. */
static bool is_among_shown(const char *name)
{
	static const char *const shown[] = {"cirrus", "simpledrm", "vkms"};
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (name && strcmp(name, shown[i]) == 0)
			return true;
	return false;
}

static void check_driver(const struct driver *row)
{
	static const char *const levels[] = {EVIDENCE_VM, EVIDENCE_SOURCE, EVIDENCE_RECALLED,
					     EVIDENCE_NONE};
	bool known = false;
	assert_int_equal(row->foreign == FOREIGN_SHOWN, is_among_shown(row->name));
	assert_int_equal(row->foreign_reason == NULL, row->foreign == FOREIGN_SHOWN);
	assert_int_equal(row->source[0] == '\0', row->name == NULL);
	assert_non_null(row->remark);
	if (row->remark[0])
		assert_int_equal(row->remark[strlen(row->remark) - 1], '.');
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		known = known || strcmp(row->evidence, levels[i]) == 0;
	assert_true(known);
	if (row->headless)
		assert_true(row->flush == UNKNOWN && row->atomic == UNKNOWN);
	if (row->foreign == FOREIGN_SHOWN)
		assert_string_equal(row->evidence, EVIDENCE_VM);
}

/* Sharing that fails by the table has an explanation of its own. */
static void check_export(const struct driver *row, const char *kernel)
{
	const struct trial trial = {
		.depth = LEND_DEPTH_EXPORT,
		.call = row->unshared_call,
		.error = row->unshared_error,
	};
	const struct subject subject = {.driver = row->name, .kernel = kernel, .path = CARD};
	const struct explanation *explanation = explanation_find("dumb", &trial, &subject);
	assert_non_null(explanation->driver);
	assert_string_equal(explanation->driver, row->name);
}

static void test_drivers(void **state)
{
	const struct driver *row;
	size_t i;
	for (i = 0; (row = driver_at(i)); i++) {
		const char *kernel = kernel_of_driver(row);
		const struct driver *found = driver_find(row->name ? row->name : "newdrm", kernel);
		if (found != row)
			fail_msg("row %zu (%s, %s) is hidden by another", i, row->name, kernel);
		check_driver(row);
		if (row->unshared_call)
			check_export(row, kernel);
		if (row->since)
			assert_ptr_not_equal(driver_find(row->name, "2.6.39"), row);
	}
	assert_true(i > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	   cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_long_names), cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_drivers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
