// Charts: Vega-Lite specifications drawn as SVG, in the page's colours, each with its numbers as a table.

const CHARTS = [];
const LIGHT = {
  series: ["#1f6fec", "#e0245e", "#0a9c84", "#7f4df0", "#e8820c", "#0f9fc4", "#b0368f", "#6b8e23"],
  text: "#5a6170", strong: "#14161c", grid: "#e9ebf0", quiet: "#c6cad4", surface: "#ffffff", good: "#10a877", bad: "#e5484d",
  heat: ["#eaf1fe", "#b9d3fd", "#7fb0fb", "#3d86f5", "#0b55c4"], none: "#f5f6f9",
};
const DARK = {
  series: ["#5ba0ff", "#ff5c8a", "#2ccbb0", "#ab8bff", "#ffac45", "#45c9ea", "#e77fc9", "#a9cc4f"],
  text: "#9aa3b2", strong: "#eceef3", grid: "#232831", quiet: "#49505d", surface: "#14171d", good: "#2cc68e", bad: "#ff6369",
  heat: ["#17253d", "#1c3c6b", "#24579f", "#3b82e0", "#7db5ff"], none: "#181b22",
};
const isDark = () => document.documentElement.dataset.theme === "dark";
const colours = () => (isDark() && !isPrinting ? DARK : LIGHT);
const FONT = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
let isPrinting = false;

// Settings that all charts share.
function chartConfig(theme) {
  const axis = { labelColor: theme.text, labelFont: FONT, labelFontSize: 11.5, titleColor: theme.text, titleFont: FONT, titleFontWeight: 500, domain: false, ticks: false, labelPadding: 8, gridColor: theme.grid };
  return { aria: false, background: null, font: FONT, view: { stroke: null }, axis, axisX: { grid: false }, legend: null };
}

// A chart in a figure. `spec(theme, width)` makes the specification, `tip(datum)` the text at the pointer.
class Chart {
  constructor({ label, spec, tip, height }) {
    Object.assign(this, { label, spec, tip });
    // A screen reader gets a description of the chart and finds the numbers in the table; single marks are hidden from it.
    this.picture = element("div", { "aria-hidden": "true" });
    this.box = element("div", { class: "chart", role: "img", "aria-label": label }, this.picture);
    if (height) this.box.style.minHeight = `${height}px`;
    this.width = 0;
    this.drawn = Promise.resolve();
    CHARTS.push(this);
    watched.observe(this.box);
  }

  // Draw again, after a drawing in progress; the last call wins.
  draw() {
    this.isDue = true;
    this.drawn = this.drawn.then(() => this.drawDue()).catch((error) => this.fail(error));
    return this.drawn;
  }

  async drawDue() {
    if (!this.isDue) return;
    this.isDue = false;
    const width = this.box.clientWidth || this.width || 640;
    const spec = this.spec(colours(), width);
    if (!spec) return;
    const full = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", autosize: { type: "fit", contains: "padding" }, padding: 0, width, ...spec };
    const options = { mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false, config: chartConfig(colours()), tooltip: this.tip ? tipHandler(this.tip) : false };
    this.view?.finalize();
    this.view = (await vegaEmbed(this.picture, full, options)).view;
    this.width = width;
    this.isDrawn = true;
  }

  fail(error) {
    this.box.replaceChildren(empty("This chart could not be drawn", String(error.message || error)));
    console.error(error);
  }
}

// Charts are drawn when they come near the screen, and again when their width changes.
const watched = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      const chart = CHARTS.find((each) => each.box === entry.target);
      if (!chart.isDrawn) chart.draw();
      resized.observe(chart.box);
    }
  },
  { rootMargin: "300px" },
);
const resized = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const chart = CHARTS.find((each) => each.box === entry.target);
    const width = Math.round(entry.contentRect.width);
    if (chart.isDrawn && width > 0 && Math.abs(width - chart.width) > 2) chart.draw();
  }
});

const redrawAll = () => Promise.all(CHARTS.filter((chart) => chart.isDrawn).map((chart) => chart.draw()));
const drawAll = () => Promise.all(CHARTS.map((chart) => chart.draw()));

// The text at the pointer: [title, [[colour or null, label, value], ...]].
const tipBox = element("div", { class: "tip", hidden: true, "aria-hidden": "true" });
function tipHandler(tip) {
  return (_, event, __, value) => {
    const found = isMissing(value) || value === "" ? null : tip(value);
    tipBox.hidden = !found;
    if (!found) return;
    const [title, rows] = found;
    tipBox.replaceChildren(element("div", { class: "tip-title" }, element("bdi", {}, title)), ...rows.map(tipRow));
    const { offsetWidth, offsetHeight } = tipBox;
    const left = event.clientX + 16 + offsetWidth > innerWidth ? event.clientX - offsetWidth - 14 : event.clientX + 16;
    tipBox.style.left = `${Math.max(6, left)}px`;
    tipBox.style.top = `${Math.max(6, Math.min(event.clientY - offsetHeight / 2, innerHeight - offsetHeight - 6))}px`;
  };
}

function tipRow([colour, label, value]) {
  return element("div", { class: "tip-row" }, element("span", {}, colour && swatch(colour), element("bdi", {}, label)), element("span", {}, value));
}

function swatch(colour) {
  const made = element("span", { class: "swatch" });
  if (colour) made.style.background = colour;
  return made;
}

// A card with a chart and, behind a button, its numbers as a table. `tableOf()` gives {columns, rows, sort, ...}.
function chartCard({ title, note, span, tools = [], before = [], after = [], chart, tableOf }) {
  const figure = element("div", { class: "figure" }, chart.box);
  let numbers = null;
  const csv = element("button", { class: "button", type: "button", hidden: true, "aria-label": `Save ${title} as CSV`, onclick: () => save(`${numbers.fileName()}.csv`, numbers.csv()) }, "CSV");
  const toggle = element("button", { class: "button", type: "button", "aria-pressed": "false", "aria-label": `Show ${title} as a table`, onclick: () => show(!numbers) }, "Table");
  function show(isTable) {
    numbers = isTable ? new DataTable({ name: title, ...tableOf() }) : null;
    figure.replaceChildren(...(numbers ? [numbers.box, numbers.more] : [chart.box]));
    toggle.setAttribute("aria-pressed", String(isTable));
    csv.hidden = !isTable;
  }
  const made = card({ title, note, span, tools: [...tools, csv, toggle], body: [before, figure, after] });
  made.refresh = () => (numbers ? show(true) : chart.draw());
  return made;
}
