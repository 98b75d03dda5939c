// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 against the examples of FIPS 180. */
#include "base/digest.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *hexadecimal(const void *bytes, size_t count, char text[DIGEST_TEXT]) {
    digest_of(bytes, count, text);
    return text;
}

Test(digest, of_the_standards_examples) {
    char text[DIGEST_TEXT];
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char four_blocks[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijk"
                                      "lmnoijklmnopjklmnopqklmnopqrlmn"
                                      "opqrsmnopqrstnopqrstu";
    cr_assert_str_eq(hexadecimal("", 0, text),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(hexadecimal("abc", 3, text),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_eq(hexadecimal(two_blocks, strlen(two_blocks), text),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    cr_assert_str_eq(hexadecimal(four_blocks, strlen(four_blocks), text),
                     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    cr_assert_str_eq(hexadecimal("\xbd", 1, text),
                     "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
}

Test(digest, in_base_64) {
    char text[DIGEST_BASE64];
    digest_base64("abc", 3, text);
    cr_assert_str_eq(text, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

/* Of more than one block of it. */
Test(digest, of_a_million_a) {
    char path[] = "/tmp/asim-digest-XXXXXX", text[DIGEST_TEXT], piece[1000];
    const int descriptor = mkstemp(path);
    memset(piece, 'a', sizeof piece);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(write(descriptor, piece, sizeof piece), (ssize_t)sizeof piece);
    }
    close(descriptor);
    uint64_t size = 0;
    cr_assert(digest_file(path, NULL, &size, text));
    cr_expect_eq(size, 1000000);
    cr_expect_str_eq(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    atomic_bool stop = true;
    cr_expect_not(digest_file(path, &stop, &size, text));
    cr_expect_eq(errno, ECANCELED);
    unlink(path);
}

Test(digest, of_files) {
    char text[DIGEST_TEXT];
    uint64_t size = 99;
    cr_assert(digest_file("/dev/null", NULL, &size, text));
    cr_assert_eq(size, 0);
    cr_assert_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_not(digest_file("/nowhere", NULL, &size, text));
    cr_assert_eq(errno, ENOENT);
    cr_assert_not(digest_file("/tmp", NULL, &size, text));
    cr_assert_eq(errno, EISDIR);
}
