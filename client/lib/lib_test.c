/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_test.c - the archive as a stranger meets it: a program of one header and one library, made by
 * what polyclave.pc says, and no symbol but polyclave_* to meet its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unit_test.h"

static char dir[] = "/tmp/polyclave-lib-XXXXXX";

static const char program[] =
    "#include <polyclave.h>\n"
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "/* names that the library has inside, too */\n"
    "int endpoints_new(void) { return 1; }\n"
    "int sha256(void) { return 2; }\n"
    "int main(void)\n"
    "{\n"
    "    struct polyclave_pin pin;\n"
    "    if (polyclave_pin_read(&pin, \"/nonexistent/pin\") != POLYCLAVE_USAGE ||\n"
    "        strcmp(polyclave_error_code(NULL), \"bad_pin\") != 0 ||\n"
    "        strstr(polyclave_error(NULL), \"/nonexistent/pin\") == NULL)\n"
    "        return 1;\n"
    "    struct polyclave *pc = NULL;\n"
    "    struct polyclave_config c = {(enum polyclave_vendor)9};\n"
    "    if (polyclave_open(&pc, &c, &pin) != POLYCLAVE_USAGE ||\n"
    "        strcmp(polyclave_error_code(NULL), \"bad_pin\") != 0)\n"
    "        return 4;\n"
    "    pin.pk[0] = 1;\n"
    "    if (polyclave_open(&pc, &c, &pin) != POLYCLAVE_USAGE || pc != NULL)\n"
    "        return 2;\n"
    "    polyclave_close(pc);\n"
    "    polyclave_root_free(NULL);\n"
    "    puts(polyclave_error_code(NULL));\n"
    "    return endpoints_new() + sha256() == 3 ? 0 : 3;\n"
    "}\n";

/* Output of a command; its exit code must be 0. */
static void run(char *out, size_t cap, const char *command)
{
    int from[2], status;
    size_t n = 0;
    ssize_t got;
    assert_int_equal(pipe(from), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(from[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(from[1]);
    while (n < cap - 1 && (got = read(from[0], out + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    close(from[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: %s", command, out);
}

static void a_strangers_program(void **state)
{
    (void)state;
    char command[2048], out[4096], path[128];
    (void)snprintf(path, sizeof path, "%s/main.c", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(program, f) >= 0);
    assert_int_equal(fclose(f), 0);
    (void)snprintf(command, sizeof command,
                   "cd %s && cp %s/polyclave.pc . && "
                   "libs=$(PKG_CONFIG_PATH=. pkg-config --libs polyclave) && "
                   "%s -Wall -Werror -I%s main.c -L%s $libs -o main 2>&1 && ./main",
                   dir, PC_LIB_DIR, PC_CC, PC_HEADER_DIR, PC_LIB_DIR);
    run(out, sizeof out, command);
    assert_string_equal(out, "vendor_unsupported\n");
}

static void one_prefix(void **state)
{
    (void)state;
    char command[512], out[16384];
    (void)snprintf(command, sizeof command,
                   "%s -g --defined-only %s/libpolyclave.a | "
                   "sed -n 's/.* [A-Z] //p'",
                   PC_NM, PC_LIB_DIR);
    run(out, sizeof out, command);
    unsigned n = 0;
    char *rest = out;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (line[0] == '\0')
            continue;
        assert_memory_equal(line, "polyclave_", 10);
        n++;
    }
    assert_in_range(n, 10, 40);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
    char command[128], out[256];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    run(out, sizeof out, command);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_strangers_program),
                                       cmocka_unit_test(one_prefix)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
