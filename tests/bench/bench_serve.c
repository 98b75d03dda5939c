// SPDX-License-Identifier: GPL-3.0-or-later
/* What `serve` adds at the true pace: streams are opened at random instants, on connections of
 * their own, and the time from a request's write to its first token, as its client measures it, is
 * held against the simulated one, which the answer's x-sim-ttft tells. On the wall's clock: other
 * work on the machine shows. */
#include "base/memory.h"
#include "bench/figures.h"
#include "engine/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 20, STREAMS_MOST = SECONDS * 500 * 2, ANSWER_BYTES = 1024 };

/* Four replicas that are there from the start, and no traffic but the one from outside. */
static const char scenario[] =
    "{\"name\": \"bench\", \"duration\": \"1h\", \"deployments\": {\"chat\": {\"model\": "
    "\"ours\",\n"
    "\"accelerator\": \"H100\", \"accelerator_count\": 1, \"weights_gb\": 16,\n"
    "\"profile\": {\"c0_ms\": 8, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.02,\n"
    "\"batch_slots\": 256, \"kv_capacity_tokens\": 1000000},\n"
    "\"autoscaling\": {\"min_replica_count\": 4, \"max_replica_count\": 4},\n"
    "\"traffic\": [{\"type\": \"constant\", \"rate_per_s\": 1, \"start\": \"59m\",\n"
    "\"prompt_tokens\": 10, \"output_tokens\": 5}]}}}";

static const char body[] = "{\"model\": \"chat\", \"stream\": true, \"max_tokens\": 20, "
                           "\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}";

typedef struct Stream {
    int connection;
    bool is_sent, has_token;
    double sent_s;
    size_t length;
    char answer[ANSWER_BYTES]; /* its beginning: the head, up to the first token */
} Stream;

typedef struct Load {
    struct sockaddr_in server;
    char request[512];
    size_t request_length;
    int events; /* of epoll */
    Stream *streams;
    size_t opened, closed;
    double *added_ms; /* of each first token */
    size_t added;
} Load;

static double now_s(void) {
    return figures_clock_s(CLOCK_MONOTONIC);
}

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

/* The server ------------------------------------------------------------------------------------
 */

/* Its process; it listens on the port that its first line tells. */
static pid_t start_server(const char *path, uint16_t *port) {
    const char *program = getenv("ASIM_BINARY");
    program = program != NULL ? program : "build/autoscale-sim";
    int lines[2];
    if (pipe(lines) != 0) {
        fail("pipe");
    }
    const pid_t process = fork();
    if (process == 0) {
        dup2(lines[1], STDOUT_FILENO);
        execl(program, program, "serve", path, "--listen", "127.0.0.1:0", (char *)NULL);
        fail(program);
    }
    close(lines[1]);
    FILE *output = fdopen(lines[0], "r");
    char line[256] = "";
    const char *at = fgets(line, sizeof line, output) ? strstr(line, "127.0.0.1:") : NULL;
    *port = at ? (uint16_t)atoi(at + strlen("127.0.0.1:")) : 0;
    if (*port == 0) {
        fprintf(stderr, "%s does not serve: %s\n", program, line);
        exit(EXIT_FAILURE);
    }
    return process;
}

static void write_scenario(char path[]) {
    const int file = mkstemp(path);
    if (file < 0 || write(file, scenario, sizeof scenario - 1) < 0 || close(file) != 0) {
        fail(path);
    }
}

/* The clients -----------------------------------------------------------------------------------
 */

static void open_stream(Load *load) {
    Stream *stream = &load->streams[load->opened++];
    stream->connection = socket(AF_INET, SOCK_STREAM, 0);
    if (stream->connection < 0) {
        fail("socket");
    }
    const int yes = 1;
    setsockopt(stream->connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(stream->connection, (struct sockaddr *)&load->server, sizeof load->server) != 0) {
        fail("connect");
    }
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = stream}};
    epoll_ctl(load->events, EPOLL_CTL_ADD, stream->connection, &event);
    stream->sent_s = now_s();
    if (send(stream->connection, load->request, load->request_length, MSG_NOSIGNAL) < 0) {
        fail("send");
    }
}

/* The first event of a stream that has a token; one before it may only say who speaks. */
static void look_for_token(Load *load, Stream *stream) {
    const char *simulated = strstr(stream->answer, "x-sim-ttft:");
    if (simulated == NULL || strstr(simulated, "\r\n\r\n") == NULL ||
        strstr(simulated, "\"content\"") == NULL) {
        return;
    }
    stream->has_token = true;
    const double measured_s = now_s() - stream->sent_s;
    load->added_ms[load->added++] =
        1000 * (measured_s - strtod(simulated + strlen("x-sim-ttft:"), NULL));
}

static void read_stream(Load *load, Stream *stream) {
    char rest[ANSWER_BYTES];
    char *to = stream->has_token ? rest : stream->answer + stream->length;
    const size_t room =
        stream->has_token ? sizeof rest : sizeof stream->answer - 1 - stream->length;
    const ssize_t count = recv(stream->connection, to, room, 0);
    if (count <= 0) {
        close(stream->connection);
        load->closed++;
        return;
    }
    if (!stream->has_token) {
        stream->length += (size_t)count;
        look_for_token(load, stream);
    }
}

static void read_streams(Load *load, double until_s) {
    struct epoll_event ready[256];
    for (double left_s; (left_s = until_s - now_s()) > 0 && load->closed < load->opened;) {
        const int count = epoll_wait(load->events, ready, 256, (int)(1000 * left_s) + 1);
        for (int i = 0; i < count; i++) {
            read_stream(load, ready[i].data.ptr);
        }
        if (left_s < 0.001) {
            return;
        }
    }
}

static void sleep_until(double instant_s) {
    const double left_s = instant_s - now_s();
    if (left_s > 0) {
        nanosleep(&(struct timespec){(time_t)left_s, (long)(1e9 * (left_s - (time_t)left_s))},
                  NULL);
    }
}

static void open_and_read(Load *load, double rate_per_s) {
    RandomStream random;
    random_stream_init_named(&random, 1, 0, "bench.serve.%g", rate_per_s);
    const double begun_s = now_s();
    double next_s = begun_s;
    while (next_s < begun_s + SECONDS && load->opened < STREAMS_MOST) {
        read_streams(load, next_s);
        sleep_until(next_s);
        open_stream(load);
        next_s += random_exponential(&random) / rate_per_s;
    }
    read_streams(load, now_s() + 10);
}

/* Figures ---------------------------------------------------------------------------------------
 */

static int compare_numbers(const void *one, const void *other) {
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void print_figures(Load *load, double rate_per_s) {
    if (load->added < load->opened) {
        fprintf(stderr, "%zu of %zu streams had no token\n", load->opened - load->added,
                load->opened);
        exit(EXIT_FAILURE);
    }
    qsort(load->added_ms, load->added, sizeof load->added_ms[0], compare_numbers);
    static const double quantiles[] = {0.5, 0.95, 0.99};
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "serve, %g streams a second: added to TTFT, p%g", rate_per_s,
                 100 * quantiles[i]);
        figures_print(name, load->added_ms[(size_t)(quantiles[i] * (double)load->added)], "ms");
    }
}

static void measure(uint16_t port, double rate_per_s) {
    Load load = {.server = {.sin_family = AF_INET, .sin_port = htons(port)},
                 .events = epoll_create1(0),
                 .streams = memory_new(STREAMS_MOST, sizeof(Stream)),
                 .added_ms = memory_new(STREAMS_MOST, sizeof(double))};
    inet_pton(AF_INET, "127.0.0.1", &load.server.sin_addr);
    load.request_length = (size_t)snprintf(
        load.request, sizeof load.request,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        sizeof body - 1, body);
    open_and_read(&load, rate_per_s);
    print_figures(&load, rate_per_s);
    close(load.events);
    free(load.streams);
    free(load.added_ms);
}

int main(void) {
    char path[] = "/tmp/bench-serve-XXXXXX";
    write_scenario(path);
    uint16_t port;
    const pid_t server = start_server(path, &port);
    measure(port, 100);
    measure(port, 500);
    kill(server, SIGINT);
    int status;
    waitpid(server, &status, 0);
    unlink(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
