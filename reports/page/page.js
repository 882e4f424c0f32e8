// Everything is on the page without this script. It adds sorting, filters and opening by link.
'use strict';

// What the address points to; null where that is nothing or no well-formed text.
function linked() {
  try {
    return document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null;
  }
}

// A link to a workload or a clause opens the details it stands in.
function openTarget() {
  const target = linked();
  if (!target) return;
  const details = target.closest('details') || target.querySelector('details');
  if (details) details.open = true;
  target.scrollIntoView();
}
addEventListener('hashchange', openTarget);
openTarget();

// Sorts the workloads within each family by a column of the heat map; once more reverses.
function sortRows(header, index) {
  const ascending = header.getAttribute('aria-sort') !== 'ascending';
  const table = header.closest('table');
  for (const other of table.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
  for (const body of table.tBodies) {
    const rows = [...body.querySelectorAll('tr[data-workload]')];
    const mean = body.querySelector('tr.mean');
    const keyOf = (row) => {
      if (index === 0) return row.dataset.workload;
      let column = 0;
      for (const cell of row.cells) {
        if (column <= index && index < column + cell.colSpan) return Number(cell.dataset.value || Infinity);
        column += cell.colSpan;
      }
    };
    const order = (a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
    rows.sort((a, b) => (ascending ? order(a, b) : order(b, a)));
    for (const row of rows) body.insertBefore(row, mean);
  }
}
document.querySelectorAll('table.heat [data-sort]').forEach((header, index) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.title = 'Sort by this column';
  button.append(...header.childNodes);
  button.addEventListener('click', () => sortRows(header, index));
  header.append(button);
});

// The conformance matrix shows the rows that meet every condition of its form.
const form = document.querySelector('form.filter');
if (form) {
  const rows = [...document.querySelectorAll('tr.clause')];
  const apply = () => {
    const text = form.elements.text.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = (form.elements.differs.checked && !row.classList.contains('differs')) ||
          (form.elements.broken.checked && !row.classList.contains('broken')) ||
          !row.textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    form.querySelector('output').textContent = `${shown} of ${rows.length} clauses`;
  };
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  // A link to a clause that the filter hides would lead nowhere.
  addEventListener('hashchange', () => {
    const target = linked();
    if (!target || !target.hidden) return;
    form.reset();
    apply();
    target.scrollIntoView();
  });
  apply();
}

// Paper cannot be unfolded.
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
