import { init } from 'echarts';

/** A plot as SVG: lines through measured points, over a logarithmic axis. The same results make the same text. */
export function plot({ title, x, y, series }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 640, height: 360 });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { bottom: 0, show: series.length > 1 },
    grid: { left: 70, right: 40, top: 60, bottom: series.length > 1 ? 75 : 50 },
    xAxis: { type: 'log', name: x, nameLocation: 'middle', nameGap: 28, axisLabel: { formatter: short } },
    yAxis: { type: 'value', name: y, axisLabel: { formatter: short } },
    series: series.map(({ name, points }) => ({ name, type: 'line', symbolSize: 7, data: points })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Class names count up over a process; what they are must not depend on which plots came before.
  return `${stableNames(svg)}\n`;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

function short(value) {
  return compact.format(value);
}

function stableNames(svg) {
  const names = new Map();
  return svg.replace(/\bzr\d+-(cls|c|clip|g)-?(\d+)\b/g, (name, kind) => {
    if (!names.has(name)) names.set(name, `${kind}-${names.size}`);
    return names.get(name);
  });
}
