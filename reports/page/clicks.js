// Uses the page's controls as a reader does, and returns what they did.
const pause = (milliseconds = 20) => new Promise((done) => setTimeout(done, milliseconds));
const shown = (one) => one !== null && one.checkVisibility() && one.getBoundingClientRect().width > 0;
// The browser's clock is virtual and leaps ahead whenever the page is idle; messages keep it busy, and real time passes.
const hop = () => new Promise((done) => {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = done;
  port2.postMessage(0);
});
const until = async (check) => {
  for (let i = 0; i < 1000 && !check(); ++i) {
    for (let j = 0; j < 200 && !check(); ++j) await hop();
    await pause();
  }
  return check();
};
const inView = (one) => one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().bottom <= innerHeight;
const texts = (list) => [...list].map((one) => one.textContent);

// Downloads are caught before they reach a disk.
const saved = {};
let parts;
globalThis.Blob = class extends Blob {
  constructor(content, options) {
    super(content, options);
    parts = content;
  }
};
const followed = HTMLAnchorElement.prototype.click;
HTMLAnchorElement.prototype.click = function () {
  if (!this.download) return followed.call(this);
  saved[this.download] = typeof parts[0] !== 'string' ? {type: parts[0].type, size: parts[0].size} : parts.join('');
};
const press = (scope, label) => [...scope.querySelectorAll('button')].find((one) => one.textContent === label).click();
const savedName = (end) => Object.keys(saved).find((name) => name.endsWith(end));
const save = async (scope, label, end) => {
  press(scope, label);
  const name = await until(() => savedName(end));
  return {name, content: saved[name]};
};

const found = {};

// Every chart is drawn when it comes into view, in the place of its drawing, and can be saved.
found.charts = {};
for (const details of document.querySelectorAll('details.workload')) details.open = details.dataset.workload === 'production_mix';
for (const figure of document.querySelectorAll('figure.chart')) {
  if (!shown(figure)) continue;
  figure.scrollIntoView({block: 'center'});
  await until(() => figure.querySelector('.space svg path') && figure.querySelectorAll('.tools button').length === 3);
  const space = figure.querySelector('.space'), name = [figure.dataset.chart, figure.dataset.metric].filter(Boolean).join(' ');
  found.charts[name] = {
    marks: space?.querySelectorAll('svg path').length ?? 0, texts: space ? texts(space.querySelectorAll('svg text')) : [],
    label: space?.ariaLabel, drawing: figure.querySelector(':scope > svg') ? shown(figure.querySelector(':scope > svg')) : false,
    fits: space !== null && space.scrollWidth <= space.clientWidth, tools: texts(figure.querySelectorAll('.tools button')),
    table: figure.closest('section').querySelector('table') !== null,
  };
}
const first = document.querySelector('figure.chart');
found.svg = await save(first, 'SVG', '.svg');
found.png = await save(first, 'PNG', '.png');
found.chartCsv = await save(document.querySelector('figure.chart:is([data-chart="percentiles"], [data-chart="forest"])'), 'CSV', '.csv');
const raw = document.getElementById('raw');
found.allCsv = raw.querySelector('button').textContent.startsWith('All samples') ? await save(raw, 'All samples, CSV', 'samples.csv') : await save(raw, 'All comparisons, CSV', 'comparisons.csv');

// Sorting by keyboard: a button takes the focus, Enter is a click.
const header = document.querySelector('table:is(.heat, .changes) thead tr:last-child th:nth-of-type(3)');
header.querySelector('button').focus();
found.focused = document.activeElement === header.querySelector('button');
const order = () => [...document.querySelectorAll('table.heat tr[data-workload], tr.change')].map((row) => row.dataset.workload ?? row.id);
document.activeElement.click();
found.ascending = order();
found.ariaSort = header.ariaSort;
document.activeElement.click();
found.descending = order();

const panel = document.querySelector('dialog');
const panelSays = () => ({
  title: panel.querySelector('h2').textContent, summary: panel.querySelector('p').textContent, record: panel.querySelector('.note').textContent,
  rows: [...panel.querySelectorAll('tbody tr')].map((row) => texts(row.cells)),
});
const form = document.getElementById('workload-filter');
if (form) {
  form.elements.text.value = 'Threads';
  form.elements.text.dispatchEvent(new Event('input', {bubbles: true}));
  form.elements.text.dispatchEvent(new Event('change', {bubbles: true}));
  await pause();
  found.filtered = [...document.querySelectorAll('table.heat tr[data-workload]')].filter(shown).map((row) => row.dataset.workload);
  found.families = texts([...document.querySelectorAll('table.heat tr.family th')].filter(shown));
  found.details = [...document.querySelectorAll('details.workload')].filter(shown).map((one) => one.dataset.workload);
  found.address = location.hash;
  found.counted = form.querySelector('output').textContent;

  location.hash = '#cell-fast_path-mimalloc-cpu_time';  // hidden by the filter, yet a link must reach it
  await until(() => panel.open);
  const cell = document.getElementById('cell-fast_path-mimalloc-cpu_time');
  found.reached = shown(cell) && inView(cell);
  found.panel = panelSays();
  found.focusInPanel = panel.contains(document.activeElement);
  found.panelCsv = await save(panel, 'CSV', 'fast_path-mimalloc-cpu_time.csv');
  panel.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}));
  await until(() => document.activeElement === cell.querySelector('a'));
  found.closed = !panel.open && document.activeElement === cell.querySelector('a');

  document.querySelector('[id="cell-production_mix-tcmalloc-peak_resident"] a').click();
  await until(() => panel.open && panel.querySelector('h2').textContent.includes('tcmalloc'));
  found.clicked = panelSays();
  found.addressOfCell = location.hash;
  document.querySelector('details a[href="#cell-production_mix-mine-malloc_p99.2e9"]').click();
  await until(() => panel.querySelector('h2').textContent.includes('malloc_p99.9'));
  found.number = panelSays();
  location.hash = '#filter=one%20thread';
  await until(() => !document.querySelector('tr[data-workload="thread_churn"]').checkVisibility());
  found.fromAddress = [...document.querySelectorAll('table.heat tr[data-workload]')].filter(shown).map((row) => row.dataset.workload);
} else {
  document.querySelector('.verdict a').click();
  await until(() => panel.open);
  found.panel = panelSays();
  found.reached = shown(document.querySelector('tr.change:target'));
}
panel.close();
found.wide = document.documentElement.scrollWidth - innerWidth;
return found;
