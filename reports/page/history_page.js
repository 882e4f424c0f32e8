// The page of a history: long tables of which the document has the first rows, charts of series that somebody opens,
// and the comparison of two runs.

const total = (steps) => steps.map(((sum) => (step) => sum += step)(0));
let historyData;  // the figures of the page, with their runs counted from the first
const historyOfPage = () => historyData ??= figuresOfPage().then((data) => {
  for (const series of data.series) {
    series.runs = total(series.runs);
    series.aboutRuns = total(series.aboutRuns);
  }
  data.times = total(data.times);
  data.whole = total(data.whole);
  data.idOf = new Map(data.whole.map((run, i) => [run, data.ids[i]]));
  return data;
});

const dateOf = (data, run) => new Date(data.times[run] * 1000).toISOString().slice(0, 10);
const shortCommit = (commit) => /^[0-9a-f]{13,}$/.test(commit.split('+')[0]) ? commit.slice(0, 12) + commit.replace(/^[^+]*/, '') : commit || 'unknown';
const grouped = (number) => number.toLocaleString('en');
const nameOfSeries = (series) => `${series.metric} of ${series.subject} on ${series.case}`;

// As markup.cc writes it.
const percentOf = (ratio) => {
  if (ratio >= 3) return '×' + (ratio >= 99.5 ? ratio.toFixed(0) : ratio >= 9.95 ? ratio.toFixed(1) : ratio.toFixed(2));
  const change = 100 * (ratio - 1), size = Math.abs(change);
  return size === 0 ? '0\u00a0%' : `${change < 0 ? '−' : '+'}${size.toFixed(size < .995 ? 2 : 1)}\u00a0%`;
};

// A table whose rows are sorted and filtered wherever they are: in the document or packed behind it.
const kRowsAtOnce = 200;
function listing(place) {
  const table = place.querySelector('table'), body = table.tBodies[0], packed = place.querySelector('script.more');
  const form = place.querySelector('form'), headers = [...table.tHead.rows[0].cells];
  const column = (field) => headers.findIndex((header) => header.dataset.field === field);
  const list = {shown: body.rows.length, wanted: body.rows.length, matching: [...body.rows]};
  let everything, sorted;
  list.rows = () => everything ??= (async () => {
    const template = element('template');
    if (packed) template.innerHTML = JSON.parse(await unpacked(packed));
    packed?.remove();
    return [...body.rows, ...template.content.children];
  })();
  const key = (cell) => cell.dataset.value !== undefined ? Number(cell.dataset.value) : cell.textContent;
  const order = (a, b) => typeof a === 'string' ? a.localeCompare(b, undefined, {numeric: true}) : a - b;
  const more = button(`Show ${kRowsAtOnce} more`, () => (list.wanted += kRowsAtOnce, list.apply()));
  const tools = element('p', {class: 'tools'}, more);
  place.append(tools);
  list.tools = tools;

  list.apply = async () => {
    const rows = await list.rows(), {text, metric, machine, worse} = form.elements;
    const like = text.value.toLowerCase(), at = {metric: column('metric'), machine: column('machine')};
    const same = (row, choice) => !choice.value || row.cells[at[choice.name]].textContent === choice.value;
    list.matching = rows.filter((row) => same(row, metric) && same(row, machine) && (!worse?.checked || row.matches('.worse-row')) &&
        row.textContent.toLowerCase().includes(like));
    if (sorted) {
      const index = headers.indexOf(sorted), sign = sorted.ariaSort === 'descending' ? -1 : 1;
      list.matching = list.matching.map((row) => [key(row.cells[index]), row]).sort(([a], [b]) => sign * order(a, b)).map(([, row]) => row);
    }
    body.replaceChildren(...list.matching.slice(0, list.wanted));
    place.querySelector('.note')?.remove();
    say(rows.length);
  };
  const say = (all) => {
    form.querySelector('output').textContent = `${grouped(list.matching.length)} of ${grouped(all)} rows` +
        (body.rows.length < list.matching.length ? `, the first ${grouped(body.rows.length)} shown` : '');
    more.hidden = body.rows.length >= list.matching.length;
  };
  for (const header of headers) {
    const sorter = button('', () => {
      const ascending = header.ariaSort !== 'ascending';
      for (const other of headers) other.removeAttribute('aria-sort');
      header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      sorted = header;
      list.apply();
    });
    sorter.title = 'Sort by this column';
    sorter.append(...header.childNodes);
    header.append(sorter);
  }
  form.hidden = false;
  form.addEventListener('input', list.apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  if (packed) more.hidden = false;
  else say(body.rows.length);
  return list;
}

const listOf = (id) => {
  const place = document.getElementById(id);
  return place && listing(place);
};
const changesList = listOf('changes-list'), seriesList = listOf('courses-list');

const kSeriesFields = ['suite', 'case', 'subject', 'metric', 'unit', 'machine'];
const seriesLine = (data, series) => [series.suite, series.case, series.subject, series.metric, series.unit, data.machines[series.machine]];

// The changes that the filter shows, in their order.
changesList?.tools.append(button('CSV', async () => {
  const data = await historyOfPage();
  await changesList.apply();
  download('assay-history-changes.csv', 'text/csv', [
    [...kSeriesFields, 'before', 'after', 'p', 'last good', 'first bad', 'date', 'outcome', 'open', 'acknowledged', 'author'],
    ...changesList.matching.map((row) => data.changes[Number(row.dataset.at)]).map((change) => [
      ...seriesLine(data, data.series[change.series]), change.before, change.after, change.p, data.commits[change.good], data.commits[change.bad],
      dateOf(data, change.bad), change.worse ? 'worse' : 'better', change.open ? 'yes' : 'no', change.reason, change.author]),
  ].map(csvLine));
}));

// {run, value, exact} in order of runs.
function pointsOf(series) {
  const points = series.runs.map((run, i) => ({run, value: series.values[i], exact: true}));
  points.push(...series.aboutRuns.map((run, i) => ({run, value: series.about[i], exact: false})));
  return points.sort((a, b) => a.run - b.run);
}

kinds.series = async (figure) => {
  const data = await historyOfPage(), index = Number(figure.dataset.series), series = data.series[index], points = pointsOf(series);
  const show = (value) => quantity(value, series.unit);
  const changes = data.changes.filter((change) => change.series === index).sort((a, b) => a.bad - b.bad);
  const [first, last] = [points[0]?.run ?? 0, points.at(-1)?.run ?? 1];
  // A level reaches halfway to the next change.
  const levels = changes.flatMap((change, i) => {
    const place = (change.good + change.bad) / 2, color = colour(change.worse ? 'worse-line' : 'better-line');
    const from = i === 0 ? first : (place + changes[i - 1].bad) / 2, to = i + 1 === changes.length ? last : (place + changes[i + 1].good) / 2;
    const level = (start, end, value) => [{coord: [start, value], lineStyle: {color, type: 'solid', width: 2}, label: {show: false}}, {coord: [end, value]}];
    return [
      {xAxis: place, lineStyle: {color, type: 'dashed'}, label: {show: changes.length <= 12, formatter: change.before === 0 ? 'from 0' : percentOf(change.after / change.before), color, position: 'end'}},
      level(from, place, change.before), level(place, to, change.after),
    ];
  });
  const at = (run) => `${dateOf(data, run)} · ${shortCommit(data.commits[run])}`;
  return {
    height: 380,
    csv: async () => [[...kSeriesFields, 'run', 'commit', 'date', 'value', 'exact'], ...points.map(({run, value, exact}) =>
      [...seriesLine(data, series), data.idOf.get(run) ?? '', data.commits[run], dateOf(data, run), value, exact ? 'yes' : 'no'])],
    option: {
      grid: {left: 8, right: 36, top: 28, bottom: 52, containLabel: true},
      tooltip: {trigger: 'axis', formatter: ([{dataIndex}]) => {
        const {run, value, exact} = points[dataIndex];
        return `${escaped(at(run))}<br><b>${exact ? '' : '≈ '}${escaped(show(value))}</b>`;
      }},
      dataZoom: [{type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: 'shift', filterMode: 'none'}, {type: 'slider', height: 20, bottom: 8, filterMode: 'none', showDetail: false, brushSelect: false}],
      xAxis: axis({type: 'value', min: first, max: Math.max(last, first + 1), minInterval: 1, splitLine: {show: false},
                   axisLabel: {formatter: (run) => Number.isInteger(run) && data.times[run] !== undefined ? dateOf(data, run) : ''}}),
      yAxis: axis({type: 'value', scale: true, axisLabel: {formatter: show}}),
      series: [{type: 'line', data: points.map(({run, value}) => [run, value]), symbol: 'circle', symbolSize: points.length > 150 ? 3 : 6, showSymbol: true,
                lineStyle: {width: 1, color: colour('series1')}, itemStyle: {color: colour('series1'), opacity: 1},
                markLine: {symbol: 'none', silent: true, animation: false, data: levels}}],
    },
  };
};

function valuesTable(data, series) {
  const points = pointsOf(series).reverse();
  return element('details', {}, element('summary', {}, `Table: ${grouped(points.length)}${points.length < series.count ? ` of ${grouped(series.count)}` : ''} values, the latest first`),
    element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Values of ' + nameOfSeries(series)}, element('table', {class: 'figures'},
      element('thead', {}, element('tr', {}, ...['Commit', 'Run', 'Date', `Value${series.unit === 'count' ? '' : ', ' + series.unit}`].map((name) => element('th', {scope: 'col'}, name)))),
      element('tbody', {}, ...points.map(({run, value, exact}) => element('tr', {}, element('th', {scope: 'row'}, element('code', {}, shortCommit(data.commits[run]))),
        element('td', {}, data.idOf.get(run) ?? ''), element('td', {}, dateOf(data, run)), element('td', {class: 'number'}, (exact ? '' : '≈ ') + value)))))));
}

// The article of a series, above the table; `row` is the series' row there.
async function openSeries(row) {
  const data = await historyOfPage(), series = data.series[Number(row.dataset.at)], place = document.getElementById('opened');
  let article = place.querySelector(`[data-of="${row.dataset.at}"]`);
  if (!article) {
    const title = nameOfSeries(series), heading = element('h3', {tabindex: '-1'}, title);
    const drawing = row.querySelector('svg.course')?.cloneNode(true), figure = element('figure', {
      class: 'chart', 'data-chart': 'series', 'data-series': row.dataset.at, 'data-workload': series.case, 'data-metric': series.metric});
    drawing?.setAttribute('preserveAspectRatio', 'none');
    if (drawing) drawing.ariaLabel = `${title}: ${drawing.ariaLabel}; the table has its figures`;
    figure.append(element('figcaption', {}, `Suite ${series.suite}, machine ${data.machines[series.machine]}; ${series.less ? 'less' : 'more'} is better. ` +
      (library ? 'Dashed: changes, with the levels before and after. Drag the bar below, or turn the wheel with Ctrl, to zoom.' : '')), ...(drawing ? [drawing] : []));
    const close = button('Close', () => {
      drawn.get(figure)?.dispose();
      drawn.delete(figure);
      article.remove();
      row.querySelector('a').focus({preventScroll: true});
      row.scrollIntoView({block: 'center'});
    });
    close.ariaLabel = 'Close ' + title;
    article = element('article', {class: 'opened', 'data-of': row.dataset.at}, heading, figure, valuesTable(data, series), element('p', {class: 'article-tools'}, close));
    place.prepend(article);
    sight.observe(figure);
  }
  article.scrollIntoView({block: 'start'});
  article.querySelector('h3').focus({preventScroll: true});
}

async function openLinked() {
  const id = fragment();
  if (!id.startsWith('series-') || !seriesList) return;
  const row = document.getElementById(id) ?? (await seriesList.rows()).find((one) => one.id === id);
  if (row) openSeries(row);
}
addEventListener('hashchange', openLinked);
// As in samples.js: the link works also in a frame without an address of its own, and a second time.
document.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest('a[href^="#series-"]');
  if (!link) return;
  event.preventDefault();
  const hash = link.getAttribute('href');
  if (location.hash === hash) openLinked();
  else location.hash = hash;
});
openLinked();

// Two runs. Their lists are filled when the section comes near.
const compareForm = document.querySelector('#compare form');

function runOption(data, run) {
  return element('option', {value: run}, `${dateOf(data, run)} · ${shortCommit(data.commits[run])} · ${data.machines[data.machineOf[run]]} · ${data.idOf.get(run)}`);
}

// {series, first, second, badness} of what stands in both, the worst first.
function comparedRuns(data, first, second) {
  const key = (series) => JSON.stringify([series.suite, series.case, series.subject, series.metric, series.unit]);
  const valueAt = (series, run) => series.values[series.runs.indexOf(run)];
  const [one, other] = [first, second].map((run) => data.machineOf[run]);
  const firsts = new Map(data.series.filter((series) => series.machine === one).map((series) => [key(series), valueAt(series, first)]));
  return data.series.filter((series) => series.machine === other && (one === other || series.counted)).map((series) => {
    const values = {series, first: firsts.get(key(series)), second: valueAt(series, second)};
    const size = values.first > 0 && values.second > 0 ? Math.log(values.second / values.first) : Math.sign(values.second - values.first) * Infinity || 0;
    return {...values, badness: series.less ? size : -size};
  }).filter((row) => row.first !== undefined && row.second !== undefined).sort((a, b) => b.badness - a.badness);
}

async function compareRuns(first, second) {
  const data = await historyOfPage(), rows = comparedRuns(data, first, second), result = document.querySelector('#compare .result');
  const across = data.machineOf[first] !== data.machineOf[second], counted = rows.filter((row) => row.series.counted).length;
  document.querySelector('#compare output').textContent = `${grouped(rows.length)} series are in both runs, ${grouped(counted)} of them counted.` +
      (across ? ' The runs are of different machines: their times are left out.' : '');
  const ids = new Map((await seriesList.rows()).map((row) => [Number(row.dataset.at), row.id]));
  const number = (text) => element('td', {class: 'number'}, text);
  const line = ({series, first, second, badness}) => element('tr', {},
    element('th', {scope: 'row'}, element('a', {href: '#' + ids.get(data.series.indexOf(series))}, series.case), element('small', {}, series.suite)),
    element('td', {}, series.subject), element('td', {}, series.metric), element('td', {class: 'number'}, element('span', {class: 'decision ' + (badness > 0 && series.counted ? 'worse' : badness < 0 && series.counted ? 'better' : 'same')},
      first === second ? '0\u00a0%' : first === 0 ? 'from 0' : percentOf(second / first))),
    number(quantity(first, series.unit)), number(quantity(second, series.unit)), element('td', {}, series.counted ? 'evidence' : 'hint'));
  const table = element('table', {class: 'compared'},
    element('thead', {}, element('tr', {}, ...['Case', 'Subject', 'Metric', 'Change', 'First', 'Second', 'Says'].map((name) => element('th', {scope: 'col'}, name)))), element('tbody'));
  let shown = 0;
  const more = button(`Show ${kRowsAtOnce} more`, () => {
    table.tBodies[0].append(...rows.slice(shown, shown += kRowsAtOnce).map(line));
    more.hidden = shown >= rows.length;
  });
  more.click();
  const name = (run) => data.idOf.get(run);
  result.replaceChildren(element('h3', {}, `${name(second)} compared with ${name(first)}, worst first`),
    element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Two runs'}, table),
    element('p', {class: 'tools'}, more, button('CSV', () => download('assay-history-runs.csv', 'text/csv', [
      [...kSeriesFields, 'first run', 'second run', 'first', 'second', 'ratio', 'says'],
      ...rows.map((row) => [...seriesLine(data, row.series), name(first), name(second), row.first, row.second, row.second / row.first, row.series.counted ? 'evidence' : 'hint']),
    ].map(csvLine)))));
}

if (compareForm) {
  const {text, first, second} = compareForm.elements;
  const fill = async () => {
    const data = await historyOfPage(), like = text.value.toLowerCase(), latest = data.whole.at(-1);
    const options = data.whole.map((run) => runOption(data, run)).filter((option) => option.textContent.toLowerCase().includes(like)).reverse();
    const before = data.whole.findLast((run) => run !== latest && data.machineOf[run] === data.machineOf[latest]) ?? data.whole[0];
    for (const [select, usual] of [[first, before], [second, latest]]) {
      const chosen = select.value || String(usual);
      select.replaceChildren(...options.map((option) => option.cloneNode(true)));
      if (options.some((option) => option.value === chosen)) select.value = chosen;
    }
  };
  compareForm.hidden = false;
  text.addEventListener('input', fill);
  compareForm.addEventListener('submit', (event) => {
    event.preventDefault();
    if (first.value && second.value) compareRuns(Number(first.value), Number(second.value));
  });
  const near = new IntersectionObserver(([{isIntersecting}]) => {
    if (!isIntersecting) return;
    near.disconnect();
    fill();
  }, {rootMargin: '300px'});
  near.observe(compareForm);
}
