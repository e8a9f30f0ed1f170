// Overview: the tiles, growth, the leaderboard, early signals.

const ROLE_LABELS = { own: "own", competitor: "competitor", market: "market" };
const leaderboard = () => rowsOf(PARTS.growth.leaderboard);

function overviewPanel() {
  if (!isPublished(PARTS.growth)) return [notPublished(PARTS.growth)];
  return [
    element("div", { class: "tiles" }, tiles()),
    element("div", { class: "grid" }, growthCard(), leaderboardCard(), signalsCard(), togetherCard()),
  ];
}

function tile({ label, value, note, points, colour }) {
  const box = element(
    "div",
    { class: "tile" },
    element("div", { class: "tile-label" }, label),
    element("div", { class: "tile-value" }, value),
    element("div", { class: "tile-note" }, note),
  );
  if ((points || []).filter((point) => !isMissing(point.value)).length > 1) {
    const spec = (theme, width) => sparkSpec(theme, width, { points, colour: theme.series[colour] });
    box.append(new Chart({ label: `${label}, by day from ${longDay(points[0].day)} to ${longDay(points.at(-1).day)}`, spec, height: 40 }).box);
  }
  return box;
}

function tiles() {
  const totals = rowsOf(PARTS.growth.totals);
  const recent = totals.slice(-31);
  return [totalTile(totals, recent), gainTile(totals, recent), fastestTile(), videoTile(), costTile()].map(tile);
}

function totalTile(totals, recent) {
  const last = totals.at(-1);
  return { label: "Views of all hashtags", value: compact(last?.view_count), note: last ? plural(last.hashtag_count, "watched hashtag") : "no counts yet", points: recent.map((row) => ({ day: row.snapshot_date, value: row.view_count })), colour: 0 };
}

function gainTile(totals, recent) {
  const gains = totals.map((row) => row.view_gain);
  const sum = (values) => (values.length && values.every((value) => !isMissing(value)) ? values.reduce((total, value) => total + value, 0) : null);
  const [now, before] = [sum(gains.slice(-7)), gains.length >= 14 ? sum(gains.slice(-14, -7)) : null];
  const known = gains.filter((value) => !isMissing(value));
  const note = now !== null && before ? [change((now - before) / Math.abs(before)), " against the 7 days before"] : known.length ? `${plural(known.length, "day")} of gains so far` : "starts with the second day";
  const shown = now !== null ? now : known.length ? known.slice(-7).reduce((total, value) => total + value, 0) : null;
  return { label: "New views, 7 days", value: signedCompact(shown), note, points: recent.map((row) => ({ day: row.snapshot_date, value: row.view_gain })), colour: 2 };
}

function fastestTile() {
  const rate = (row) => row.growth_7d_rate ?? null;
  const rows = leaderboard().filter((row) => rate(row) !== null && row.snapshot_date === PARSED.meta.snapshot_date);
  const best = rows.sort((one, other) => rate(other) - rate(one))[0];
  if (!best) return { label: "Fastest this week", value: MISSING, note: "needs 7 days of history", points: [] };
  const points = rowsOf(PARTS.growth.series).filter((row) => row.hashtag_key === best.hashtag_key).slice(-31);
  return { label: "Fastest this week", value: hashtagText(best.hashtag_name), note: [change(best.growth_7d_rate), " in 7 days"], points: points.map((row) => ({ day: row.snapshot_date, value: row.view_count })), colour: 1 };
}

const hashtagText = (name) => element("bdi", {}, `#${name}`);

function videoTile() {
  if (!isPublished(PARTS.summary)) return { label: "Videos collected", value: MISSING, note: "not published" };
  const { counts } = PARTS.summary;
  const days = rowsOf(PARTS.summary.new_videos);
  let total = counts.video_count - days.reduce((sum, row) => sum + row.video_count, 0);
  const points = days.map((row) => ({ day: row.snapshot_date, value: (total += row.video_count) }));
  return { label: "Videos collected", value: compact(counts.video_count), note: `by ${plural(counts.creator_count, "creator")}`, points, colour: 3 };
}

function costTile() {
  if (!isPublished(PARTS.costs)) return { label: "Data cost, 31 days", value: MISSING, note: "not published" };
  const rows = rowsOf(PARTS.costs.days);
  const priced = rows.filter((row) => !isMissing(row.cost_usd));
  const total = priced.length ? priced.reduce((sum, row) => sum + row.cost_usd, 0) : null;
  const requests = rows.reduce((sum, row) => sum + row.request_count, 0);
  const unpriced = [...new Set(rows.filter((row) => isMissing(row.cost_usd)).map((row) => row.provider))];
  const days = [...new Set(rows.map((row) => row.snapshot_date))].sort();
  const points = days.map((date) => ({ day: date, value: priced.filter((row) => row.snapshot_date === date).reduce((sum, row) => sum + row.cost_usd, 0) }));
  return { label: "Data cost, 31 days", value: dollars(total), note: costNote(requests, unpriced), points, colour: 4 };
}

function costNote(requests, unpriced) {
  if (!unpriced.length) return plural(requests, "request");
  return `without ${unpriced.length === 1 ? unpriced[0] : plural(unpriced.length, "provider")}, unpriced`;
}

// Growth. The choice is stored here; each change redraws the chart.
const growthChoice = { measure: "view", mode: "indexed", days: 30, keys: [] };
const MODES = [["indexed", "Indexed"], ["gain", "Daily gain"], ["total", "Total (log)"]];
const MOST_LINES = 8;

function growthLines(theme) {
  const last = PARSED.meta.snapshot_date;
  const since = daysBefore(last, growthChoice.days);
  const column = growthChoice.mode === "gain" ? `${growthChoice.measure}_gain_per_day` : `${growthChoice.measure}_count`;
  const names = new Map(leaderboard().map((row) => [row.hashtag_key, row.hashtag_name]));
  const rows = rowsOf(PARTS.growth.series).filter((row) => row.snapshot_date >= since && !isMissing(row[column]));
  return growthChoice.keys.map((key, index) => {
    const points = rows.filter((row) => row.hashtag_key === key).map((row) => ({ day: row.snapshot_date, value: row[column] }));
    return { key, name: names.get(key) ?? key, colour: theme.series[index % theme.series.length], points: shaped(points) };
  });
}

function shaped(points) {
  if (growthChoice.mode === "total") return points.filter((point) => point.value > 0);
  if (growthChoice.mode === "gain") return points;
  const first = points.find((point) => point.value > 0)?.value;
  return first ? points.map((point) => ({ day: point.day, value: (point.value / first) * 100 })) : [];
}

function growthTip({ day: date }) {
  const format = growthChoice.mode === "indexed" ? (value) => value.toFixed(1) : growthChoice.mode === "gain" ? signedCompact : compact;
  const rows = growthLines(colours())
    .map((line) => [line.colour, `#${line.name}`, line.points.find((point) => point.day === date)?.value])
    .filter(([, , value]) => !isMissing(value))
    .sort((one, other) => other[2] - one[2]);
  return rows.length ? [longDay(date), rows.map(([colour, label, value]) => [colour, label, format(value)])] : null;
}

function growthCard() {
  const charted = new Set(rowsOf(PARTS.growth.series).map((row) => row.hashtag_key));
  const candidates = leaderboard().filter((row) => charted.has(row.hashtag_key));
  if (!candidates.length) return card({ title: "Hashtag growth", span: 8, body: [empty("No counts yet", "Details and searches of watched hashtags collect view counts; the next run adds a day.")] });
  const fastest = [...candidates].sort((one, other) => (other.growth_7d_rate ?? other.growth_rate ?? -Infinity) - (one.growth_7d_rate ?? one.growth_rate ?? -Infinity));
  growthChoice.keys = fastest.slice(0, 5).map((row) => row.hashtag_key);
  const label = "Growth of the chosen hashtags by day";
  const chart = new Chart({ label, tip: growthTip, height: 364, spec: (theme, width) => lineSpec(theme, width, { lines: growthLines(theme), isLog: growthChoice.mode === "total" }) });
  const chips = element("div", { class: "chips", role: "group", "aria-label": "Hashtags in the chart" });
  const redraw = () => { drawChips(chips, candidates, redraw); made.refresh(); };
  const set = (key) => (value) => { growthChoice[key] = value; redraw(); };
  const controls = element(
    "div",
    { class: "controls" },
    segments("Measure", [["view", "Views"], ["video", "Videos"]], growthChoice.measure, set("measure")),
    segments("Growth as", MODES, growthChoice.mode, set("mode")),
    segments("Time span", [[7, "7 d"], [30, "30 d"], [90, "90 d"]], growthChoice.days, set("days")),
  );
  const made = chartCard({ title: "Hashtag growth", note: growthNote(candidates.length), span: 8, before: controls, after: chips, chart, tableOf: growthTable });
  drawChips(chips, candidates, redraw);
  return made;
}

function growthNote(count) {
  const all = leaderboard().length;
  const left = all > count ? `; the ${count} largest of ${all} can be drawn` : "";
  return `Indexed: 100 on the first day shown. Exact counts if there are any${left}.`;
}

function growthTable() {
  const rows = growthLines(colours()).flatMap((line) => line.points.map((point) => ({ day: point.day, hashtag: line.name, value: point.value })));
  const columns = [{ key: "day", label: "Day" }, { key: "hashtag", label: "Hashtag", cell: (row) => hashtag(row.hashtag) }, { key: "value", label: MODES.find(([mode]) => mode === growthChoice.mode)[1], isNumber: true, format: growthChoice.mode === "indexed" ? (value) => value.toFixed(1) : whole }];
  return { rows, columns, sort: "day" };
}

function drawChips(box, candidates, redraw) {
  const theme = colours();
  const made = candidates.map((row) => {
    const place = growthChoice.keys.indexOf(row.hashtag_key);
    const toggle = () => {
      const keys = growthChoice.keys.filter((key) => key !== row.hashtag_key);
      growthChoice.keys = place < 0 ? [...keys, row.hashtag_key].slice(-MOST_LINES) : keys;
      redraw();
      box.querySelectorAll(".chip")[candidates.indexOf(row)].focus();
    };
    return element("button", { class: "chip", type: "button", "aria-pressed": String(place >= 0), onclick: toggle }, swatch(place >= 0 && theme.series[place % theme.series.length]), element("bdi", {}, row.hashtag_name));
  });
  box.replaceChildren(...made);
}

function leaderboardCard() {
  const columns = [
    { key: "hashtag_name", label: "Hashtag", cell: (row) => [hashtag(row.hashtag_name), element("span", { class: "sub" }, [ROLE_LABELS[row.role], row.precision === "rounded" && "rounded"].filter(Boolean).join(" · "))], kind: "main-cell" },
    { key: "view_count", label: "Views", isNumber: true, format: compact },
    { key: "view_gain_per_day", label: "A day", isNumber: true, format: signedCompact, isFar: true },
    { key: "growth_7d_rate", label: "7 days", isNumber: true, cell: (row) => change(row.growth_7d_rate) },
    ...["hashtag_key", "campaign", "snapshot_date", "precision", "role", "video_count", "creator_count", "growth_rate", "growth_30d_rate", "view_acceleration", "video_gain_per_day"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Leaderboard", note: "Latest count, gain per day, growth in 7 days", span: 4, columns, rows: leaderboard(), sort: leaderboard().some((row) => !isMissing(row.growth_7d_rate)) ? "growth_7d_rate" : "view_count", searched: ["hashtag_name", "hashtag_key", "campaign", "role"], nothing: ["Nothing is watched", "`tiktags watch add` puts a hashtag on the list."] });
}

function signalsCard() {
  const title = "Early signals";
  const note = "Gains far outside a hashtag's usual range, as steady hashtags have on 3 of 1,000 days at most";
  if (!isPublished(PARTS.signals)) return card({ title, span: 7, body: [notPublished(PARTS.signals)] });
  const columns = [
    { key: "hashtag_name", label: "Hashtag", cell: (row) => hashtag(row.hashtag_name), kind: "main-cell" },
    { key: "snapshot_date", label: "Day", format: day, kind: "nowrap" },
    { key: "robust_z_score", label: "z-score", isNumber: true, cell: (row) => [row.is_signal && tag("signal", "own"), ` ${row.robust_z_score.toFixed(1)}`] },
    { key: "view_gain_per_day", label: "Views a day", isNumber: true, format: signedCompact },
    { key: "median_gain_per_day", label: "Usual", isNumber: true, format: signedCompact },
    { key: "new_video_count", label: "New videos", isNumber: true, isFar: true },
    ...["history_count", "new_creator_count", "is_signal", "hashtag_key"].map((key) => ({ key, isHidden: true })),
  ];
  const rows = rowsOf(PARTS.signals).filter((row) => !isMissing(row.robust_z_score));
  return tableCard({ title, note, span: 7, columns, rows, sort: "robust_z_score", searched: ["hashtag_name"], nothing: ["No hashtag can be judged yet", "It takes 14 earlier gains of the same hashtag's exact counts, so fifteen daily runs, before a gain can be called unusual."] });
}
