# SPDX-License-Identifier: GPL-3.0-or-later
# autoscale-sim: `make demo` shows it at work, `make help` lists the rest, V=1 shows the commands.

VERSION   = 0.1.0
PREFIX    = /usr/local
BUILD     = build
JOBS      = 2
FUZZ_TIME = 30
EXPERIMENTS = 1000
DEMO_OUT  = out/demo
DEMO      = $(PROGRAM) compare scenarios/demo.json --preset cost-optimization --preset performance \
            --out $(DEMO_OUT) --force --plot

CC        = cc
CFLAGS    = -O2 -g
SANITIZE  =
WARNINGS  = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
# Results are byte-identical everywhere: no fused multiply-add, no -march=native, no -ffast-math.
LANGUAGE  = -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -pthread
DEFINES   = -DASIM_VERSION=\"$(VERSION)\"
# Where it is installed is known to two files alone: another PREFIX compiles no other again.
DATADIR   = -DASIM_DATADIR=\"$(PREFIX)/share/autoscale-sim\"

# What pkg-config says of a package, or what Debian's would say.
package   = $(or $(shell pkg-config $(1) $(2) 2>/dev/null),$(3))
INCLUDES := -Isrc -Iinclude $(call package,--cflags,gsl) \
            $(call package,--cflags,libcjson,-I/usr/include/cjson) \
            $(call package,--cflags,lua5.4,-I/usr/include/lua5.4) $(call package,--cflags,libmicrohttpd)
LIBS     := $(call package,--libs,gsl,-lgsl -lgslcblas -lm) $(call package,--libs,libcjson,-lcjson) \
            $(call package,--libs,lua5.4,-llua5.4) $(call package,--libs,zlib,-lz) \
            $(call package,--libs,nettle,-lnettle) $(call package,--libs,libmicrohttpd,-lmicrohttpd) -lm -lpthread
# Criterion's own macros convert implicitly.
TEST_FLAGS := -Wno-conversion -Itests $(call package,--cflags,criterion,-pthread -DBXF_STATIC_LIB=1)
TEST_LIBS  := $(call package,--libs,criterion,-lcriterion)

SANITIZER = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
COMPILE   = $(CC) $(LANGUAGE) $(DEFINES) $(PLACE) $(WARNINGS) $(INCLUDES) $(if $(filter tests/%,$<),$(TEST_FLAGS)) \
            $(CFLAGS) $(CPPFLAGS) $(SANITIZER)
LINK      = $(CC) -pthread $(CFLAGS) $(SANITIZER) $(LDFLAGS)
# Leaks are looked for after a test has passed; Criterion then fails the run only on an abort.
SANITIZER_OPTIONS = ASAN_OPTIONS=abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1 \
                    UBSAN_OPTIONS=print_stacktrace=1:exitcode=99 TSAN_OPTIONS=exitcode=99

PROGRAM   = $(BUILD)/autoscale-sim
LIBRARY   = $(BUILD)/libautoscale_sim.a
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PLACED    := $(call objects,src/output/gnuplot.c src/output/play.c src/experiment/lesson.c)
# Scripts in Lua that the playground has to begin from.
RULES     = fireworks hpa stabilize headroom growth
EMBEDDED  := $(call objects,$(patsubst %,$(BUILD)/%_data.c,page_style page_script live_script play_style play_script play_worker play_loader $(RULES:%=rule_%)) $(BUILD)/catalogue_tables.c)
CLI       := $(call objects,$(wildcard src/cli/*.c) $(patsubst %,$(BUILD)/%_data.c,man_page completion_bash completion_zsh completion_fish))
MODEL     := $(call objects,$(filter-out src/cli/% src/wasi/%,$(wildcard src/*/*.c))) $(EMBEDDED)
TESTS     := $(call objects,$(filter-out tests/bench/% tests/fuzz/% tests/statistics/% tests/faults/% tests/accuracy/%,$(wildcard tests/*/*.c)))
ACCURACY  := $(BUILD)/accuracy/accuracy
BENCHES   := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
STATISTICS := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/statistics/*.c))
FUZZERS   := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard $(if $(FUZZ),$(FUZZ:%=tests/fuzz/fuzz_%.c),tests/fuzz/fuzz_*.c)))
OBJECTS   := $(CLI) $(MODEL) $(TESTS) $(call objects,$(wildcard tests/bench/*.c tests/fuzz/*.c tests/statistics/*.c tests/accuracy/*.c))
C_FILES   := $(wildcard src/*/*.[ch] include/*/*.h tests/*/*.[ch])

# The same program for WebAssembly, in the page of a playground: src/wasi stands in for what it does without.
WASM      = $(BUILD)/wasm
WASM_CC   = clang --target=wasm32-wasi
# With bulk memory clang 14 wants threads for _Thread_local, of which there is one.
WASM_FLAGS = -mbulk-memory -msign-ext -mnontrapping-fptoint -D_Thread_local= \
            $(patsubst %,-D_WASI_EMULATED_%,SIGNAL PROCESS_CLOCKS GETPID)
WASM_COMPILE = $(WASM_CC) $(WASM_FLAGS) $(filter-out -pthread,$(LANGUAGE)) $(DEFINES) $(DATADIR) $(WARNINGS) \
            -include src/wasi/posix.h -Isrc/wasi -Isrc -Iinclude -isystem $(WASM)/include -O$(if $(filter $(WASM_HOT),$<),2,s)
WASM_LINK = $(WASM_CC) -Wl,--gc-sections -Wl,--strip-all -Wl,-z,stack-size=1048576 \
            -Wl,--export-table -Wl,--export=__stack_pointer # for Lua's errors
# What runs for each request, and what the page reads each run by; the rest is to be small.
WASM_HOT  = $(patsubst %,src/%/%,base engine cluster sim client figures) $(patsubst %,src/traffic/%.c,gaps rates requests synthetic traffic) \
            $(patsubst %,src/output/page_%.c,data series)
WASM_WITHOUT = src/base/child.c src/base/task_pool.c src/cli/interrupt.c src/cli/manual.c src/serve/% \
            $(patsubst %,src/cli/%.c,calibrate identify optimize sweep play serve) \
            src/sim/live_replay.c $(patsubst %,src/output/%,gnuplot.c pictures.c page.c page_frame.c play% plot_%)
wasm_objects = $(patsubst %.c,$(WASM)/obj/%.o,$(1))
WASM_CLI  := $(call wasm_objects,$(filter-out $(WASM_WITHOUT),$(wildcard src/cli/*.c src/wasi/*.c)))
WASM_MODEL := $(call wasm_objects,$(filter-out src/cli/% src/wasi/% $(WASM_WITHOUT),$(wildcard src/*/*.c)) $(BUILD)/catalogue_tables.c)

run_tests = @ASIM_BINARY="$$(realpath $(PROGRAM))" $(SANITIZER_OPTIONS) $(BUILD)/tests --jobs $(JOBS)
# What needs the page of the playground, or its engine: a target of its own.
PLAYED    = play|play_*|playground_engine
# What `make quick` leaves out: whole programs, browsers, statistics, long random scripts.
SLOW      = cli_*|one_row|golden_cli|documents|docs_tables|sweep_cluster|real_clients|theory*|statistics|search|plots*|page*|learn|lessons_hold|traffic_published|serving_oracle|sim_invariants|company|play*

Q         = $(if $(V),,@)
say       = @$(if $(V),:,printf '%-7s %s\n' $(1) $(2))
variant   = +@$(MAKE) --no-print-directory
# Small blocks: small inputs then reach what only large ones would, and soon.
fuzzing   = +@scripts/install-dependencies fuzz && $(MAKE) --no-print-directory run-fuzzers BUILD=build/fuzzing \
            CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' CPPFLAGS=-DTRAFFIC_BLOCK=256 \
            SANITIZE=address,undefined,float-cast-overflow
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.PHONY: all accuracy demo docs playground test quick test-cluster test-playground test-real faults statistics bench sanitize hostile threads run-threads fuzz replay run-fuzzers check objects tidy format
.PHONY: install uninstall setup clean help FORCE

all: $(PROGRAM)            ## build the program (the default)
demo: $(PROGRAM) | setup   ## build it, compare two presets, plot the result
	$(DEMO)
	@echo "The results are in $(DEMO_OUT)/"
playground: $(PROGRAM)     ## the whole program in one HTML page: build/playground.html
	@scripts/install-dependencies playground
	$(variant) $(BUILD)/playground.wasm.gz
	$(Q)touch $(BUILD)/playground.wasm.gz # not older than the program, whatever was compiled: tests look
	$(PROGRAM) play --out $(BUILD)/playground.html --force
test: $(BUILD)/tests $(PROGRAM) | setup ## build and run the tests (TEST_ARGS='--filter engine/*': some of them)
	$(run_tests) $(or $(TEST_ARGS),--filter '!(sweep_cluster|real_clients|$(PLAYED))/*') 2>&1
quick: $(BUILD)/tests $(PROGRAM) | setup ## the tests that take no time: a few seconds
	$(run_tests) --filter '!($(SLOW))/*' 2>&1
docs: $(BUILD)/tests $(PROGRAM) | setup ## write the tables of docs/ anew, as the program has them
	$(run_tests) --filter 'docs_tables/*' 2>&1
docs: export DOCS_UPDATE = 1
test-cluster: $(BUILD)/tests $(PROGRAM) | setup ## sweeps with the real GNU parallel, sshd and Slurm, where they can run
	@scripts/install-dependencies batch || echo "Some of these tests will be skipped."
	$(run_tests) --filter 'sweep_cluster/*' 2>&1
test-playground: $(BUILD)/tests $(PROGRAM) | setup ## the playground in headless Chromium, and its engine beside the program
	+@if scripts/install-dependencies playground; then $(MAKE) --no-print-directory playground; \
	else echo "No playground can be made here: its tests will be skipped."; fi
	$(run_tests) --filter '@($(PLAYED))/*' 2>&1
test-real: $(BUILD)/tests $(PROGRAM) | setup ## serve with the clients of others: requests, fetch, curl, openai, hey, wrk, Prometheus; the playground in Firefox
	@scripts/install-dependencies real || echo "Some of these tests will be skipped."
	$(run_tests) --jobs 1 --filter 'real_clients/*' 2>&1
faults: $(BUILD)/tests $(PROGRAM) ## every command with each allocation and each call for a file failing in turn (hours; ASIM_FAULTS=1000: less)
	@ASIM_BINARY="$$(realpath $(PROGRAM))" ASIM_FAULTS=all $(BUILD)/tests --jobs $(JOBS) --filter 'cli_faults/*' 2>&1
accuracy: $(ACCURACY)      ## replay public runs of real replicas, as docs/accuracy.md has them (in ../shared, where present)
	@$(ACCURACY)
statistics: $(BUILD)/tests $(STATISTICS) | setup ## do confidence intervals keep their promise? EXPERIMENTS=1000 of each kind
	@ASIM_EXPERIMENTS=$(EXPERIMENTS) $(BUILD)/tests --jobs 1 --filter 'statistics/*' 2>&1
	@set -e; for program in $(STATISTICS); do echo "== $$program"; $$program; done
bench: $(BENCHES) $(PROGRAM) | setup  ## run the benchmarks beside the figures recorded last (RECORD=1: record anew)
	@echo "$$(uname -n): $$(nproc) x$$(sed -n 's/^model name.*:/ /p' /proc/cpuinfo | head -1), $(CC)"
	$(if $(RECORD),@rm -f tests/bench/figures.tsv)
	@set -e; for bench in $(BENCHES); do echo "== $$bench"; $$bench; done
sanitize: | setup          ## the tests with address, leak and undefined-behaviour checks (CC=clang sees others)
	$(variant) test BUILD=build/sanitize-$(lastword $(CC)) CFLAGS='-O1 -g' SANITIZE=address,undefined,float-cast-overflow
hostile: | setup           ## the tests with containers of one and the books checked after every event
	$(variant) test BUILD=build/hostile CFLAGS='-O1 -g -DASIM_HOSTILE'
threads: | setup           ## compare, sweep, optimize, learn and compressed logs, with a look for races
	$(variant) run-threads BUILD=build/threads CFLAGS='-O1 -g' SANITIZE=thread
run-threads: $(PROGRAM)
	@scripts/check-threads $(PROGRAM)
fuzz:                      ## fuzz each reader for FUZZ_TIME seconds (FUZZ='policy csv': some of them)
	$(fuzzing) LIMITS='-max_total_time=$(FUZZ_TIME)'
replay:                    ## each fuzzer on its corpus
	$(fuzzing) LIMITS='-runs=0'
check:                     ## licences, floors, format, cppcheck, no warning from gcc or clang
	@scripts/install-dependencies check
	$(call say,CHECK,floors)
	$(Q)scripts/check-floors $(C_FILES)
	$(call say,CHECK,format)
	$(Q)clang-format --dry-run --Werror $(C_FILES)
	$(call say,CHECK,cppcheck)
	$(Q)mkdir -p build/cppcheck
	$(Q)cppcheck --quiet --std=c11 --library=posix --enable=warning,performance,portability \
	    --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 -j $(JOBS) \
	    --cppcheck-build-dir=build/cppcheck -D__GNUC__ $(DEFINES) $(DATADIR) -Isrc -Iinclude src
	$(variant) objects BUILD=build/gcc-werror CC=gcc CFLAGS='-O2 -Werror'
	$(variant) objects BUILD=build/clang-werror CC=clang CFLAGS='-O0 -Werror'
tidy:                      ## clang-tidy over src, slower and more opinionated than check
	clang-tidy --quiet $(wildcard src/*/*.c) -- $(LANGUAGE) $(DEFINES) $(DATADIR) $(INCLUDES)
format:                    ## clang-format every source in place
	$(Q)clang-format -i $(C_FILES)

TO = $(DESTDIR)$(PREFIX)
MANUAL = $(TO)/share/man/man1/autoscale-sim.1
SHARE  = $(TO)/share/autoscale-sim
BASH_COMPLETION = $(TO)/share/bash-completion/completions/autoscale-sim
ZSH_COMPLETION  = $(TO)/share/zsh/site-functions/_autoscale-sim
FISH_COMPLETION = $(TO)/share/fish/vendor_completions.d/autoscale-sim.fish
SCENARIOS = $(wildcard $(patsubst %,scenarios/%,*.json *.md autoscalers/*.json lessons/*.* optimize/*.json policies/*.* sweeps/*.json traces/*.*))
install: $(PROGRAM)        ## install under PREFIX (and DESTDIR)
	install -d $(TO)/bin $(TO)/lib/pkgconfig $(TO)/include/autoscale_sim
	install -d $(dir $(MANUAL) $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))
	install -d $(patsubst %,$(SHARE)/scenarios/%,. autoscalers lessons optimize policies sweeps traces)
	install -m 755 $(PROGRAM) $(TO)/bin
	install -m 644 $(LIBRARY) $(TO)/lib
	install -m 644 $(wildcard include/autoscale_sim/*.h) $(TO)/include/autoscale_sim
	install -m 644 $(wildcard scripts/*.gp) scripts/sweep-common scripts/sweep-job.yaml $(SHARE)
	install -m 755 scripts/sweep-parallel scripts/sweep-slurm scripts/sweep.slurm $(SHARE)
	$(if $(wildcard $(BUILD)/playground.wasm.gz),install -m 644 $(BUILD)/playground.wasm.gz $(SHARE))
	for file in $(SCENARIOS); do install -m 644 $$file $(SHARE)/$$file || exit; done
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' scripts/autoscale_sim.pc.in \
	    > $(TO)/lib/pkgconfig/autoscale_sim.pc
	$(PROGRAM) help --man > $(MANUAL)
	$(PROGRAM) help --completion bash > $(BASH_COMPLETION)
	$(PROGRAM) help --completion zsh > $(ZSH_COMPLETION)
	$(PROGRAM) help --completion fish > $(FISH_COMPLETION)
uninstall:                 ## remove what install put there
	rm -f $(TO)/bin/autoscale-sim $(TO)/lib/libautoscale_sim.a $(TO)/lib/pkgconfig/autoscale_sim.pc
	rm -f $(MANUAL) $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
	rm -rf $(TO)/include/autoscale_sim $(SHARE)
setup:                     ## install what the build needs, if anything is missing
	@scripts/install-dependencies
clean:                     ## remove build/
	rm -rf build
help:                      ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

objects: $(OBJECTS)
# A fuzzer starts from the inputs in tests/fuzz/NAME/ and leaves what it finds under build.
run-fuzzers: $(FUZZERS)
	@failed=; for fuzzer in $(FUZZERS); do \
	    mkdir -p $$fuzzer.corpus; \
	    $$fuzzer $(LIMITS) -timeout=20 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
	        -artifact_prefix=$$fuzzer. $$fuzzer.corpus tests/fuzz/$${fuzzer##*/} </dev/null >$$fuzzer.log 2>&1 || \
	        { failed="$$failed $$fuzzer"; grep -av '^#' $$fuzzer.log | tail -60; }; \
	    echo "$${fuzzer##*/}:" $$(sed -n 's/^stat::number_of_executed_units: \(.*\)/\1 inputs,/p; \
	        s/^stat::average_exec_per_sec: \(.*\)/\1 a second/p' $$fuzzer.log); \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

$(PROGRAM): $(CLI) $(LIBRARY)
$(BUILD)/tests: $(TESTS) $(filter-out %/main.o,$(CLI)) $(LIBRARY) | $(ACCURACY) $(BUILD)/faults.so $(BUILD)/one-row $(BUILD)/one-row-docs $(BUILD)/one-row-option
# The program with one row more in its tables of metrics and of formats (tests/golden/cli/one_row.golden,
# tests/cli/test_one_row.c): beside the tests.
ONE_ROW := $(patsubst %,$(BUILD)/obj/one-row/%.o,metrics format docs)
$(BUILD)/one-row: $(CLI) $(filter-out %/docs.o,$(ONE_ROW)) $(LIBRARY)
$(BUILD)/one-row-docs: $(ONE_ROW) $(LIBRARY)
$(BUILD)/obj/one-row/docs.o: tests/golden/cli/one_row_docs.c
$(BUILD)/obj/one-row/metrics.o: src/figures/metrics.c
$(BUILD)/obj/one-row/format.o: src/traffic/format.c
$(ONE_ROW): $(BUILD)/stamp/compile
	$(call say,CC,one row more)
	$(Q)mkdir -p $(@D) && $(COMPILE) -DMETRICS_EXTRA='"tests/golden/cli/one_row.def"' \
	    -DFORMATS_EXTRA='"tests/cli/one_row.h"' -I. -MMD -MP -c -o $@ $(filter %.c,$^)
# Likewise with one option more in the policy's table (tests/cli/test_one_row_option.c).
ROW_OPTION := $(patsubst %,$(BUILD)/obj/one-row/%.o,fireworks policies)
$(BUILD)/one-row-option: $(CLI) $(ROW_OPTION) $(LIBRARY)
$(ROW_OPTION): $(BUILD)/obj/one-row/%.o: src/policy/%.c $(BUILD)/stamp/compile
	$(call say,CC,one option more)
	$(Q)mkdir -p $(@D) && $(COMPILE) -DOPTIONS_EXTRA='"tests/cli/one_row_option.def"' -I. -MMD -MP -c -o $@ $<
$(ACCURACY) $(BENCHES) $(FUZZERS) $(STATISTICS): $(BUILD)/%: $(BUILD)/obj/tests/%.o $(LIBRARY)
$(FUZZERS): $(call objects,tests/fuzz/fuzzing.c tests/oracle/policy_oracle.c)
$(BUILD)/tests: private EXTRA = $(TEST_LIBS)
$(FUZZERS): private EXTRA = -fsanitize=fuzzer
$(PROGRAM) $(BUILD)/one-row $(BUILD)/one-row-docs $(BUILD)/one-row-option $(BUILD)/tests $(ACCURACY) $(BENCHES) $(FUZZERS) $(STATISTICS):
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(EXTRA) $(LIBS)

# Makes calls fail, preloaded (tests/cli/test_faults.c): beside the tests.
$(BUILD)/faults.so: tests/faults/shim.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LANGUAGE) $(WARNINGS) -O1 -g -shared -fPIC -o $@ $<

$(LIBRARY): $(MODEL) $(BUILD)/stamp/link
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(MODEL)

$(OBJECTS): $(BUILD)/obj/%.o: %.c $(BUILD)/stamp/compile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(COMPILE) -MMD -MP -c -o $@ $<

$(PLACED): private PLACE = $(DATADIR)
$(PLACED): $(BUILD)/stamp/place

# What travels inside the program, as arrays of character constants called like their files.
$(BUILD)/man_page_data.c: src/cli/man_page.roff
$(patsubst %,$(BUILD)/completion_%_data.c,bash zsh fish): $(BUILD)/completion_%_data.c: src/cli/completion.%
$(BUILD)/page_style_data.c: src/output/page/page.css
$(BUILD)/page_script_data.c: $(patsubst %,src/output/page/%.js,values metrics origin charts run comparison points sweep start)
# The live page's: what it has of the pages', and its own.
$(BUILD)/live_script_data.c: $(patsubst %,src/output/page/%.js,values metrics charts run) src/serve/live.js
# The playground's script: what it has of the pages', its core, its panels, and what begins it last.
PLAY_PAGE = values metrics charts run origin comparison points
PLAY_CORE = state engine results controls share
PLAY_PANELS := $(filter-out wasi worker loader start $(PLAY_CORE),$(basename $(notdir $(sort $(wildcard src/output/play/*.js)))))
$(BUILD)/play_style_data.c: src/output/page/page.css $(sort $(wildcard src/output/play/*.css))
$(BUILD)/play_script_data.c: $(PLAY_PAGE:%=src/output/page/%.js) $(patsubst %,src/output/play/%.js,$(PLAY_CORE) $(PLAY_PANELS) start)
$(BUILD)/play_loader_data.c: src/output/play/loader.js
$(BUILD)/play_worker_data.c: src/output/play/wasi.js src/output/play/worker.js
$(patsubst %,$(BUILD)/rule_%_data.c,$(filter-out growth,$(RULES))): $(BUILD)/rule_%_data.c: scenarios/policies/%.lua
$(BUILD)/rule_growth_data.c: scenarios/lessons/12-own-policy.lua
$(BUILD)/%_data.c:
	$(call say,EMBED,$^)
	$(Q)mkdir -p $(@D) && { echo '#include <stddef.h>'; \
	    echo 'extern const char $*_data[];'; echo 'extern const size_t $*_data_size;'; \
	    echo 'const char $*_data[] = {'; cat $^ | od -An -v -to1 | sed "s/ *\([0-7]\{3\}\)/'\\\\\1',/g"; \
	    echo '0};'; echo 'const size_t $*_data_size = sizeof $*_data - 1;'; } > $@

$(BUILD)/playground.wasm.gz: $(BUILD)/playground.wasm
	$(call say,ZOPFLI,$@)
	$(Q)zopfli -c $< > $@
$(BUILD)/playground.wasm: $(WASM_CLI) $(WASM)/engine.a $(WASM)/libraries.a
	$(call say,LINK,$@)
	$(Q)$(WASM_LINK) -o $@ $^ -lm -lwasi-emulated-signal -lwasi-emulated-process-clocks -lwasi-emulated-getpid
# Of an archive only what is used is linked.
$(WASM)/engine.a: $(WASM_MODEL)
	$(call say,AR,$@)
	$(Q)rm -f $@ && llvm-ar rcs $@ $^
$(WASM_CLI) $(WASM_MODEL): $(WASM)/obj/%.o: %.c $(BUILD)/stamp/wasm | $(WASM)/libraries.a
	$(call say,WASM,$<)
	$(Q)mkdir -p $(@D) && $(WASM_COMPILE) -MMD -MP -c -o $@ $<
$(WASM)/libraries.a: scripts/wasm-libraries src/wasi/lua_errors.h src/wasi/setjmp.h
	$(call say,FETCH,"the libraries (a minute or two)")
	$(Q)scripts/wasm-libraries $(WASM) $(WASM_CC) $(WASM_FLAGS)

$(BUILD)/catalogue_tables.c: scripts/catalogue-tables src/scenario/catalogue.json
	$(call say,EMBED,$(word 2,$^))
	$(Q)mkdir -p $(@D) && $^ > $@

# The command lines are prerequisites too: another compiler, flag or list of files rebuilds.
stamp_compile = $(COMPILE) $(TEST_FLAGS)
stamp_place   = $(PREFIX)
stamp_wasm    = $(WASM_COMPILE) $(WASM_LINK) $(WASM_CLI) $(WASM_MODEL)
stamp_link    = $(LINK) $(TEST_LIBS) $(LIBS) $(CLI) $(MODEL) $(TESTS)
# Only one that has changed is made, so that `make -q` says whether anything is to be done.
$(foreach stamp,compile place link wasm,$(if \
    $(shell echo '$(stamp_$(stamp))' | cmp -s - $(BUILD)/stamp/$(stamp) || echo changed), \
    $(eval $(BUILD)/stamp/$(stamp): FORCE)))
$(addprefix $(BUILD)/stamp/,compile place link wasm): $(BUILD)/stamp/%: \
    | $(if $(filter demo test quick test-cluster test-playground test-real statistics bench,$(MAKECMDGOALS)),setup)
	@mkdir -p $(@D); echo '$(stamp_$*)' > $@

-include $(OBJECTS:.o=.d) $(WASM_CLI:.o=.d) $(WASM_MODEL:.o=.d) $(ONE_ROW:.o=.d) $(ROW_OPTION:.o=.d)
