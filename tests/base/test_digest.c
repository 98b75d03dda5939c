// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 against the examples of FIPS 180 and NIST's byte-oriented vectors. */
#include "base/digest.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const char *digest_of(const void *bytes, size_t count, char text[DIGEST_TEXT]) {
    Digest digest;
    digest_init(&digest);
    digest_add(&digest, bytes, count);
    digest_text(&digest, text);
    return text;
}

Test(digest, of_the_standards_examples) {
    char text[DIGEST_TEXT];
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char four_blocks[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijk"
                                      "lmnoijklmnopjklmnopqklmnopqrlmn"
                                      "opqrsmnopqrstnopqrstu";
    cr_assert_str_eq(digest_of("", 0, text),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(digest_of("abc", 3, text),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_eq(digest_of(two_blocks, strlen(two_blocks), text),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    cr_assert_str_eq(digest_of(four_blocks, strlen(four_blocks), text),
                     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    cr_assert_str_eq(digest_of("\xbd", 1, text),
                     "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
}

Test(digest, of_a_million_a_in_pieces_of_any_size) {
    char text[DIGEST_TEXT], piece[257];
    memset(piece, 'a', sizeof piece);
    for (size_t size = 1; size <= sizeof piece; size += 16) {
        Digest digest;
        digest_init(&digest);
        size_t left = 1000000;
        while (left > 0) {
            const size_t count = left < size ? left : size;
            digest_add(&digest, piece, count);
            left -= count;
        }
        digest_text(&digest, text);
        cr_assert_str_eq(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

/* Around the place of the length field: 55, 56, 63, 64, 65 zero bytes (NIST's additional vectors).
 */
Test(digest, of_lengths_at_the_padding_s_edges) {
    static const char zeros[65] = {0};
    char text[DIGEST_TEXT];
    cr_assert_str_eq(digest_of(zeros, 55, text),
                     "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
    cr_assert_str_eq(digest_of(zeros, 56, text),
                     "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
    cr_assert_str_eq(digest_of(zeros, 57, text),
                     "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785");
    cr_assert_str_eq(digest_of(zeros, 64, text),
                     "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
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
