// Uses the controls of the history page as a reader does, and returns what they did.
const pause = (milliseconds = 20) => new Promise((done) => setTimeout(done, milliseconds));
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
const texts = (list) => [...list].map((one) => one.textContent);
const shown = (one) => one !== null && one.checkVisibility() && one.getBoundingClientRect().width > 0;

// Downloads are caught before they reach a disk.
const saved = {};
let parts;
globalThis.Blob = class extends Blob {
  constructor(content, options) {
    super(content, options);
    parts = content;
  }
};
HTMLAnchorElement.prototype.click = function () {
  saved[this.download] = typeof parts[0] === 'string' ? parts.join('') : parts[0].size;
};
const press = (scope, label) => [...scope.querySelectorAll('button')].find((one) => one.textContent === label).click();
const save = async (scope, label, name) => {
  delete saved[name];
  press(scope, label);
  return await until(() => saved[name]);
};

const found = {};
const wide = () => document.documentElement.scrollWidth - innerWidth;
const input = (control, value) => {
  if (control.type === 'checkbox') control.checked = value;
  else control.value = value;
  control.dispatchEvent(new Event('input', {bubbles: true}));
};
const changes = document.getElementById('changes-list'), courses = document.getElementById('courses-list');
if (!changes) return {wide: wide()};
const rows = (list) => [...list.querySelectorAll('tbody tr')].map((row) => texts(row.cells));
const says = (list) => list.querySelector('output').textContent;

// Sorting by keyboard: a button takes the focus, Enter is a click.
found.changes = rows(changes);
const header = [...changes.querySelectorAll('th')].find((one) => one.textContent === 'Date');
header.querySelector('button').focus();
found.focused = document.activeElement === header.querySelector('button');
document.activeElement.click();
await until(() => rows(changes)[0].join() !== found.changes[0].join());
found.ascending = rows(changes);
found.ariaSort = header.ariaSort;
document.activeElement.click();
await until(() => rows(changes)[0].join() !== found.ascending[0].join());
found.descending = rows(changes);

// Filters, and the file of what they leave.
const filter = changes.querySelector('form').elements;
found.allCsv = await save(changes, 'CSV', 'assay-history-changes.csv');
input(filter.worse, true);
await until(() => rows(changes).length < found.changes.length);
found.worse = rows(changes);
input(filter.metric, 'peak_resident');
await until(() => rows(changes).length < found.worse.length);
found.metric = rows(changes);
found.csv = await save(changes, 'CSV', 'assay-history-changes.csv');
input(filter.text, 'there is no such text');
await until(() => rows(changes).length === 0);
found.none = says(changes);

// Of the long table the document has the first rows; the search finds the others.
found.firstCourses = rows(courses).length;
found.noted = courses.querySelector('.note')?.textContent;
input(courses.querySelector('form').elements.text, 'FILLER_207');
await until(() => says(courses).startsWith('1 of'));
found.searched = rows(courses);
input(courses.querySelector('form').elements.text, '');
await until(() => !says(courses).startsWith('1 of'));
press(courses, 'Show 200 more');
await until(() => rows(courses).length > 200);
found.allCourses = rows(courses).length;

// A link into the part of the table that is packed opens its chart.
const open = () => [...document.querySelectorAll('#opened article')];
location.hash = '#' + courses.querySelector('tr[data-at="0"]').id;
await until(() => open().length === 1);
const article = open()[0], figure = article.querySelector('figure');
figure.scrollIntoView({block: 'center'});
await until(() => figure.querySelectorAll('.tools button').length === (library ? 3 : 1));
found.title = article.querySelector('h3').textContent;
found.titleFocused = document.activeElement === article.querySelector('h3');
found.library = Boolean(library);
found.marks = figure.querySelectorAll('.space svg path').length;
found.chartTexts = texts(figure.querySelectorAll('.space svg text'));
found.label = figure.querySelector('.space')?.ariaLabel;
found.drawing = shown(figure.querySelector(':scope > svg'));
found.values = [...article.querySelectorAll('details tbody tr')].map((row) => texts(row.cells));
found.chartCsv = await save(figure, 'CSV', 'assay-history-series-churn-instructions.csv');
press(article, 'Close');
found.closed = open().length === 0 && document.activeElement.closest('tr')?.dataset.at === '0';
document.activeElement.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
found.reopened = await until(() => open().length === 1);
await until(() => document.activeElement.matches('h3'));
document.activeElement.blur();
document.querySelector('.verdict a').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
found.verdictLeads = await until(() => document.activeElement.matches('h3') && document.activeElement.textContent);

// Two runs.
const form = document.querySelector('#compare form');
form.scrollIntoView();
await until(() => form.elements.first.options.length > 1);
const choose = async (first, second) => {
  const select = (control, run) => control.value = [...control.options].find((option) => option.textContent.endsWith(' ' + run)).value;
  select(form.elements.first, first);
  select(form.elements.second, second);
  const before = document.querySelector('#compare .result').textContent;
  form.requestSubmit();
  await until(() => document.querySelector('#compare .result').textContent !== before);
  return {rows: rows(document.querySelector('#compare .result')), says: document.querySelector('#compare > output').textContent,
          csv: await save(document.querySelector('#compare .result'), 'CSV', 'assay-history-runs.csv')};
};
found.options = form.elements.first.options.length;
found.usual = [form.elements.first, form.elements.second].map((control) => control.selectedOptions[0].textContent);
found.sameMachine = await choose('a-600', 'a-619');
found.otherMachine = await choose('a-600', 'b-59');

found.data = await historyOfPage().then(({series, whole}) => ({series: series.slice(0, 4), whole}));
found.wide = wide();
found.unscoped = document.querySelectorAll('th:not([scope])').length;
found.unnamed = [...document.querySelectorAll('svg, [role="region"]')].filter((e) => !e.ariaLabel && !e.closest('.space[aria-label]')).length;
found.unlabelled = [...document.querySelectorAll('input, select')].filter((e) => e.labels.length === 0).length;
found.strange = document.querySelectorAll('build, chunk').length;
return found;
