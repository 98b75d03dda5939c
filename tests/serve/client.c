// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/client.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Of a test that fails before it stops its server. */
static pid_t left;

void serve_end(void) {
    if (left > 0) {
        kill(left, SIGKILL);
    }
}

/* From its first line, once that is there. */
static int read_port(const RunningProgram *program) {
    char line[256] = "";
    for (int tries = 0; strchr(line, '\n') == NULL && tries < 2000; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        const ssize_t length = pread(program->output, line, sizeof line - 1, 0);
        line[length > 0 ? length : 0] = '\0';
    }
    const char *address = strstr(line, "http://127.0.0.1:");
    cr_assert_not_null(address, "it said \"%s\"", line);
    return atoi(address + 17);
}

Served serve_start(const char *const arguments[]) {
    const char *all[32] = {"serve", "--listen", "127.0.0.1:0"};
    size_t count = 3;
    while (*arguments != NULL) {
        cr_assert_lt(count, 31);
        all[count++] = *arguments++;
    }
    Served served = {.program = program_start(NULL, all)};
    left = served.program.process;
    served.port = read_port(&served.program);
    return served;
}

ProgramResult serve_wait(Served *served) {
    const ProgramResult result = program_finish(&served->program);
    left = 0;
    return result;
}

ProgramResult serve_stop(Served *served) {
    kill(served->program.process, SIGINT);
    return serve_wait(served);
}

int client_connect(const Served *served) {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)served->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 20};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    cr_assert_eq(
        connect(connection, (const struct sockaddr *)(const void *)&address, sizeof address), 0,
        "%s", strerror(errno));
    return connection;
}

void client_send(int connection, const char *bytes, size_t length) {
    while (length > 0) {
        const ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* it has heard enough */
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* In place. */
static void join_chunks(char *body) {
    char *to = body, *end;
    for (char *from = body; *from != '\0';) {
        const unsigned long length = strtoul(from, &end, 16);
        if (length == 0 || strncmp(end, "\r\n", 2) != 0 || strlen(end + 2) < length) {
            break;
        }
        memmove(to, end + 2, length);
        to += length;
        from = end + 2 + length + 2;
    }
    *to = '\0';
}

ClientAnswer client_read(int connection) {
    char bytes[65536];
    Text text = {0};
    ssize_t count;
    while ((count = recv(connection, bytes, sizeof bytes, 0)) > 0) {
        text_add_bytes(&text, bytes, (size_t)count);
    }
    cr_assert(count == 0 || errno == ECONNRESET, "%s", strerror(errno));
    close(connection);
    ClientAnswer answer = {.text = text_take(&text)};
    answer.status = strncmp(answer.text, "HTTP/1.1 ", 9) == 0 ? atoi(answer.text + 9) : 0;
    char *end = strstr(answer.text, "\r\n\r\n");
    answer.body = end != NULL ? end + 4 : answer.text + strlen(answer.text);
    if (end != NULL) {
        *end = '\0';
        if (strstr(answer.text, "Transfer-Encoding: chunked") != NULL) {
            join_chunks(answer.body);
        }
    }
    return answer;
}

void client_clear(ClientAnswer *answer) {
    free(answer->text);
    *answer = (ClientAnswer){0};
}

char *client_request(const char *method, const char *path, const char *headers, const char *body) {
    const size_t length = body != NULL ? strlen(body) : 0;
    return memory_format("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                         "Content-Length: %zu\r\n%s\r\n%s",
                         method, path, length, headers != NULL ? headers : "",
                         body != NULL ? body : "");
}

ClientAnswer client_ask(const Served *served, const char *method, const char *path,
                        const char *headers, const char *body) {
    char *request = client_request(method, path, headers, body);
    const int connection = client_connect(served);
    client_send(connection, request, strlen(request));
    free(request);
    return client_read(connection);
}
