#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// playground_engine.js PROGRAM MODULE ROOM GROUP : the program and its engine for pages do the same things in the same
// place, ROOM/place, a copy of scenarios/ and some files of our own; all that they print and leave there has to be the same
// bytes. Prints what is not, and how long both took; ends with 1 if something is not.
'use strict';
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { compileEngine, execute } = require('../../src/output/play/wasi.js');

const [original, moduleFile, room, group] = process.argv.slice(2);
/* A copy, beside which there are no lessons: it finds those where it runs, as the engine does. */
const program = path.join(room, 'autoscale-sim'), scratch = path.join(room, 'place');
const zones = '/usr/share/zoneinfo';

/* Of two last digits of a p-value: glibc's exp and log use fused multiply-add where the processor has it, and WebAssembly
 * has none. */
const env = group === 'comparisons' ? { GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-FMA,-AVX2,-FMA_Usable,-AVX2_Usable' } : {};

/* Files below a directory, by their paths from it. */
function filesBelow(folder, at = '', files = new Map()) {
  for (const entry of fs.readdirSync(path.join(folder, at), { withFileTypes: true })) {
    const name = path.join(at, entry.name);
    if (entry.isDirectory()) filesBelow(folder, name, files);
    else files.set(name, fs.readFileSync(path.join(folder, name)));
  }
  return files;
}

/* Without what is of the machine, and not of the run. */
function masked(bytes) {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/(wall_time_s|peak_memory_bytes)(\\u0022|"): [^,}\s\\]+/g, '$1$2: ...');
}

/* The first place where two texts part. */
function parting(native, engine) {
  let i = 0;
  while (i < native.length && native[i] === engine[i]) i++;
  const from = Math.max(0, i - 60);
  return ['program', 'engine '].map((who, k) => `\n    ${who} ${JSON.stringify([native, engine][k].slice(from, i + 160))}`);
}

/* Both do the commands, each on what the one before has left. Returns what differs, as texts. */
function differences(engine, begin, commands, seconds) {
  const found = [];
  const compare = (what, native, ours) => {
    if (masked(native) !== masked(ours)) found.push(`${what}:${parting(masked(native), masked(ours)).join('')}`);
  };
  let files = begin;
  for (const args of commands) {
    let at = performance.now();
    const native = spawnSync(program, args, { cwd: scratch, argv0: 'autoscale-sim', env, maxBuffer: 1 << 28 });
    seconds.program += (performance.now() - at) / 1000;
    at = performance.now();
    const ours = execute(engine, args, files, { PWD: scratch });
    seconds.engine += (performance.now() - at) / 1000;
    files = ours.files;
    const missed = misses(args, native);
    if (missed !== null) found.push(missed);
    if (native.status !== ours.status) found.push(`exit status ${native.status}, in the engine ${ours.status}`);
    for (const stream of ['stdout', 'stderr']) {
      compare(stream, native[stream], Buffer.from(ours[stream]));
    }
  }
  const left = filesBelow(scratch);
  for (const name of new Set([...left.keys(), ...files.keys()].filter((one) => !one.startsWith('/')))) {
    if (left.has(name) && files.has(name)) compare(name, left.get(name), files.get(name));
    else found.push(`${name}: only ${left.has(name) ? 'the program' : 'the engine'} leaves it`);
  }
  for (const name of left.keys()) if (!begin.has(name)) fs.rmSync(path.join(scratch, name));
  fs.rmSync(path.join(scratch, 'out'), { recursive: true, force: true });
  return found;
}

/* What is done ---------------------------------------------------------------------------------------------------- */

const one = (...args) => [args];
const demo = 'scenarios/demo.json', trace = 'scenarios/traces/azure-sample.csv';
const own = (kind, value) => `{"duration": "10m", "deployments": {"chat": {"model": "llama-v3p1-8b-instruct",
  "policy": {"${kind}": ${value}},
  "traffic": {"type": "poisson", "rate_per_s": 1, "prompt_tokens": 100, "output_tokens": 100}}}}`;
/* Each a policy, and what has to be told of it. */
const scripts = {
  'fails.lua': ['function decide(seen)\n  return seen.nothing.more\nend\n', /fails\.lua:2: .*nothing/],
  'throws.lua': ['function decide(seen) error({code = 7}) end\n', /throws\.lua/],
  'protects.lua': ['function decide(seen) return pcall(error) and 1 or 2 end\n', /global 'pcall'/],
  'endless.lua': ['function decide(seen) while true do end end\n', /endless\.lua: .*instructions/],
  'greedy.lua': ['function decide(seen) local t = {} for i = 1, 1e9 do t[i] = {i} end return 1 end\n', /greedy\.lua/],
  'recursive.lua': ['function decide(seen) local function f(n) return 1 + f(n) end return f(1) end\n', /recursive\.lua/],
  'grammar.lua': ['function decide(seen) return = 1 end\n', /grammar\.lua:1: /],
};
const mistakes = {
  'typo.json': '{"deployments": {"chat": {"modle": "llama-v3p1-8b-instruct", "autoscaling": {"max_replica_count": -3}}}}',
  'broken.json': '{"deployments": {"chat": ',
  'empty.json': '',
};

const groups = {
  runs: (scenarios) => scenarios.map((name) => one('run', name, '--out', 'out', '--requests')),
  explains: (scenarios) => scenarios.flatMap((name) => [one('explain', name), one('explain', name, '--json')]),
  validates: (scenarios) => scenarios.flatMap((name) => [one('validate', name), one('validate', name, '--json')]),
  comparisons: (scenarios) => [
    ...scenarios.map((name) => one('compare', name, '--replications', '2', '--out', 'out', '--requests', '--jobs', '2')),
    one('compare', demo, '--preset', 'cost-optimization', '--preset', 'performance', '--out', 'out'),
    one('compare', demo, '--policy', 'fireworks,hpa,keda,ray_serve,foresight', '--replications', '3', '--json'),
    one('compare', 'scenarios/own-policy.json', 'scenarios/autoscalers/hpa.json', '--replications', 'auto', '--most', '12'),
  ],
  lessons: (scenarios, files) => [one('learn'),
    ...[...files.keys()].filter((name) => /^scenarios\/lessons\/\d.*\.md$/.test(name))
      .map((name) => one('learn', String(parseInt(path.basename(name), 10))))],
  traces: () => [
    one('trace', 'describe', trace), one('trace', 'describe', trace, '--json', '--out', 'out'),
    one('trace', 'describe', 'sample.csv.gz'), one('trace', 'fit', trace), one('trace', 'fit', trace, '--json'),
    one('trace', 'convert', 'sample.csv.gz', '--to', 'vidur', '--out', 'out'),
    one('trace', 'generate', demo, '--to', 'azure', '--out', 'out'),
    one('run', '--trace', 'sample.csv.gz', '--out', 'out', '--requests'), one('init', '--trace', trace, '--out', '-'),
  ],
  others: () => [
    one('run', 'scenarios/cost-optimization.json', '--seed', '5', '--json', '--firectl',
      'firectl deployment create accounts/fireworks/models/llama-v3p1-70b-instruct --min-replica-count 0 ' +
      '--max-replica-count 6 --scale-up-window 1m --accelerator-type NVIDIA_H100_80GB --accelerator-count 4'),
    [['run', demo, '--out', 'out'], ['run', demo, '--out', 'out'], ['run', demo, '--out', 'out', '--force', '--seed', '2'],
      ['report', '--json', 'out']],
    [['init', '--out', 'out.json'], ['validate', 'out.json'], ['run', 'out.json', '--quiet']],
    one('decide', 'scenarios/policies/headroom.json', 'scenarios/policies/headroom.jsonl', '--state'),
    one('presets', '--json'), one('models', '--json'), one('assumptions', demo), one('help'), one('help', 'run'),
    one('help', 'scenario'), one('--version'),
    one('run', demo, '--trace-events', 'events.txt', '--set', 'duration=5m'),
  ],
  mistakes: () => [
    ...Object.keys(mistakes).map((name) => one('run', name, '--out', 'out')), one('validate', 'typo.json', '--json'),
    one('run', 'nowhere.json'), one('run', 'scenarios'), one('run', demo, '--out', 'scenarios/none.json/../demo.json/out'),
    one('run', demo, '--out', 'scenarios'), one('run', demo, '--out', 'scenarios/demo.json/out'),
    one('run', demo, '--set', 'deployments.chat.autoscaling.scale_up_windov=3s'), one('run', demo, '--quit'),
    one('rnu', demo), one('run'), one('trace', 'describe', 'broken.json'), one('trace', 'describe', 'cut.csv.gz'),
    one('run', demo, '--set', 'deployments.chat.traffic.rate=1e9'),
    one('run', demo, '--out', 'typo.json'), one('run', demo, '--out', 'typo.json', '--force'),
  ],
  scripts: () => Object.keys(scripts).flatMap((name) => ['run', 'validate', 'explain'].map((command) =>
    one(command, name.replace('.lua', '.json')))),
};

/* That the program does what the group is there for, and not the same wrong in both. */
function misses(args, { status, stderr }) {
  if (group === 'mistakes') return status === 2 || status === 1 ? null : 'no mistake';
  if (group !== 'scripts') return status === 0 || group === 'others' ? null : `exit status ${status}: ${stderr}`;
  const told = scripts[args[1].replace('.json', '.lua')][1];
  return args[0] !== 'run' || told.test(stderr) ? null : `${told} is not told: ${stderr}`;
}

/* What no page can do ends with a reason. */
const refused = [
  [['optimize', 'scenarios/optimize/day.json'], /optimize: found nothing of it in the engine of a page/],
  [['sweep', 'scenarios/sweeps/demo.json', '--out', 'out'], /sweep: found nothing of it in the engine of a page/],
  [['play'], /play: found nothing of it in the engine of a page/],
  [['run', demo, '--out', 'out', '--plot'], /gnuplot: found nothing of it in the engine of a page/],
  [['help', '--man'], /help: found nothing of it in the engine of a page/],
  [['run', 'program.json'], /python3: Function not implemented/],
  [['run', 'module.json'], /a page loads no shared objects/],
];

function checkRefused(engine, files) {
  let bad = 0;
  for (const [args, reason] of refused) {
    const { status, stderr } = execute(engine, args, files, { PWD: scratch });
    if (status === 0 || !reason.test(stderr)) {
      console.log(`${args.join(' ')}: exit status ${status}, ${JSON.stringify(stderr)}`);
      bad++;
    }
  }
  return bad;
}

function prepare() {
  fs.copyFileSync(original, program);
  fs.cpSync('scenarios', path.join(scratch, 'scenarios'), { recursive: true });
  const put = (name, content) => fs.writeFileSync(path.join(scratch, name), content);
  const packed = zlib.gzipSync(fs.readFileSync(trace));
  put('sample.csv.gz', packed);
  put('cut.csv.gz', packed.subarray(0, packed.length / 2));
  for (const [name, text] of Object.entries(mistakes)) put(name, text);
  for (const [name, [text]] of Object.entries(scripts)) put(name, text);
  for (const name of Object.keys(scripts)) put(name.replace('.lua', '.json'), own('lua', `"${name}"`));
  put('program.json', own('command', '["python3", "policy.py"]'));
  put('module.json', own('module', '"policy.so"'));
  put('policy.so', '');
  const files = filesBelow(scratch);
  for (const bytes of files.values()) {
    for (const [, zone] of String(bytes).matchAll(/"timezone": "([^"]+)"/g)) {
      files.set(`${zones}/${zone}`, fs.readFileSync(`${zones}/${zone}`));
    }
  }
  return files;
}

async function main() {
  const engine = await compileEngine(fs.readFileSync(moduleFile)), files = prepare();
  const scenarios = [...files.keys()].filter((name) => /^scenarios\/((autoscalers|lessons)\/)?[^/]+\.json$/.test(name));
  const seconds = { program: 0, engine: 0 };
  if (group === 'refused') {
    process.exitCode = checkRefused(engine, files) > 0 ? 1 : 0;
    return;
  }
  let bad = 0;
  for (const commands of groups[group](scenarios.sort(), files)) {
    const found = differences(engine, files, commands, seconds);
    for (const text of found) console.log(`${commands.map((args) => args.join(' ')).join('; ')}\n  ${text}`);
    bad += found.length;
  }
  console.error(`${group}: program ${seconds.program.toFixed(2)} s, engine ${seconds.engine.toFixed(2)} s`);
  process.exitCode = bad > 0 ? 1 : 0;
}

main();
