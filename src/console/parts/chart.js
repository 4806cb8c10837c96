// A chart of lines over time, and the same as a table.
import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import uPlot from "../vendor/uplot.js";
import { Table } from "./table.js";
import { grouped } from "./values.js";

const HEIGHT = 180;

/** Shows lines over `times`, which are in seconds since 1970. */
export function Chart({ title, times, series, unit = "", week }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const data = /** @type {any} */ ([times, ...series.map(({ values }) => values)]);
  useEffect(() => drawn(place.current, data, { series, week }), [JSON.stringify(data)]);
  return html`<figure class="chart">
    <ul class="legend">
      ${series.map(
        ({ name, tone, values }) =>
          html`<li class=${`key ${tone}`}>${name}${
            !unit &&
            html` <span
            class="soft">${grouped(sum(values))}</span>`
          }</li>`,
      )}
    </ul>
    <div ref=${place} aria-hidden="true"></div>
    <details>
      <summary>${title} as a table</summary>
      <${Figures} ...${{ title, times, series, unit }} />
    </details>
  </figure>`;
}

const sum = (values) => values.reduce((all, value) => all + (value ?? 0), 0);

/** Draws into a place of the page, and draws anew when its width or the colours of the system change. Returns how to stop. */
function drawn(place, data, { series, week }) {
  let plot;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(place, series, week), data, place);
  };
  draw();
  const size = new ResizeObserver(
    () =>
      plot.width !== place.clientWidth &&
      plot.setSize({ width: place.clientWidth, height: HEIGHT }),
  );
  size.observe(place);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  return () => {
    dark.removeEventListener("change", draw);
    size.disconnect();
    plot.destroy();
  };
}

/** @returns {uPlot.Options} */
function options(place, series, week) {
  const style = getComputedStyle(place);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("soft"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
  };
  const font = `11px ${style.fontFamily}`;
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [
      {
        ...{ ...axis, font, size: 28 },
        values: (_plot, moments) => moments.map((at) => timeInWords(at, week)),
      },
      {
        ...{ ...axis, font, size: 46, incrs: WHOLE },
        values: (_plot, values) => values.map((value) => grouped(value)),
      },
    ],
    series: [
      {},
      ...series.map(({ name, tone, values }) => ({
        label: name,
        stroke: colour(tone),
        width: 1.75,
        spanGaps: false,
        points: { ...points(values), stroke: colour(tone), fill: colour(tone) },
      })),
    ],
  };
}

/** The steps of an axis: counts and milliseconds are whole. */
const WHOLE = Array.from({ length: 10 }, (_, power) => 10 ** power).flatMap((power) =>
  [1, 2, 5].map((factor) => factor * power),
);

/** Returns how the points of a line look. Where values are missing, a point may stand alone, without a line. */
const points = (values) => ({ show: values.includes(null), size: 5, width: 1 });

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const BOTH = new Intl.DateTimeFormat("en-GB", {
  ...{ day: "numeric", month: "short" },
  ...{ hour: "2-digit", minute: "2-digit" },
});

const timeInWords = (seconds, week) => (week ? DAY : CLOCK).format(new Date(seconds * 1000));

function Figures({ title, times, series, unit }) {
  const rows = times
    .map((at, index) => ({ at, values: series.map(({ values }) => values[index]) }))
    .filter(({ values }) => values.some((value) => value));
  const columns = [
    { title: "From", kind: "main", cell: ({ at }) => BOTH.format(new Date(at * 1000)) },
    ...series.map(({ name }, index) => ({
      title: name,
      kind: "number",
      cell: ({ values }) => (values[index] === null ? "–" : `${grouped(values[index])} ${unit}`),
    })),
  ];
  return html`<${Table} label=${title} isSmall=${true} ...${{ columns, rows }} />`;
}
