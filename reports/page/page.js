// Everything is on the page without these scripts. They add sorting, filters, opening by link, samples and charts.
'use strict';

const element = (name, attributes = {}, ...content) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
};

const button = (label, action) => {
  const made = element('button', {type: 'button'}, label);
  made.addEventListener('click', action);
  return made;
};

// The fragment of the address; empty where it is no well-formed text.
function fragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

// Changes the address without leaving a step in the history, also in a frame without an address of its own.
function setFragment(text) {
  const url = new URL(location.href);
  url.hash = text;
  location.replace(url);
}

// Each shows again what its form hides, for a link to it.
const unhide = [];

// A link opens the details it leads into, and shows what a filter hides.
function openTarget() {
  const target = document.getElementById(fragment());
  if (!target) return;
  if (target.closest('[hidden]')) for (const show of unhide) show();
  const details = target.closest('details') || target.querySelector('details');
  if (details) details.open = true;
  target.scrollIntoView({block: target.matches('td, tr') ? 'center' : 'start'});
  if (/^(cell|change)-/.test(target.id)) showSamples(target);
}

// Sorts the rows of each body by a column of the grid; once more reverses. Rows of means stay at the end.
function sortRows(header) {
  const table = header.closest('table'), index = Number(header.dataset.sort);
  const ascending = header.ariaSort !== 'ascending';
  for (const other of table.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
  const keyOf = (row) => {
    let column = 0;
    for (const cell of row.cells) {
      if (column <= index && index < column + cell.colSpan)
        return cell.dataset.value !== undefined ? Number(cell.dataset.value) : /number|failed/.test(cell.className) ? Infinity : cell.textContent;
      column += cell.colSpan;
    }
  };
  const order = (a, b) => typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b, undefined, {numeric: true}) :
                                                                           Number(a > b) - Number(a < b);
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.matches('.family, .mean')).map((row) => [keyOf(row), row]);
    rows.sort(([a], [b]) => (ascending ? order(a, b) : order(b, a)));
    const mean = body.querySelector('tr.mean');
    for (const [, row] of rows) body.insertBefore(row, mean);
  }
}
for (const header of document.querySelectorAll('th[data-sort]')) {
  const sorter = button('', () => sortRows(header));
  sorter.title = 'Sort by this column';
  sorter.append(...header.childNodes);
  header.append(sorter);
}

// Shows what `keep(row, form)` allows, and says how many that are.
function filterRows(form, rows, noun, keep) {
  const apply = () => {
    let shown = 0;
    for (const row of rows) shown += (row.hidden = !keep(row)) ? 0 : 1;
    form.querySelector('output').textContent = `${shown} of ${rows.length} ${noun}`;
  };
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  unhide.push(() => (form.reset(), form.dispatchEvent(new Event('input'))));
  apply();
}

const matrixForm = document.querySelector('#conformance form.filter');
if (matrixForm) {
  const {differs, broken, text} = matrixForm.elements;
  filterRows(matrixForm, [...document.querySelectorAll('tr.clause')], 'clauses', (row) =>
    (!differs.checked || row.classList.contains('differs')) && (!broken.checked || row.classList.contains('broken')) &&
    row.textContent.toLowerCase().includes(text.value.toLowerCase()));
}

// The heat map's filter holds for the details of the workloads too, and can be shared: it is in the address.
const workloadForm = document.getElementById('workload-filter');
const kFilter = 'filter=';
if (workloadForm) {
  const text = workloadForm.elements.text;
  const rows = [...document.querySelectorAll('table.heat tr[data-workload]')];
  const details = new Map([...document.querySelectorAll('details.workload')].map((one) => [one.dataset.workload, one]));
  filterRows(workloadForm, rows, 'workloads', (row) => {
    const wanted = `${row.dataset.workload} ${row.dataset.family}`.toLowerCase().includes(text.value.toLowerCase());
    const detail = details.get(row.dataset.workload);
    if (detail) detail.hidden = !wanted;
    return wanted;
  });
  const families = () => {
    for (const body of document.querySelectorAll('table.heat tbody'))
      body.hidden = [...body.rows].every((row) => row.hidden || row.matches('.family, .mean'));
  };
  workloadForm.addEventListener('input', families);
  text.addEventListener('change', () => setFragment(text.value ? kFilter + encodeURIComponent(text.value) : ''));
  const fromAddress = () => {
    if (!fragment().startsWith(kFilter)) return;
    text.value = fragment().slice(kFilter.length);
    workloadForm.dispatchEvent(new Event('input'));
  };
  addEventListener('hashchange', fromAddress);
  fromAddress();
}

// Paper cannot be unfolded.
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
