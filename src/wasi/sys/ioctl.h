// SPDX-License-Identifier: GPL-3.0-or-later
/* A terminal's width, which is asked for only where one is. */
#ifndef WASI_SYS_IOCTL_H
#define WASI_SYS_IOCTL_H

int ioctl(int descriptor, int request, ...);

#define TIOCGWINSZ 0x5413

struct winsize {
    unsigned short ws_row, ws_col;
};

#endif
