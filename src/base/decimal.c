// SPDX-License-Identifier: GPL-3.0-or-later
/* A double is mantissa * 2^-shift, so that mantissa * 10^places, exact in 128 bits, has the digits
 * with so many places behind the point above its lowest `shift` bits, and what is rounded off in
 * them. A decimal is read back to the same double if it is nearer than half the way to the next
 * one. That a quotient of two exact doubles is correctly rounded is what reading stands on
 * (Clinger, "How to read floating point numbers accurately", 1990). */
#include "base/decimal.h"

#include "base/assertion.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 Wide;

#define LEAST 1e-4
#define LEAST_BIT (UINT64_C(1) << (DBL_MANT_DIG - 1))

enum { PLACES_MOST = 22, WHOLE_POWERS = 20 }; /* 10^22 is the last that a double holds */

typedef struct Binary {
    uint64_t mantissa; /* 2^52 or more, below 2^53 */
    int shift;         /* above 0 */
} Binary;

static const uint64_t whole_powers[WHOLE_POWERS] = {UINT64_C(1),
                                                    UINT64_C(10),
                                                    UINT64_C(100),
                                                    UINT64_C(1000),
                                                    UINT64_C(10000),
                                                    UINT64_C(100000),
                                                    UINT64_C(1000000),
                                                    UINT64_C(10000000),
                                                    UINT64_C(100000000),
                                                    UINT64_C(1000000000),
                                                    UINT64_C(10000000000),
                                                    UINT64_C(100000000000),
                                                    UINT64_C(1000000000000),
                                                    UINT64_C(10000000000000),
                                                    UINT64_C(100000000000000),
                                                    UINT64_C(1000000000000000),
                                                    UINT64_C(10000000000000000),
                                                    UINT64_C(100000000000000000),
                                                    UINT64_C(1000000000000000000),
                                                    UINT64_C(10000000000000000000)};
static const double powers[PLACES_MOST + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static Wide power_of_ten(int places) {
    const int last = WHOLE_POWERS - 1;
    return places <= last ? whole_powers[places]
                          : (Wide)whole_powers[last] * whole_powers[places - last];
}

static Binary binary_of(double number) {
    int exponent;
    const double fraction = frexp(number, &exponent);
    return (Binary){.mantissa = (uint64_t)ldexp(fraction, DBL_MANT_DIG),
                    .shift = DBL_MANT_DIG - exponent};
}

/* Digits before the point; 0 or less: less one for each zero behind it. */
static int whole_digits(Binary binary) {
    int count = 0;
    for (uint64_t whole = binary.mantissa >> (binary.shift < 64 ? binary.shift : 63); whole > 0;
         whole /= 10) {
        count++;
    }
    for (Wide scaled = (Wide)binary.mantissa * 10; count <= 0 && scaled < (Wide)1 << binary.shift;
         scaled *= 10) {
        count--;
    }
    return count;
}

/* The number times 10^places, rounded as the library does; *same: it reads back. */
static uint64_t rounded(Binary binary, int places, bool *same) {
    const Wide unit = (Wide)1 << binary.shift, power = power_of_ten(places);
    const Wide scaled = binary.mantissa * power, rest = scaled & (unit - 1);
    uint64_t digits = (uint64_t)(scaled >> binary.shift);
    const bool up = 2 * rest > unit || (2 * rest == unit && digits % 2 == 1);
    const Wide error = up ? unit - rest : rest;
    /* Below a power of two the next double is half as far. */
    const Wide reach = (binary.mantissa == LEAST_BIT && !up ? 4 : 2) * error;
    *same = reach < power || (reach == power && binary.mantissa % 2 == 0);
    return digits + up;
}

static void put(char *text, bool is_negative, uint64_t digits, int places) {
    char whole[24];
    for (; places > 0 && digits % 10 == 0; places--) {
        digits /= 10;
    }
    const int count = (int)(text_put_whole(whole, digits) - whole);
    if (is_negative) {
        *text++ = '-';
    }
    for (int i = count > places ? count : places + 1; i > 0; i--) {
        if (i == places) {
            *text++ = '.';
        }
        *text++ = i > count ? '0' : whole[count - i];
    }
    *text = '\0';
}

bool decimal_shortest(double number, char text[32]) {
    const double size = fabs(number);
    if (!(size >= LEAST && size < 1e15)) {
        return false;
    }
    const Binary binary = binary_of(size);
    const int whole = whole_digits(binary);
    bool same = false;
    for (int digits = DBL_DIG; !same; digits++) {
        asim_assert(digits <= DBL_DECIMAL_DIG);
        const uint64_t found = rounded(binary, digits - whole, &same);
        if (same) {
            put(text, number < 0, found, digits - whole);
        }
    }
    return true;
}

bool decimal_rounded(double number, int digits, char text[32]) {
    const double size = fabs(number);
    if (size == 0) {
        strcpy(text, signbit(number) ? "-0" : "0");
        return true;
    }
    if (!(size >= LEAST && size < 1e15 && size <= powers[digits] - 1)) {
        return false;
    }
    const Binary binary = binary_of(size);
    const int places = digits - whole_digits(binary);
    bool same;
    put(text, number < 0, rounded(binary, places, &same), places);
    return true;
}

bool decimal_read(const char *text, const char *end, double *number) {
    const bool is_negative = *text == '-';
    const char *p = text + is_negative, *point = NULL, *first = p;
    uint64_t digits = 0;
    for (; p < end && digits < LEAST_BIT / 10; p++) {
        if (*p >= '0' && *p <= '9') {
            digits = 10 * digits + (uint64_t)(*p - '0');
        } else if (*p == '.' && point == NULL && p > first) {
            point = p;
        } else {
            return false;
        }
    }
    const long places = point != NULL ? end - point - 1 : 0;
    if (p < end || p == first || places > PLACES_MOST || point == end - 1) {
        return false;
    }
    const double size = (double)digits / powers[places];
    *number = is_negative ? -size : size;
    return true;
}
