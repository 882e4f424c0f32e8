// Samples: a panel that shows the ones behind a figure, and downloads.

// The text of an element that compressed.cc made.
async function unpacked(script) {
  if (script.type !== 'text/plain') return script.textContent;
  const bytes = Uint8Array.from(atob(script.textContent), (character) => character.charCodeAt(0));
  const stream = new DecompressionStream('gzip'), writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  return new Response(stream.readable).text();
}

const figuresScript = document.getElementById('data');
let figures;  // once somebody asks
const figuresOfPage = () => figures ??= unpacked(figuresScript).then(JSON.parse);

// {subject: {metric: [[run, round, [sample, …]], …]}}; kept only while it is in use.
const samplesOf = async (workload) => {
  const script = document.querySelector(`details[data-workload="${CSS.escape(workload)}"] script.samples`);
  return script ? JSON.parse(await unpacked(script)) : {};
};

// Three significant digits, with the unit: as markup.cc writes them.
function quantity(value, unit) {
  const steps = unit === 'bytes' ? [[2 ** 30, ' GiB'], [2 ** 20, ' MiB'], [1024, ' KiB'], [0, ' B']] :
      /^ns(\/op)?$/.test(unit) ? [[1e9, ' s'], [1e6, ' ms'], [1e3, ' µs'], [0, ' ns']] :
      [[0, unit === 'count' || unit === 'ratio' ? '' : ' ' + unit]];
  const [factor, name] = steps.find(([least]) => Math.abs(value) >= least);
  const scaled = value / (factor || 1);
  return (Math.abs(scaled) >= 100 ? Math.round(scaled).toLocaleString('en') : Number(scaled.toPrecision(3))) + name;
}

const csvField = (value) => /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? '');
const csvLine = (fields) => fields.map(csvField).join(',') + '\r\n';

function download(name, type, parts) {
  const url = URL.createObjectURL(new Blob(parts, {type}));
  element('a', {href: url, download: name.replaceAll(/[^\w.+-]+/g, '_')}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const fileName = async (what) => `assay-${(await figuresOfPage()).runs.map((run) => run.id).join('+').slice(0, 60)}-${what}`;
const downloadCsv = async (what, lines) => download(await fileName(what + '.csv'), 'text/csv', lines.map(csvLine));

const kSampleFields = ['run', 'workload', 'subject', 'metric', 'unit', 'round', 'sample', 'value'];

// A line for each sample of a workload that `wanted(subject, metric)`.
async function sampleLines(workload, wanted = () => true) {
  const {runs, workloads} = await figuresOfPage();
  const lines = [];
  for (const [subject, metrics] of Object.entries(await samplesOf(workload)))
    for (const [metric, rounds] of Object.entries(metrics))
      if (wanted(subject, metric))
        for (const [run, round, samples] of rounds)
          samples.forEach((value, i) =>
            lines.push([runs[run].id, workload, subject, metric, workloads[workload][subject][metric].unit, round, i, value]));
  return lines;
}

const kFigureFields = ['workload', 'family', 'subject', 'metric', 'unit', 'value', 'low', 'high', 'ratio', 'ratio low', 'ratio high', 'outcome'];
const kChangeFields = ['run', 'case', 'metric', 'unit', 'subject', 'base', 'subject value', 'base value', 'ratio', 'low', 'high', 'outcome', 'confirmation', 'p'];
const changeLine = (c) => [c.run, c.case, c.metric, c.unit, c.subject, c.base, c.subject_value, c.base_value, c.ratio, ...c.interval, c.outcome, c.confirmation, c.p];

async function figureLines() {
  const {families, workloads} = await figuresOfPage();
  return Object.entries(workloads).flatMap(([workload, subjects]) => Object.entries(subjects).flatMap(([subject, metrics]) =>
    Object.entries(metrics).filter(([, figure]) => 'value' in figure).map(([metric, figure]) =>
      [workload, families[workload], subject, metric, figure.unit, figure.value, ...(figure.range ?? ['', '']), figure.ratio,
       ...(figure.interval ?? ['', '']), figure.outcome])));
}

// Downloads of the last section.
const downloads = document.querySelector('.downloads');
if (downloads) {
  if (document.querySelector('script.samples')) downloads.append(
    button('All samples, CSV', async () => {
      const parts = [csvLine(kSampleFields)];
      for (const workload of Object.keys((await figuresOfPage()).workloads))
        parts.push((await sampleLines(workload)).map(csvLine).join(''));
      download(await fileName('samples.csv'), 'text/csv', parts);
    }),
    button('All figures, CSV', async () => downloadCsv('figures', [kFigureFields, ...await figureLines()])));
  if (document.querySelector('tr.change')) downloads.append(button('All comparisons, CSV', async () => {
    const {changes, hints} = await figuresOfPage();
    downloadCsv('comparisons', [kChangeFields, ...[...changes, ...(hints ?? [])].map(changeLine)]);
  }));
  downloads.append(button('All figures, JSON', async () =>
    download(await fileName('figures.json'), 'application/json', [await unpacked(figuresScript)])));
}

// The panel: beside the page, not over it, so that the figure can be seen with its samples.
const panel = element('dialog', {class: 'panel', 'aria-labelledby': 'panel-title'});
document.body.append(panel);
let cameFrom;
panel.addEventListener('close', () => cameFrom?.focus({preventScroll: true}));
panel.addEventListener('keydown', (event) => event.key === 'Escape' && panel.close());

async function copyLink(report) {
  try {
    await navigator.clipboard.writeText(location.href);
    report.textContent = 'copied';
  } catch {
    const field = element('input', {readonly: '', 'aria-label': 'Link', value: location.href});
    report.replaceChildren(field);
    field.select();
  }
}

function fillPanel(title, summary, fields, lines, what, record) {
  const kMost = 500;  // lines that a reader would scroll through; the download has all
  const report = element('output');
  const table = element('table', {class: 'figures'},
    element('thead', {}, element('tr', {}, ...fields.map((field) => element('th', {scope: 'col'}, field)))),
    element('tbody', {}, ...lines.slice(0, kMost).map((line) => element('tr', {}, ...line.map((value) =>
      element('td', typeof value === 'number' ? {class: 'number'} : {}, String(value)))))));
  panel.replaceChildren(element('h2', {id: 'panel-title'}, title), element('p', {}, summary),
    element('p', {class: 'tools'}, button('Copy link', () => copyLink(report)),
      button('CSV', () => downloadCsv(what, [fields, ...lines])), button('Close', () => panel.close()), report),
    element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Samples'}, table),
    element('p', {class: 'note'}, (lines.length > kMost ? `The first ${kMost} of ${lines.length}; the CSV has all. ` : '') + record));
  if (!panel.open) panel.show();
  panel.querySelector('button').focus({preventScroll: true});
}

const kInterval = (interval, show) => interval ? `, 95 % interval ${interval.map(show).join(' to ')}` : '';

async function showSamples(target) {
  const data = await figuresOfPage();
  cameFrom = target.querySelector('a');
  if (target.id.startsWith('change-')) {
    const change = [...data.changes, ...(data.hints ?? [])].find((one) => one.id === target.id);
    fillPanel(`${change.metric} of ${change.subject} ÷ ${change.base} on ${change.case}`,
      `${change.ratio}${kInterval(change.interval, (ratio) => ratio)}: ${change.outcome}`, ['number', 'ratio'],
      change.samples.map((ratio, i) => [i, ratio]), `${change.case}-${change.metric}`,
      `Record: comparison, run ${change.run}, subject ${change.subject}, base ${change.base}, case ${change.case}, metric ${change.metric}.`);
    return;
  }
  const workload = target.closest('[data-workload]').dataset.workload, {subject, metric} = target.dataset;
  const figure = data.workloads[workload][subject][metric];
  const show = (value) => quantity(value, figure.unit);
  const lines = await sampleLines(workload, (one, other) => one === subject && other === metric);
  const [run, round, value] = ['run', 'round', 'value'].map((field) => kSampleFields.indexOf(field));
  const rounds = Map.groupBy(lines, (line) => `${line[run]} ${line[round]}`);
  fillPanel(`${metric} of ${subject} on ${workload}`,
    `${show(figure.value)}${kInterval(figure.range, show)}` +
      (figure.ratio ? `; ${figure.ratio.toPrecision(4)} times the baseline’s${kInterval(figure.interval, (r) => r.toPrecision(4))}` : '') +
      `. In ${figure.unit}:`,
    ['run', 'round', 'samples'], [...rounds.values()].map((ones) => [ones[0][run], ones[0][round], ones.map((one) => one[value]).join(' ')]),
    `${workload}-${subject}-${metric}`,
    `Records: measurement, subject ${data.subjects.find((one) => one.label === subject).name}, case ${workload}, metric ${metric}, and run and round as above.`);
}

// A click on a figure shows its samples; without this script the heat map leads to the workload.
document.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest('td[id^="cell-"] a, a[href^="#cell-"], a[href^="#change-"]');
  if (!link) return;
  event.preventDefault();
  const hash = '#' + (link.closest('[id^="cell-"]')?.id ?? decodeURIComponent(link.hash.slice(1)));
  if (location.hash === hash) openTarget();
  else location.hash = hash;
});

addEventListener('hashchange', openTarget);
openTarget();
