// Chromium: a page whose script builds and changes some thousand elements, and the document that comes of it.
// The browser and its renderer are processes of their own; without the zygote each is started, and preloaded,
// anew.
//
// Debian's build and Google's define malloc in the executable itself (PartitionAlloc), and no preloaded
// library takes its place there. The subject is loaded all the same, into a program full of threads and forks
// that does not call it, and must not be noticed; the test says so.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kPage[] = R"html(<!doctype html>
<html>
<head>
<meta charset="utf-8">
<title>Elements</title>
<style>
  .even { color: green; }
  .odd { float: left; width: 10em; }
  td:nth-child(3) { font-weight: bold; }
</style>
</head>
<body>
<h1>Elements</h1>
<table id="table"></table>
<div id="text"></div>
<p id="result"></p>
<script>
let state = 1;
const below = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
const table = document.getElementById('table');
for (let row = 0; row < 150; ++row) {
  const tr = table.insertRow(below(table.rows.length + 1));
  for (let cell = 0; cell < 6; ++cell) tr.insertCell().textContent = 'cell ' + row + ' ' + cell + ' ' + 'x'.repeat(below(20));
}
const text = document.getElementById('text');
for (let i = 0; i < 1500; ++i) {
  const p = document.createElement('p');
  p.className = i % 2 ? 'odd' : 'even';
  p.innerHTML = 'paragraph <b>' + i + '</b> <i>' + below(1000) + '</i>';
  text.append(p);
  if (below(3) === 0) text.children[below(text.children.length)].remove();
}
const words = text.textContent.match(/paragraph \d*7/g);
const sorted = [...text.children].sort((a, b) => a.textContent < b.textContent ? -1 : 1);
for (const p of sorted) text.append(p);
const parsed = new DOMParser().parseFromString(text.innerHTML, 'text/html');
document.getElementById('result').textContent = [words.length, parsed.querySelectorAll('.odd > b').length, document.querySelectorAll('td').length].join(' ');
</script>
</body>
</html>
)html";

Files inputs() { return {{"page.html", kPage}}; }

constexpr char kScript[] = R"sh(
chromium --headless --no-sandbox --no-zygote --disable-gpu --in-process-gpu --disable-breakpad \
    --disable-dev-shm-usage --no-first-run --disable-background-networking --disable-extensions \
    --user-data-dir="$HOME/profile" --dump-dom "file://$PWD/page.html"
)sh";

}  // namespace

Program chromium() {
  return {
      .name = "chromium",
      .needs = {"chromium"},
      .inputs = inputs,
      .script = kScript,
      .files = {},
      .users = {"chromium"},
      .own_malloc = {"chromium", "chrome_crashpad_handler", "exe"},  // "exe": renderers, by /proc/self/exe
      .errors_compared = false,  // times, process ids, and what of a desktop is not there
      .needs_desktop = true};
}

}  // namespace assay::suite::programs
