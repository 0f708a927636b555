// <div class="chart" data-module="chart" data-series="imp">: draws the json_script with that id as lines over days.
//   {"days": ["2026-10-14", …], "series": [{"name": "Impressions", "values": [184, null, …], "dashed": false}, …], "unit": "impressions"}
// A line with "table_only" stands in the table beside it, not in the picture.
// Colours come from the tokens, so both themes work. The same numbers stand in a table beside it (components/_chart.html).
import uPlot from "uplot";

type Line = { name: string; values: (number | null)[]; dashed?: boolean; table_only?: boolean };
type Data = { days: string[]; series: Line[]; unit?: string };

const FONT = '500 12px "Figtree Variable", sans-serif';
// Steps of an axis that counts: 1, 2, 5, 10, … never a half.
const COUNTS = [...Array(12).keys()].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
const FEW = 7; // days
const number = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact" });
const part = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" });
const [weekday, month] = [part({ weekday: "short" }), part({ month: "short" })];
// As the server writes them: "16 Oct", "Fri 16 Oct 2026".
const day = (at: Date) => `${at.getUTCDate()} ${month.format(at)}`;
const longDay = (at: Date) => `${weekday.format(at)} ${day(at)} ${at.getUTCFullYear()}`;

/** A token's colour as the canvas understands it. */
function token(name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`; // a write through CSSOM: style-src 'self' allows it
  probe.style.setProperty("forced-color-adjust", "none"); // else every line would have the text's colour
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function paragraph(text: string, strong: boolean): HTMLElement {
  const line = document.createElement("p");
  line.textContent = text;
  line.classList.toggle("font-semibold", strong);
  return line;
}

function draw(element: HTMLElement, data: Data): uPlot {
  const x = data.days.map((text) => Date.parse(text) / 1000);
  const [brand, grey, rule, ink, surface, tint] = ["--brand-text", "--data-2", "--line", "--ink-3", "--surface", "--brand-tint"].map(token) as [
    string, string, string, string, string, string,
  ];
  const colour = (line: Line) => (line.dashed ? grey : brand);
  const fade = (plot: uPlot) => {
    const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
    gradient.addColorStop(0, tint);
    gradient.addColorStop(1, surface);
    return gradient;
  };
  element.replaceChildren();
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;

  const point = (plot: uPlot) => {
    const at = plot.cursor.idx;
    const moment = at == null ? undefined : x[at];
    if (at == null || moment === undefined || (plot.cursor.left ?? -1) < 0) {
      tip.hidden = true;
      return;
    }
    const rows = data.series.map((line) => {
      const value = line.values[at];
      return paragraph(`${line.name}  ${value == null ? "–" : number.format(value)}`, !line.dashed);
    });
    tip.replaceChildren(paragraph(longDay(new Date(moment * 1000)), true), ...rows);
    tip.hidden = false;
    const left = plot.valToPos(moment, "x") + plot.over.offsetLeft + 14;
    tip.style.left = `${Math.min(element.clientWidth - tip.offsetWidth - 4, left)}px`;
    tip.style.top = "12px";
  };

  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      legend: { show: false },
      padding: [10, 22, 0, 0], // half of a day written under the right edge
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: {
        y: false,
        points: {
          size: 9,
          width: 2.5,
          stroke: (_plot, n) => (data.series[n - 1]?.dashed ? grey : brand),
          fill: () => surface,
        },
      },
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.08)] } },
      axes: [
        { stroke: ink, font: FONT, grid: { show: false }, ticks: { show: false }, values: (_plot, marks) => marks.map((mark) => day(new Date(mark * 1000))), incrs: [1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * 86400), space: 88, gap: 8, size: 30 },
        { stroke: ink, font: FONT, grid: { stroke: rule, width: 1 }, ticks: { show: false }, values: (_plot, marks) => marks.map((mark) => short.format(mark)), incrs: COUNTS, size: 48, gap: 8 },
      ],
      series: [
        {},
        ...data.series.map((line, n): uPlot.Series => ({
          label: line.name,
          stroke: colour(line),
          width: line.dashed ? 1.5 : 2.5,
          ...(line.dashed ? { dash: [4, 4] } : n === 0 ? { fill: fade } : {}),
          points: { show: x.length <= FEW, size: 6 }, // a day between two gaps makes no line
          spanGaps: false,
        })),
      ],
      hooks: { setCursor: [point] },
    },
    [x, ...data.series.map((line) => line.values)],
    element,
  );
  element.append(tip);
  return plot;
}

export default function chart(element: HTMLElement): void {
  const source = document.getElementById(element.dataset["series"] ?? "");
  if (!source?.textContent) return;
  const all = JSON.parse(source.textContent) as Data;
  const data = { ...all, series: all.series.filter((line) => !line.table_only) };
  element.setAttribute("aria-hidden", "true"); // a canvas says nothing; the table does
  void document.fonts.load(FONT).then(() => {
    let plot = draw(element, data);
    new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: element.clientHeight })).observe(element);
    document.addEventListener("themechange", () => {
      plot.destroy();
      plot = draw(element, data);
    });
  });
}
