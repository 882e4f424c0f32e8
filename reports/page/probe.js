// Measures the page in the browser: what it says, where it stands, and what its controls do.
const pause = () => new Promise((done) => setTimeout(done, 50));
const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0;
const textOf = (element, selector) => element.querySelector(selector)?.textContent ?? '';

const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = channels(colour).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const paperOf = (element) => {
  for (; element; element = element.parentElement) {
    const paper = getComputedStyle(element).backgroundColor;
    if (channels(paper)[3] !== 0) return paper;
  }
  return 'rgb(255, 255, 255)';
};
const contrast = (element) => {
  const style = getComputedStyle(element);
  const ink = luminance(element instanceof SVGElement ? style.fill : style.color), paper = luminance(paperOf(element));
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
};

for (const details of document.querySelectorAll('details')) details.open = true;
await pause();
const written = [...document.querySelectorAll('body *')].filter((element) => shown(element) &&
    !element.closest('.heard, title, script') &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
const found = {
  width: innerWidth,
  scrollWidth: document.documentElement.scrollWidth,
  paper: getComputedStyle(document.body).backgroundColor,
  outside: [...document.querySelectorAll('body *')]
      .filter((e) => shown(e) && !e.closest('.scroll, .heard, svg') && e.getBoundingClientRect().right > innerWidth + 0.5)
      .map((e) => e.outerHTML.slice(0, 80)),
  faint: written.filter((e) => contrast(e) < 4.5).map((e) => [contrast(e), e.outerHTML.slice(0, 120)]),
  unnamed: [...document.querySelectorAll('svg, [role="region"], .space')].filter((e) => !e.ariaLabel && !e.closest('.space[aria-label]')).length,
  unscoped: document.querySelectorAll('th:not([scope])').length,
  strange: document.querySelectorAll('build, chunk').length,
  cells: [...document.querySelectorAll('table.heat tr[data-workload] td')].map((cell) => ({
    workload: cell.parentElement.dataset.workload, subject: cell.dataset.subject ?? '', metric: cell.dataset.metric ?? '',
    kind: cell.className, shown: shown(cell), value: textOf(cell, 'b'),
    interval: textOf(cell, 'small:not(.word, .heard)'), word: textOf(cell, '.word, .heard'),
    target: document.getElementById(cell.querySelector('a')?.hash.slice(1)) !== null,
  })),
  verdicts: [...document.querySelectorAll('tr.clause')].flatMap((row) => [...row.querySelectorAll('td[data-subject]')].map((cell) => ({
    clause: row.cells[0].textContent, subject: cell.dataset.subject, verdict: cell.textContent.trim(), shown: shown(cell),
    sentence: textOf(row, 'summary') || row.cells[1].textContent, why: row.cells[1].textContent,
  }))),
  circles: document.querySelectorAll('.workload [id="workload-production_mix"] figure:first-child circle').length,
  points: [...document.querySelectorAll('.picture .label')].map((label) => label.textContent),
  verdict: textOf(document, '.verdict'),
  headlines: [...document.querySelectorAll('.headlines li')].map((item) => item.textContent),
  data: JSON.parse(document.getElementById('data').textContent),
  filterShown: [...document.querySelectorAll('form.filter, .tools, .downloads *, th button')].some(shown),
};

// What a reader does.
const rows = () => [...document.querySelectorAll('tr.clause')].filter(shown).map((row) => row.cells[0].textContent);
const form = document.querySelector('#conformance form.filter').elements;
const press = (box) => { box.click(); return rows(); };
if (found.filterShown) {
  found.differing = press(form.differs);
  form.differs.click();
  found.broken = press(form.broken);
  form.broken.click();
  form.text.value = 'ENOMEM';
  form.text.dispatchEvent(new Event('input', {bubbles: true}));
  found.searched = rows();
  location.hash = '#clause-C-59';  // hidden by the search, yet a link must reach it
  await pause();
  found.reached = rows().includes('C-59');

  const button = document.querySelectorAll('table.heat [data-sort] button')[3];
  const order = () => [...document.querySelectorAll('tr[data-workload]')].map((row) => row.dataset.workload);
  button.click();
  found.ascending = order();
  found.sorted = button.closest('th').ariaSort;
  button.click();
  found.descending = order();

  for (const details of document.querySelectorAll('details')) details.open = false;
  location.hash = '#workload-fast_path';
  await pause();
  found.opened = [...document.querySelectorAll('details[open] h3')].map((heading) => heading.textContent);
  dispatchEvent(new Event('beforeprint'));
  found.closedOnPaper = document.querySelectorAll('details:not([open])').length;
}
return found;
