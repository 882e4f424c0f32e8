// Node.js: buffers outside the heap of V8, compression, hashes, collation, JSON, and the same again in two
// workers, each an engine of its own that is started and torn down.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kScript[] = R"js(
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto');

class Random {
  constructor(seed) { this.state = seed >>> 0; }
  below(n) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.state / 4294967296 * n);
  }
}
const digest = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);

function buffers(random) {
  const kept = new Array(500).fill(null), hash = crypto.createHash('sha256');
  for (let i = 0; i < 12000; ++i) {
    const at = random.below(kept.length);
    if (kept[at] !== null) hash.update(kept[at].subarray(0, 16));
    kept[at] = Buffer.allocUnsafeSlow(1 + random.below(random.below(20) === 0 ? 65536 : 3000)).fill(i & 255);
  }
  return hash.digest('hex').slice(0, 16);
}
function compressed(random) {
  let text = '';
  for (let i = 0; i < 6000; ++i) text += 'word' + random.below(500) + ' ';
  const parts = [];
  for (let level = 1; level <= 9; ++level) parts.push(zlib.deflateSync(text, { level }));
  parts.push(zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }));
  for (const part of parts.slice(0, 9)) if (zlib.inflateSync(part).toString() !== text) throw new Error('inflate');
  return digest(Buffer.concat(parts));
}
function objects(random) {
  const map = new Map();
  for (let i = 0; i < 60000; ++i) {
    const key = 'key' + random.below(15000);
    if (random.below(3) === 0) map.delete(key); else map.set(key, { i, text: key.repeat(random.below(5)), list: [i, key] });
  }
  const text = JSON.stringify([...map].sort((a, b) => a[0] < b[0] ? -1 : 1));
  return [map.size, digest(text), digest(JSON.stringify(structuredClone(JSON.parse(text))))];
}
function texts(random) {
  const names = [];
  for (let i = 0; i < 5000; ++i) names.push(String.fromCharCode(97 + random.below(26), 228 + random.below(9)) + random.below(999));
  names.sort(new Intl.Collator('en').compare);
  const urls = names.slice(0, 1500).map((name) => new URL('/' + name + '?q=' + name, 'http://example.org').href);
  return [digest(names.join()), digest(urls.join()), names.join(' ').replace(/([a-z])\D(\d+)/gu, '$2$1').length];
}
function work(seed) {
  const random = new Random(seed);
  return [buffers(random), compressed(random), objects(random), texts(random)];
}

if (isMainThread) {
  const results = [], workers = 2;
  let left = workers;
  for (let number = 0; number < workers; ++number) {
    const worker = new Worker(__filename, { workerData: number });
    worker.on('message', (message) => { results[number] = message; });
    worker.on('exit', (code) => {
      if (code !== 0) process.exitCode = code;
      if (--left === 0) console.log(JSON.stringify(results));
    });
  }
  console.log(JSON.stringify(work(100)));
} else {
  parentPort.postMessage(work(workerData + 1));
}
)js";

Files inputs() { return {{"work.js", kScript}}; }

}  // namespace

Program node() {
  return {.name = "node",
          .needs = {"node"},
          .inputs = inputs,
          .script = "node work.js\n",
          .files = {},
          .users = {"node"}};
}

}  // namespace assay::suite::programs
