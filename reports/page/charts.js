// Interactive charts in the place of the drawings, made when they come into view. The tables beside them say the same.
const library = document.getElementById('echarts');
let inflated;
const charts = () => inflated ??= unpacked(library).then((code) => {
  document.head.append(element('script', {}, code));
  library.remove();
  return window.echarts;
});

const kSymbols = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'arrow', 'roundRect'];
const kDashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3], [2, 2], [12, 3], [6, 2, 2, 2, 2, 2], [1, 3]];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const place = (figure) => figure.closest('[data-workload]')?.dataset.workload;

// What a series looks like is the subject's on every chart of the page: colour, symbol and dash, never colour alone.
function look(data, subject) {
  const at = Math.max(0, data.subjects.findIndex((one) => one.label === subject)) % 8;
  return {color: colour('series' + (at + 1)), symbol: kSymbols[at % kSymbols.length], dash: kDashes[at]};
}

const axis = (more = {}) => ({
  axisLabel: {color: colour('faint'), hideOverlap: true, ...more.axisLabel}, nameTextStyle: {color: colour('faint')},
  axisLine: {lineStyle: {color: colour('faint')}}, axisTick: {lineStyle: {color: colour('faint')}},
  splitLine: {lineStyle: {color: colour('rule')}}, minorSplitLine: {show: false},
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'axisLabel')),
});

// An axis from zero; of bytes with steps that are round in their unit.
function fromZero(most, unit) {
  const show = (value) => quantity(value, unit), plain = {type: 'value', min: 0, axisLabel: {formatter: show}};
  if (unit !== 'bytes' || !(most > 0)) return axis(plain);
  const scale = 1024 ** Math.min(3, Math.max(0, Math.floor(Math.log2(most) / 10)));
  const step = scale * [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => each * scale * 5 >= most);
  return axis({...plain, interval: step, max: Math.ceil(most / step) * step});
}

// Lines between two points with short ends; data: [x1, y1, x2, y2].
const whiskers = (data, stroke) => ({
  type: 'custom', data, silent: true, z: 4, clip: true, encode: {x: [0, 2], y: [1, 3]},
  renderItem(_, api) {
    const [x1, y1] = api.coord([api.value(0), api.value(1)]), [x2, y2] = api.coord([api.value(2), api.value(3)]);
    const flat = Math.abs(y2 - y1) < Math.abs(x2 - x1), [dx, dy] = flat ? [0, 4] : [4, 0];
    const line = (a, b, c, d) => ({type: 'line', shape: {x1: a, y1: b, x2: c, y2: d}, style: {stroke, lineWidth: 1.4}});
    return {type: 'group', children: [line(x1, y1, x2, y2), line(x1 - dx, y1 - dy, x1 + dx, y1 + dy), line(x2 - dx, y2 - dy, x2 + dx, y2 + dy)]};
  },
});

const interval = (range, show) => range ? `<br>95 % interval ${range.map(show).join(' – ')}` : '';
const escaped = (text) => element('i', {}, text).innerHTML;

// By kind of chart: {height, option, csv: what stands in the file}.
const kinds = {
  async bars(figure, data) {
    const workload = place(figure), {metric} = figure.dataset, kMostDots = 60;
    const rows = Object.entries(data.workloads[workload]).filter(([, metrics]) => metrics[metric] && !metrics.failures);
    const unit = rows[0][1][metric].unit, show = (value) => quantity(value, unit);
    const samples = await samplesOf(workload);
    const dots = rows.flatMap(([subject], y) => {
      const values = samples[subject][metric].flatMap(([, , values]) => values), every = Math.ceil(values.length / kMostDots);
      return values.filter((_, i) => i % every === 0).map((value) => [value, y]);
    });
    return {
      height: 60 + 34 * rows.length,
      csv: async () => [kSampleFields, ...await sampleLines(workload, (_, other) => other === metric)],
      option: {
        grid: {left: 8, right: 24, top: 8, bottom: 8, containLabel: true},
        tooltip: {formatter: ({seriesIndex, dataIndex, value}) => seriesIndex === 0 ?
          `${escaped(rows[dataIndex][0])}: <b>${show(value)}</b>${interval(rows[dataIndex][1][metric].range, show)}` : show(value[0])},
        xAxis: fromZero(Math.max(...dots.map(([value]) => value)), unit),
        yAxis: axis({type: 'category', inverse: true, data: rows.map(([subject]) => subject), splitLine: {show: false}, axisLabel: {color: colour('ink'), hideOverlap: false}}),
        series: [
          {type: 'bar', barMaxWidth: 16, data: rows.map(([subject, metrics]) => ({value: metrics[metric].value, itemStyle: {color: look(data, subject).color, opacity: .65}}))},
          {type: 'scatter', data: dots, symbolSize: 5, itemStyle: {color: colour('dot'), opacity: .45}, z: 3},
          whiskers(rows.flatMap(([, metrics], y) => metrics[metric].range ? [[metrics[metric].range[0], y, metrics[metric].range[1], y]] : []), colour('ink')),
        ],
      },
    };
  },

  async percentiles(figure, data) {
    const workload = place(figure), metrics = figure.dataset.metrics.split(' ');
    const rows = Object.entries(data.workloads[workload]).filter(([, ones]) => !ones.failures && metrics.some((metric) => ones[metric]));
    const unit = metrics.map((metric) => rows[0][1][metric]?.unit).find(Boolean), show = (value) => quantity(value, unit);
    return {
      height: 340,
      csv: async () => [kFigureFields, ...(await figureLines()).filter((line) => line[0] === workload && metrics.includes(line[3]))],
      option: {
        grid: {left: 8, right: 24, top: 52, bottom: 8, containLabel: true},
        legend: {top: 0, textStyle: {color: colour('ink')}, itemWidth: 34, type: 'scroll'},
        tooltip: {trigger: 'axis', valueFormatter: (value) => value == null ? '–' : show(value), order: 'valueAsc'},
        xAxis: axis({type: 'category', data: metrics.map((metric) => metric.slice(metric.lastIndexOf('_') + 1)), splitLine: {show: true, lineStyle: {color: colour('rule')}}}),
        yAxis: axis({type: 'log', axisLabel: {formatter: show}}),
        series: rows.flatMap(([subject, ones]) => {
          const {color, symbol, dash} = look(data, subject);
          const points = metrics.map((metric) => ones[metric]?.value > 0 ? ones[metric].value : null);  // zero has no logarithm
          return {name: subject, type: 'line', data: points, symbol, symbolSize: 8, lineStyle: {type: dash, width: 2}, itemStyle: {color}, connectNulls: true};
        }),
      },
    };
  },

  async course(figure, data) {
    const workload = place(figure), {metric} = figure.dataset, kLive = 'live_over_time';
    const subjects = Object.entries(data.workloads[workload]).filter(([, metrics]) => metrics[metric] && !metrics.failures);
    const line = (name, course, style) => ({name, type: 'line', showSymbol: false, data: course.map((value, i) => [100 * i / (course.length - 1 || 1), value]), ...style});
    const {unit} = subjects[0][1][metric], show = (value) => quantity(value, unit);
    const live = unit === 'bytes' && subjects.find(([, metrics]) => metrics[kLive]);
    return {
      height: 360,
      csv: async () => [kSampleFields, ...await sampleLines(workload, (_, other) => other === metric || (live && other === kLive))],
      option: {
        grid: {left: 8, right: 24, top: 52, bottom: 30, containLabel: true},
        legend: {top: 0, textStyle: {color: colour('ink')}, itemWidth: 34, type: 'scroll'},
        tooltip: {trigger: 'axis', valueFormatter: show, order: 'valueDesc'},
        xAxis: axis({type: 'value', min: 0, max: 100, axisLabel: {formatter: '{value} %'}, name: 'of the workload', nameLocation: 'middle', nameGap: 28}),
        yAxis: fromZero(Math.max(...subjects.flatMap(([, metrics]) => metrics[metric].course)), unit),
        series: [
          ...subjects.map(([subject, metrics]) => {
            const {color, dash} = look(data, subject);
            return line(subject, metrics[metric].course, {itemStyle: {color}, lineStyle: {type: dash, width: 2}});
          }),
          ...(live ? [line('live, as requested', live[1][kLive].course, {itemStyle: {color: colour('faint')}, lineStyle: {width: 1}, areaStyle: {color: colour('faint'), opacity: .2}, z: 1})] : []),
        ],
      },
    };
  },

  async histogram(figure, data) {
    const workload = place(figure), {metric} = figure.dataset, kSteps = 5, kClasses = 35, kShortest = 1000, kNone = .5;  // the foot of the axis
    const subjects = Object.entries(data.workloads[workload]).filter(([, metrics]) => metrics[metric] && !metrics.failures);
    const length = (step) => kShortest * 10 ** (step / kSteps), show = (value) => quantity(value, 'ns');
    const used = subjects.flatMap(([, metrics]) => metrics[metric].course.flatMap((count, step) => count > 0 ? [step] : []));
    const from = kSteps * Math.floor(Math.min(...used, kClasses - 1) / kSteps), to = kSteps * Math.ceil((Math.max(...used, from) + 1) / kSteps);
    return {
      height: 340,
      csv: async () => [kSampleFields, ...await sampleLines(workload, (_, other) => other === metric)],
      option: {
        grid: {left: 8, right: 24, top: 52, bottom: 30, containLabel: true},
        legend: {top: 0, textStyle: {color: colour('ink')}, itemWidth: 34, type: 'scroll'},
        tooltip: {trigger: 'axis', valueFormatter: (value) => value === kNone ? '0' : quantity(value, 'count'), order: 'valueDesc'},
        xAxis: axis({type: 'log', min: length(from), max: length(to), axisLabel: {formatter: show}, name: 'length of a pause', nameLocation: 'middle', nameGap: 28,
          axisPointer: {label: {formatter: ({value}) => `${show(value)} and more`}}}),
        yAxis: axis({type: 'log', min: kNone, axisLabel: {formatter: (value) => value < 1 ? '' : quantity(value, 'count')}}),
        series: subjects.map(([subject, metrics]) => {
          const {color, dash} = look(data, subject), {course} = metrics[metric];
          const outline = course.slice(from, to).concat(0).map((count, i) => [length(from + i), count || kNone]);
          return {name: subject, type: 'line', step: 'end', showSymbol: false, data: outline, itemStyle: {color}, lineStyle: {type: dash, width: 2}, areaStyle: {color, opacity: .12, origin: 'start'}};
        }),
      },
    };
  },

  async utilisation(figure, data) {
    const workload = place(figure), {metric} = figure.dataset, kSteps = 10, kShortest = 1e6;
    const subjects = Object.entries(data.workloads[workload]).filter(([, metrics]) => metrics[metric] && !metrics.failures);
    const show = (value) => quantity(value, 'ns'), longest = Math.max(...subjects.map(([, metrics]) => metrics[metric].course.length)) - 1;
    return {
      height: 340,
      csv: async () => [kSampleFields, ...await sampleLines(workload, (_, other) => other === metric)],
      option: {
        grid: {left: 8, right: 24, top: 52, bottom: 30, containLabel: true},
        legend: {top: 0, textStyle: {color: colour('ink')}, itemWidth: 34, type: 'scroll'},
        tooltip: {trigger: 'axis', valueFormatter: (value) => quantity(value, 'ratio'), order: 'valueDesc'},
        xAxis: axis({type: 'log', min: kShortest, max: kShortest * 10 ** (longest / kSteps), axisLabel: {formatter: show}, name: 'window', nameLocation: 'middle', nameGap: 28,
          axisPointer: {label: {formatter: ({value}) => show(value)}}}),
        yAxis: axis({type: 'value', min: 0, max: 1}),
        series: subjects.map(([subject, metrics]) => {
          const {color, symbol, dash} = look(data, subject);
          const curve = metrics[metric].course.map((part, step) => [kShortest * 10 ** (step / kSteps), part]);
          return {name: subject, type: 'line', symbol, symbolSize: 5, data: curve, itemStyle: {color}, lineStyle: {type: dash, width: 2}};
        }),
      },
    };
  },

  async pareto(_, data) {
    const points = data.overall;
    const beats = (a, b) => a.time.value <= b.time.value && a.memory.value <= b.memory.value && (a.time.value < b.time.value || a.memory.value < b.memory.value);
    const best = points.filter((point) => !points.some((other) => beats(other, point))).sort((a, b) => a.time.value - b.time.value);
    const show = (value) => Number(value.toPrecision(3)), at = ({time, memory}) => [time.value, memory.value];
    // Axes end a little beyond the outermost intervals.
    const reach = (measure) => {
      const values = points.flatMap((point) => [point[measure].value, ...(point[measure].range ?? [])]);
      const [low, high] = [Math.min(...values), Math.max(...values)], margin = Math.max((high / low) ** .12, 1.05);
      return {min: low / margin, max: high * margin};
    };
    const kTicks = [.02, .05, .1, .15, .2, .3, .4, .5, .6, .7, .8, .9, 1, 1.1, 1.25, 1.5, 2, 3, 4, 6, 10, 20, 50, 100];
    const scale = (measure, name, nameGap) => {
      const ends = reach(measure), customValues = kTicks.filter((tick) => ends.min < tick && tick < ends.max);
      return axis({type: 'log', ...ends, name, nameLocation: 'middle', nameGap, axisTick: {customValues}, axisLabel: {customValues, formatter: show}});
    };
    const rank = (point) => points.filter((other) => other.time.value < point.time.value).length;  // neighbours have their names apart
    const partial = ({workloads}) => workloads < Math.max(...points.map((point) => point.workloads)) ? ' *' : '';
    return {
      height: 400,
      csv: async () => [['subject', 'workloads', 'time', 'low', 'high', 'memory', 'low', 'high'], ...points.map((point) =>
        [point.subject, point.workloads, point.time.value, ...(point.time.range ?? ['', '']), point.memory.value, ...(point.memory.range ?? ['', ''])])],
      option: {
        grid: {left: 30, right: 28, top: 16, bottom: 34, containLabel: true},
        tooltip: {formatter: ({name, seriesType}) => {
          const point = points.find((one) => one.subject === name);
          return seriesType !== 'scatter' ? '' : `<b>${escaped(name)}</b><br>CPU time ${show(point.time.value)}${interval(point.time.range, show)}<br>memory ${show(point.memory.value)}${interval(point.memory.range, show)}`;
        }},
        xAxis: scale('time', 'CPU time ÷ baseline’s (slower →)', 28),
        yAxis: scale('memory', 'peak memory ÷ baseline’s (heavier →)', 38),
        series: [
          {type: 'line', data: best.map(at), symbol: 'none', silent: true, lineStyle: {color: colour('series1'), width: 2}, z: 1},
          {type: 'scatter', symbolSize: 13, z: 5,
           label: {show: true, formatter: ({dataIndex}) => points[dataIndex].subject + partial(points[dataIndex]), color: colour('ink'), textBorderColor: colour('paper'), textBorderWidth: 3, fontWeight: 600},
           data: points.map((point) => ({name: point.subject, value: at(point), label: {position: rank(point) % 2 ? 'bottom' : 'top'}, itemStyle: best.includes(point) ? {opacity: 1, color: colour('series1')} : {opacity: 1, color: colour('paper'), borderColor: colour('faint'), borderWidth: 2}}))},
          whiskers(points.flatMap(({time, memory}) => [...(time.range ? [[time.range[0], memory.value, time.range[1], memory.value]] : []), ...(memory.range ? [[time.value, memory.range[0], time.value, memory.range[1]]] : [])]), colour('faint')),
        ],
      },
    };
  },

  async forest(figure, data) {
    const all = figure.closest('#hints') ? data.hints : data.changes, kMost = 30;
    const rows = all.filter((row) => row.ratio > 0 && row.interval[0] > 0).slice(0, kMost);
    const percent = (ratio) => ratio >= 3 ? `×${Number(ratio.toPrecision(3))}` : `${ratio < 1 ? '−' : ratio > 1 ? '+' : ''}${Number(Math.abs(100 * (ratio - 1)).toPrecision(2))} %`;
    const colours = {worse: colour('worse-line'), better: colour('better-line')};
    const centres = Math.max(.005, ...rows.map((row) => Math.abs(Math.log(row.ratio))));
    const reach = 1.05 * Math.min(3 * centres, Math.max(.005, ...rows.flatMap((row) => row.interval.map((end) => Math.abs(Math.log(end))))));
    const step = [.001, .002, .005, .01, .02, .05, .1, .2, .5].find((each) => reach / each <= 5) ?? 1;
    const customValues = Array.from({length: 13}, (_, i) => 1 + (i - 6) * step).filter((ratio) => ratio > 0 && Math.abs(Math.log(ratio)) < reach);
    const several = new Set(all.map((row) => row.subject + row.base)).size > 1;
    const cut = (ratio) => Math.min(Math.max(ratio, Math.exp(-reach)), Math.exp(reach));
    return {
      height: 70 + 26 * rows.length,
      csv: async () => [kChangeFields, ...all.map(changeLine)],
      option: {
        grid: {left: 8, right: 32, top: 8, bottom: 8, containLabel: true},
        tooltip: {formatter: ({dataIndex: i}) => `${escaped(rows[i].case)} · ${escaped(rows[i].metric)}<br><b>${percent(rows[i].ratio)}</b>${interval(rows[i].interval, percent)}<br>${rows[i].outcome} ${rows[i].confirmation}`},
        xAxis: axis({type: 'log', logBase: Math.E, min: Math.exp(-reach), max: Math.exp(reach), axisTick: {customValues}, axisLabel: {customValues, formatter: percent}}),
        yAxis: axis({type: 'category', inverse: true, data: rows.map((row) => `${row.case} · ${row.metric}${several ? ' · ' + row.subject : ''}`), axisLabel: {color: colour('ink'), width: figure.clientWidth * .45, overflow: 'truncate', hideOverlap: false}}),
        series: [
          {type: 'scatter', symbolSize: 10, z: 5, data: rows.map((row, y) => ({value: [cut(row.ratio), y], itemStyle: {opacity: 1, color: colours[row.outcome] ?? colour('faint')}})),
           markLine: {symbol: 'none', silent: true, animation: false, label: {show: false}, lineStyle: {color: colour('ink'), type: 'dashed'}, data: [{xAxis: 1}]}},
          whiskers(rows.map((row, y) => [cut(row.interval[0]), y, cut(row.interval[1]), y]), colour('ink')),
        ],
      },
    };
  },
};

const drawn = new Map();  // figure to chart

async function draw(figure) {
  const data = await figuresOfPage(), kind = await kinds[figure.dataset.chart](figure, data), echarts = await charts();
  drawn.get(figure)?.dispose();
  let space = figure.querySelector('.space');
  if (!space) {
    const drawing = figure.querySelector('svg');
    const label = drawing?.ariaLabel ?? `${figure.querySelector('figcaption').textContent}: the table has its figures`;
    space = element('div', {class: 'space', role: 'img', 'aria-label': label});
    (drawing ?? figure.querySelector('.tools')).before(space);
    new ResizeObserver(() => drawn.get(figure)?.resize()).observe(space);
  }
  space.style.height = kind.height + 'px';
  const chart = echarts.init(space, null, {renderer: 'svg'});
  chart.setOption({
    animation: false, backgroundColor: colour('paper'), textStyle: {fontFamily: 'system-ui, sans-serif', color: colour('ink')},
    ...kind.option,
    tooltip: {confine: true, backgroundColor: colour('panel'), borderColor: colour('rule'), textStyle: {color: colour('ink')}, ...kind.option.tooltip},
  });
  drawn.set(figure, chart);
  figure.classList.add('drawn');
}

const nameOf = (figure) => [figure.dataset.chart, place(figure), figure.dataset.metric ?? figure.dataset.metrics?.split('_')[0]].filter(Boolean).join('-');

async function saveSvg(figure) {
  download(await fileName(nameOf(figure) + '.svg'), 'image/svg+xml', [drawn.get(figure).renderToSVGString()]);
}

async function savePng(figure) {
  const chart = drawn.get(figure), kScale = 2, picture = new Image();
  picture.src = 'data:image/svg+xml,' + encodeURIComponent(chart.renderToSVGString());
  await picture.decode();
  const canvas = element('canvas', {width: chart.getWidth() * kScale, height: chart.getHeight() * kScale});
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done));
  download(await fileName(nameOf(figure) + '.png'), 'image/png', [blob]);
}

async function enliven(figure) {
  const tools = element('p', {class: 'tools'}, button('CSV', async () => {
    const data = await figuresOfPage(), {csv} = await kinds[figure.dataset.chart](figure, data);
    downloadCsv(nameOf(figure), await csv());
  }));
  figure.append(tools);
  if (library) {
    await draw(figure);
    tools.prepend(button('PNG', () => savePng(figure)), button('SVG', () => saveSvg(figure)));
  }
  for (const one of tools.children) one.ariaLabel = `Save as ${one.textContent}: ${figure.querySelector('figcaption').textContent}`;
}

const sight = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    const draws = () => enliven(target);
    window.requestIdleCallback ? requestIdleCallback(draws, {timeout: 500}) : setTimeout(draws);
  }
}, {rootMargin: '300px'});
for (const figure of document.querySelectorAll('figure.chart')) sight.observe(figure);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const figure of drawn.keys()) draw(figure);
});
