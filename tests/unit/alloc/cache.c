/* SPDX-License-Identifier: MIT */
/* The file of findings: believed only where nobody else can write, and never in the way. */
#include "helpers.h"

#include "alloc/cache.h"
#include "alloc/device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KINDS (LEND_MEMORY_DMABUF + 1)

static char base[64], folder[96], file[128];

static const struct cache_key key = {
	.version = "0.1.0",
	.kernel = "6.12.1",
	.driver = "vkms",
	.place = "/devices/platform/vkms ",
};

static const struct finding dumb_finding = {
	.depth = LEND_DEPTH_MAP,
	.call = "",
	.caching = LEND_CACHING_WRITE_COMBINED,
	.rates = {.size = sizeof(struct lend_rates), .read = 31, .write = 2900},
};

static int setup(void **state)
{
	strcpy(base, "/tmp/framelend-cache-XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(folder, sizeof(folder), "%s/framelend", base);
	snprintf(file, sizeof(file), "%s/findings", folder);
	setenv("XDG_CACHE_HOME", base, 1);
	unsetenv("LEND_CACHE");
	return 0;
}

static int teardown(void **state)
{
	char command[128];
	fake_drm_unload();
	setenv("LEND_CACHE", "off", 1);
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	assert_int_equal(system(command), 0);
	return 0;
}

static void put(const struct cache_key *of, struct finding finding)
{
	struct finding findings[KINDS] = {0};
	findings[LEND_MEMORY_DUMB] = finding;
	cache_write(of, findings);
}

static bool get(const struct cache_key *of, struct finding *finding)
{
	struct finding findings[KINDS] = {0};
	cache_read(of, findings);
	*finding = findings[LEND_MEMORY_DUMB];
	return finding->depth != LEND_DEPTH_NONE;
}

static bool is_there(void)
{
	struct finding finding;
	return get(&key, &finding);
}

static void write_file(const char *text, size_t length)
{
	mkdir(folder, 0700);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

#define HEAD "framelend findings 1\n"
#define LINE "0.1.0\t6.12.1\tvkms\t/devices/platform/vkms \tdumb\t"

/* ---- there and back ------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
	struct finding found;
	struct finding failed = {
		.depth = LEND_DEPTH_MAP, .call = "a client's access", .error = EFAULT};
	struct stat status;
	assert_false(get(&key, &found));
	put(&key, dumb_finding);
	assert_true(get(&key, &found));
	assert_memory_equal(&found, &dumb_finding, sizeof(found));
	put(&key, failed);
	assert_true(get(&key, &found));
	assert_string_equal(found.call, "a client's access");
	assert_int_equal(found.error, EFAULT);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(stat(folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

/* Whatever the findings hold for, if it changes they are not used. */
static void test_keys(void **state)
{
	struct finding found;
	struct cache_key other[] = {key, key, key, key};
	other[0].version = "0.2.0";
	other[1].kernel = "6.12.2";
	other[2].driver = "vkm";
	other[3].place = "/devices/platform/vkms.1 ";
	put(&key, dumb_finding);
	for (size_t i = 0; i < 4; i++)
		assert_false(get(&other[i], &found));
	/* Another device joins it; another kernel or version replaces it. */
	put(&other[3], dumb_finding);
	assert_true(is_there() && get(&other[3], &found));
	put(&other[1], dumb_finding);
	assert_false(is_there());
	assert_true(get(&other[1], &found));
}

/* What may be otherwise tomorrow is not kept. */
static void test_passing(void **state)
{
	static const int passing[] = {ENOMEM, EMFILE, ENFILE, EAGAIN, EINTR, ETIMEDOUT};
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		put(&key, (struct finding){.depth = LEND_DEPTH_MAP, .error = passing[i]});
		assert_false(is_there());
	}
}

/* ---- places that are not to be trusted ------------------------------------------------------ */

static void test_permissions(void **state)
{
	static const mode_t bad[] = {0622, 0602, 0620, 0666};
	put(&key, dumb_finding);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(chmod(file, bad[i]), 0);
		assert_false(is_there());
	}
	assert_int_equal(chmod(file, 0644), 0);
	assert_true(is_there());
	assert_int_equal(chmod(folder, 0777), 0);
	assert_false(is_there());
	assert_int_equal(chmod(folder, 0770), 0);
	assert_false(is_there());
	assert_int_equal(chmod(folder, 0755), 0);
	assert_true(is_there());
	assert_int_equal(chmod(base, 0757), 0);
	assert_false(is_there());
	assert_int_equal(chmod(base, 01777), 0);
	assert_false(is_there());
	assert_int_equal(unlink(file), 0);
	put(&key, dumb_finding);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(chmod(base, 0700), 0);
}

static void test_links(void **state)
{
	char elsewhere[128];
	put(&key, dumb_finding);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", base);
	assert_int_equal(rename(file, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, file), 0);
	assert_false(is_there());
	/* Writing replaces the link and leaves alone what it points to. */
	put(&key, (struct finding){.depth = LEND_DEPTH_MAP, .call = "mmap", .error = EACCES});
	struct stat status;
	assert_int_equal(lstat(file, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(rename(elsewhere, file), 0);
	assert_true(is_there());
	/* A folder that is a link. */
	assert_int_equal(rename(folder, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, folder), 0);
	assert_false(is_there());
	put(&key, dumb_finding);
}

static void test_not_files(void **state)
{
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_false(is_there()); /* and does not wait for a writer */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_false(is_there());
	put(&key, dumb_finding); /* a folder cannot be replaced */
	assert_false(is_there());
}

static void test_owner(void **state)
{
	put(&key, dumb_finding);
	if (geteuid() != 0) {
		print_message("only root can give files away: not tried\n");
		return;
	}
	assert_int_equal(chown(file, 12345, 12345), 0);
	assert_false(is_there());
	assert_int_equal(chown(file, 0, 0), 0);
	assert_true(is_there());
	assert_int_equal(chown(folder, 12345, 12345), 0);
	assert_false(is_there());
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(chown(base, 12345, 12345), 0);
	assert_false(is_there());
}

/* Without a home, with a home that is none, or turned off: no file at all. */
static void test_nowhere(void **state)
{
	static const char *const homes[] = {"", "/", "relative", "/nonexistent/home"};
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	put(&key, dumb_finding);
	assert_false(is_there());
	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++) {
		setenv("HOME", homes[i], 1);
		put(&key, dumb_finding);
		assert_false(is_there());
	}
	setenv("XDG_CACHE_HOME", "relative", 1);
	put(&key, dumb_finding);
	assert_false(is_there());
	setenv("HOME", base, 1);
	put(&key, dumb_finding);
	assert_true(is_there());
	setenv("LEND_CACHE", "off", 1);
	assert_false(is_there());
	unsetenv("LEND_CACHE");
	setenv("XDG_CACHE_HOME", base, 1);
	assert_false(is_there());
}

/* ---- garbage -------------------------------------------------------------------------------- */

static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"framelend findings 1",
		"framelend findings 2\n" LINE "map\t-\t\tcached\t1\t2\n",
		LINE "map\t-\t\tcached\t1\t2\n",
		HEAD LINE "\n",
		HEAD LINE "map\t-\t\tcached\t1\n",
		HEAD LINE "map\t-\t\tcached\t1\t2\t3\n",
		HEAD LINE "depths\t-\t\tcached\t1\t2\n",
		HEAD LINE "none\t-\t\tcached\t1\t2\n",
		HEAD LINE "map\tEWHATEVER\t\tcached\t1\t2\n",
		HEAD LINE "map\t-\t\tcashed\t1\t2\n",
		HEAD LINE "map\t-\t\tcached\t-1\t2\n",
		HEAD LINE "map\t-\t\tcached\t1\t99999999999\n",
		HEAD LINE "map\t-\t\tcached\t\t2\n",
		HEAD LINE "map\t-\tfortyfortyfortyfortyfortyfortyfortyforty\tcached\t1\t2\n",
		HEAD "\t\t\t\t\t\t\t\t\t\t\n",
		HEAD "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		write_file(texts[i], strlen(texts[i]));
		if (is_there())
			fail_msg("%s", texts[i]);
	}
	write_file(HEAD "rubbish\n" LINE "map\t-\t\tcached\t1\t2", strlen(HEAD LINE) + 25);
	assert_true(is_there());
	put(&key, dumb_finding); /* rubbish goes when it is written anew */
	char text[512] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_string_equal(text, HEAD LINE "map\t-\t\twrite-combined\t31\t2900\n");
}

static void test_random(void **state)
{
	static char text[70000];
	unsigned seed = 7;
	for (int round = 0; round < 300; round++) {
		const size_t length = (size_t)rand_r(&seed) % sizeof(text);
		static const char alphabet[] = "\t\t\t\n\n-map dumb0.1\x80\xff";
		strcpy(text, HEAD);
		for (size_t i = strlen(HEAD); i < length; i++)
			text[i] = round % 2 ? (char)rand_r(&seed)
					    : alphabet[(size_t)rand_r(&seed) % sizeof(alphabet)];
		write_file(text, length);
		is_there();
		put(&key, dumb_finding);
		assert_true(is_there());
	}
}

/* A name that would make lines of its own. */
static void test_names(void **state)
{
	struct cache_key odd = key;
	odd.driver = "vkms\tx";
	put(&odd, dumb_finding);
	odd = key;
	odd.place = "x\n" LINE "seen\t-\t\tcached\t1\t2";
	put(&odd, dumb_finding);
	assert_false(is_there());
}

/* ---- a disk that is full, writers at the same time ------------------------------------------- */

static void test_full(void **state)
{
	struct rlimit old, limit;
	put(&key, dumb_finding);
	struct finding other = dumb_finding, found;
	other.rates.read = 77;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 10;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(&key, other);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(get(&key, &found)); /* the old one, whole */
	assert_int_equal(found.rates.read, 31);
	char command[128];
	snprintf(command, sizeof(command), "test \"$(ls -A '%s')\" = findings", folder);
	assert_int_equal(system(command), 0); /* and nothing beside it */
}

static void test_writers(void **state)
{
	pid_t writers[3];
	put(&key, dumb_finding);
	for (size_t i = 0; i < 3; i++) {
		writers[i] = fork();
		assert_true(writers[i] >= 0);
		for (int round = 0; writers[i] == 0 && round < 200; round++)
			put(&key, dumb_finding);
		if (writers[i] == 0)
			_exit(0);
	}
	for (int round = 0; round < 500; round++)
		assert_true(is_there());
	for (size_t i = 0; i < 3; i++) {
		int status;
		assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
		assert_int_equal(status, 0);
	}
}

/* ---- what the ladder makes of it ------------------------------------------------------------ */

static void allocate(const char *inject, const char *first)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_inject(inject);
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	if (strncmp(verdict_line(verdicts, 0), first, strlen(first)) != 0)
		fail_msg("%s", verdict_line(verdicts, 0));
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
	/* The words outlive the device. */
	assert_true(strlen(lend_verdicts_get(verdicts, 0)->call) < 40);
	lend_verdicts_destroy(verdicts);
}

static void replace(const char *from, const char *to)
{
	char command[256];
	snprintf(command, sizeof(command), "sed -i \"s|%s|%s|\" '%s'", from, to, file);
	assert_int_equal(system(command), 0);
}

static void test_ladder(void **state)
{
	allocate("", "dumb: unverified beyond map");
	replace("map\t-\t\t", "map\tEFAULT\ta client's access\t");
	allocate("", "dumb: failed at map: a client's access: EFAULT: a program that was lent the "
		     "buffer dies when it touches it. Remedy: Nothing to do");
	replace("vkms\t[^\t]*", "vkms\t/devices/elsewhere ");
	allocate("", "dumb: unverified beyond map");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_permissions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ladder, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
