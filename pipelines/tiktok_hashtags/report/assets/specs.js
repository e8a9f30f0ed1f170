// The kinds of charts. Each takes plain rows and returns a specification with a layout of known size, so that labels
// can be placed beside the ends of lines.

// A plot inside fixed margins, without automatic fitting.
function frame(width, height, { left = 46, right = 12, top = 8, bottom = 26 } = {}) {
  return { autosize: "none", padding: { left, right, top, bottom }, width: Math.max(60, width - left - right), height };
}

// Days for an axis: at most `most` of them, evenly spaced, including the last.
function axisDays(days, most) {
  const step = Math.max(1, Math.ceil((days.length - 1) / Math.max(1, most - 1)));
  return days.filter((_, index) => (days.length - 1 - index) % step === 0).map(asTime);
}

function dayAxis(days, width) {
  return {
    field: "t", type: "quantitative", title: null, scale: { domain: [asTime(days[0]), asTime(days.at(-1))], nice: false, zero: false },
    axis: { values: axisDays(days, Math.max(2, Math.floor(width / 84))), labelExpr: "utcFormat(datum.value, '%-d %b')", labelFlush: true, grid: false, labelOverlap: true },
  };
}

const COMPACT = "replace(format(datum.value, datum.value > 0 && datum.value < 1 ? '~g' : '~s'), 'G', 'B')";
const colourScale = (lines) => ({ domain: lines.map((line) => line.key), range: lines.map((line) => line.colour) });

// Positions of labels that do not overlap: the wanted ones, moved apart by `gap`, within [0, height].
function spread(places, gap, height) {
  const order = places.map((place, index) => ({ place, index })).sort((one, other) => one.place - other.place);
  order.forEach((label, index) => {
    if (index) label.place = Math.max(label.place, order[index - 1].place + gap);
  });
  const over = order.length ? order.at(-1).place - height : 0;
  if (over > 0) {
    order.at(-1).place = height;
    for (let index = order.length - 2; index >= 0; index -= 1) order[index].place = Math.min(order[index].place, order[index + 1].place - gap);
  }
  return order.reduce((moved, label) => Object.assign(moved, { [label.index]: label.place }), []);
}

function extent(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - (Math.abs(low) * 0.05 || 1), high + (Math.abs(high) * 0.05 || 1)] : [low - (high - low) * 0.04, high + (high - low) * 0.04];
}

// Lines over days: `lines` are {key, name, colour, points: [{day, value}]}.
function lineSpec(theme, width, { lines, isLog = false, height = 330, labelWidth = 128 }) {
  const points = lines.flatMap((line) => line.points.map((point) => ({ key: line.key, day: point.day, t: asTime(point.day), value: point.value })));
  if (!points.length) return null;
  const days = [...new Set(points.map((point) => point.day))].sort();
  const isNarrow = width < 560;
  const layout = frame(width, height, { left: 52, right: isNarrow ? 12 : labelWidth });
  const values = points.map((point) => point.value);
  const domain = isLog ? [Math.min(...values) / 1.15, Math.max(...values) * 1.15] : extent(values);
  const scaled = isLog ? Math.log : (value) => value;
  const place = (value) => height * (1 - (scaled(value) - scaled(domain[0])) / (scaled(domain[1]) - scaled(domain[0])));
  const ends = lines.filter((line) => line.points.length).map((line) => ({ key: line.key, name: `#${line.name}`, t: asTime(line.points.at(-1).day), value: line.points.at(-1).value }));
  spread(ends.map((end) => place(end.value)), 16, height).forEach((y, index) => Object.assign(ends[index], { y }));
  const x = dayAxis(days, layout.width);
  const y = { field: "value", type: "quantitative", title: null, scale: isLog ? { type: "log", domain, nice: false } : { domain, nice: false, zero: false }, axis: { labelExpr: COMPACT, tickCount: 5, format: "~s" } };
  const colour = { field: "key", type: "nominal", scale: colourScale(lines), legend: null };
  const labels = { data: { values: ends }, mark: { type: "text", align: "left", limit: labelWidth - 16, fontSize: 12, fontWeight: 500 }, encoding: { x: { value: layout.width + 11 }, y: { field: "y", type: "quantitative", scale: null }, text: { field: "name" }, color: colour } };
  return {
    ...layout,
    layer: [
      { data: { values: points }, mark: { type: "line", strokeWidth: 2.4, strokeCap: "round", strokeJoin: "round", interpolate: "monotone" }, encoding: { x, y, color: colour } },
      { data: { values: ends }, mark: { type: "point", filled: true, size: 46, opacity: 1, stroke: theme.surface, strokeWidth: 1.5 }, encoding: { x, y, color: colour } },
      ...(isNarrow ? [] : [labels]),
      atPointer(days, x, theme),
    ],
  };
}

// A rule at the day nearest to the pointer; its tooltip shows all lines' values of that day.
function atPointer(days, x, theme) {
  return {
    data: { values: days.map((date) => ({ day: date, t: asTime(date) })) },
    params: [{ name: "at", select: { type: "point", on: "pointerover", nearest: true, fields: ["day"], clear: "pointerout" } }],
    mark: { type: "rule", color: theme.quiet, tooltip: { content: "data" } },
    encoding: { x, opacity: { condition: { param: "at", empty: false, value: 1 }, value: 0 } },
  };
}

// A line without axes, for a tile.
function sparkSpec(theme, width, { points, colour }) {
  const rows = points.filter((point) => !isMissing(point.value)).map((point) => ({ t: asTime(point.day), value: point.value }));
  if (rows.length < 2) return null;
  const domain = extent(rows.map((row) => row.value));
  const x = { field: "t", type: "quantitative", axis: null, scale: { domain: [rows[0].t, rows.at(-1).t], nice: false, zero: false } };
  const y = { field: "value", type: "quantitative", axis: null, scale: { domain, zero: false, nice: false, clamp: true } };
  return {
    ...frame(width, 36, { left: 1, right: 1, top: 2, bottom: 2 }),
    data: { values: rows },
    layer: [
      { mark: { type: "area", color: colour, opacity: 0.13, interpolate: "monotone" }, encoding: { x, y, y2: { datum: domain[0] } } },
      { mark: { type: "line", color: colour, strokeWidth: 1.8, interpolate: "monotone" }, encoding: { x, y } },
    ],
  };
}

// Ranks over days, the best on top; the first six in colour. `lines` are {key, name, colour, points: [{day, rank or null}]}.
function bumpSpec(theme, width, { lines, days, ranks }) {
  const height = Math.max(120, ranks * 37);
  const isNarrow = width < 520;
  const labelWidth = isNarrow ? 104 : 150;
  const layout = frame(width, height, { left: 30, right: labelWidth, top: 12 });
  const points = lines.flatMap((line) => line.points.map((point, index) => ({ key: line.key, name: line.name, t: asTime(point.day), rank: point.rank, isAlone: isAlone(line.points, index) })));
  const ends = lines.filter((line) => line.points.at(-1).rank).map((line) => ({ key: line.key, label: `#${line.name}`, t: asTime(line.points.at(-1).day), rank: line.points.at(-1).rank, isColoured: line.isColoured }));
  const x = dayAxis(days, layout.width);
  const y = { field: "rank", type: "quantitative", title: null, scale: { domain: [ranks + 0.4, 0.6], nice: false, zero: false, reverse: false }, axis: { values: Array.from({ length: ranks }, (_, index) => index + 1), format: "d", grid: false, labelPadding: 14 } };
  const colour = { field: "key", type: "nominal", scale: colourScale(lines), legend: null };
  const widths = (wide, thin) => ({ condition: { param: "over", empty: false, value: wide }, value: thin });
  const line = { type: "line", interpolate: "monotone", strokeCap: "round", clip: true, invalid: "break-paths-filter-domains" };
  return {
    ...layout,
    data: { values: points },
    layer: [
      { mark: line, encoding: { x, y, color: colour, detail: { field: "key" }, strokeWidth: widths(4.5, 2.4) } },
      { transform: [{ filter: "datum.isAlone" }], mark: { type: "point", filled: true, size: 30, opacity: 1 }, encoding: { x, y, color: colour } },
      { data: { values: ends }, mark: { type: "point", filled: true, size: 62, opacity: 1, stroke: theme.surface, strokeWidth: 1.5 }, encoding: { x, y, color: colour } },
      { data: { values: ends }, mark: { type: "text", align: "left", limit: labelWidth - 18, fontSize: 12, fontWeight: 500 }, encoding: { x: { value: layout.width + 13 }, y, text: { field: "label" }, color: { condition: { test: "datum.isColoured", value: theme.strong }, value: theme.text } } },
      { params: [{ name: "over", select: { type: "point", on: "pointerover", fields: ["key"], clear: "pointerout" } }], mark: { ...line, strokeWidth: 16, opacity: 0, tooltip: { content: "data" } }, encoding: { x, y, detail: { field: "key" }, color: colour } },
    ],
  };
}

function isAlone(points, index) {
  return Boolean(points[index].rank) && !points[index - 1]?.rank && !points[index + 1]?.rank;
}

// Weekday by hour; `cells` are {weekday, hour, value or null}.
function heatSpec(theme, width, { cells }) {
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const rows = cells.map((cell) => ({ ...cell, name: WEEKDAYS[cell.weekday - 1] }));
  const known = rows.map((row) => row.value).filter((value) => !isMissing(value)).sort((one, other) => one - other);
  const scale = { type: "quantile", domain: known, range: theme.heat };
  const layout = frame(width, 7 * 51, { left: 42, right: 2, top: 2 });
  return {
    ...layout,
    data: { values: rows },
    mark: { type: "rect", cornerRadius: 3, stroke: theme.surface, strokeWidth: 2.5, tooltip: { content: "data" } },
    encoding: {
      x: { field: "hour", type: "ordinal", title: null, scale: { domain: hours, paddingInner: 0 }, axis: { values: hours.filter((hour) => hour % (width < 420 ? 6 : 3) === 0), labelExpr: "format(datum.value, '02d')", labelAngle: 0 } },
      y: { field: "name", type: "ordinal", title: null, sort: WEEKDAYS, scale: { domain: WEEKDAYS } },
      color: { condition: { test: "!isValid(datum.value)", value: theme.none }, field: "value", type: "quantitative", scale, legend: null },
    },
  };
}

// Stacked bars by day; `rows` are {day, key, value}, `series` are {key, colour}, the first at the bottom.
function stackSpec(theme, width, { rows, series, height = 230, format = COMPACT, isShare = false }) {
  const days = [...new Set(rows.map((row) => row.day))].sort();
  if (!days.length) return null;
  const layout = frame(width, height, { left: 50 });
  const values = axisDays(days, Math.max(2, Math.floor(layout.width / 84))).map((time) => new Date(time).toISOString().slice(0, 10));
  const order = Object.fromEntries(series.map((each, index) => [each.key, index]));
  const named = rows.map((row) => ({ ...row, order: order[row.key], label: day(row.day) }));
  return {
    ...layout,
    data: { values: named },
    mark: { type: "bar", cornerRadius: 1.5, stroke: theme.surface, strokeWidth: 0.75, tooltip: { content: "data" } },
    encoding: {
      x: { field: "day", type: "ordinal", title: null, scale: { domain: days, paddingInner: 0.22, paddingOuter: 0.1 }, axis: { values, labelExpr: "utcFormat(toDate(datum.value + 'T00:00:00Z'), '%-d %b')", labelAngle: 0, labelOverlap: true, labelFlush: false } },
      y: { field: "value", type: "quantitative", title: null, stack: isShare ? "normalize" : "zero", axis: isShare ? { format: "%", tickCount: 4 } : { labelExpr: format, tickCount: 4 } },
      color: { field: "key", type: "nominal", scale: colourScale(series), legend: null },
      order: { field: "order", type: "quantitative" },
    },
  };
}
