/* SPDX-License-Identifier: MIT */
/* The examples lender and borrower together: usage, errors, and the picture to the pixel. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WIDTH  320
#define HEIGHT 200

static const char *lender, *borrower;
static char directory[] = "/tmp/framelend-test-XXXXXX";
static char socket_path[64], picture_path[64], output_path[64];

static pid_t start(const char *const *arguments)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int output = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		execv(arguments[0], (char *const *)(const void *)arguments);
		_exit(127);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void assert_said(const char *words)
{
	char text[4096];
	FILE *file = fopen(output_path, "re");
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	if (strstr(text, words) == NULL)
		fail_msg("'%s' is not in: %s", words, text);
}

static void wait_for_socket(pid_t pid)
{
	struct stat status;
	while (stat(socket_path, &status) < 0) {
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it did not fail */
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

static void test_usage_and_errors(void **state)
{
	assert_int_equal(finish(start((const char *[]){lender, NULL})), 2);
	assert_said("usage: lender SOCKET PICTURE.ppm [DEVICE]");
	assert_int_equal(finish(start((const char *[]){borrower, NULL})), 2);
	assert_said("usage: borrower SOCKET");
	assert_int_equal(finish(start((const char *[]){borrower, socket_path, NULL})), 1);
	assert_said("No such file or directory");
	assert_int_equal(
		finish(start((const char *[]){lender, "/nowhere/socket", picture_path, NULL})), 1);
	assert_said("/nowhere/socket: No such file or directory");
	assert_int_equal(finish(start((const char *[]){lender, socket_path, picture_path,
						       "/dev/null", NULL})),
			 1);
	assert_said("/dev/null");
}

static void test_picture(void **state)
{
	static unsigned char pixels[HEIGHT][WIDTH][3];
	pid_t pid = start((const char *[]){lender, socket_path, picture_path, NULL});
	wait_for_socket(pid);
	char kept[64];
	memcpy(kept, output_path, sizeof(kept));
	snprintf(output_path, sizeof(output_path), "%s/borrower", directory);
	/* between its bind and its listen the lender refuses */
	int result;
	do {
		result = finish(start((const char *[]){borrower, socket_path, NULL}));
	} while (result == 1 && waitpid(pid, NULL, WNOHANG) == 0);
	unlink(output_path);
	memcpy(output_path, kept, sizeof(kept));
	assert_int_equal(result, 0);
	assert_int_equal(finish(pid), 0);
	assert_said("memfd: ");
	assert_said("320x200 pixels in ");

	FILE *file = fopen(picture_path, "re");
	assert_non_null(file);
	unsigned width, height;
	assert_int_equal(fscanf(file, "P6 %u %u 255", &width, &height), 2);
	assert_int_equal(fgetc(file), '\n');
	assert_int_equal(width, WIDTH);
	assert_int_equal(height, HEIGHT);
	assert_int_equal(fread(pixels, sizeof(pixels), 1, file), 1);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			int edge = x == 0 || y == 0 || x == WIDTH - 1 || y == HEIGHT - 1;
			assert_int_equal(pixels[y][x][0], edge ? 0 : x * 255 / WIDTH);
			assert_int_equal(pixels[y][x][1], edge ? 0 : y * 255 / HEIGHT);
			assert_int_equal(pixels[y][x][2], edge ? 255 : 0);
		}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s LENDER BORROWER\n", argv[0]);
		return 2;
	}
	lender = argv[1];
	borrower = argv[2];
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
	snprintf(picture_path, sizeof(picture_path), "%s/picture.ppm", directory);
	snprintf(output_path, sizeof(output_path), "%s/output", directory);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage_and_errors),
		cmocka_unit_test(test_picture),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(picture_path);
	unlink(output_path);
	rmdir(directory);
	return result;
}
