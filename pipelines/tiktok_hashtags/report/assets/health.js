// Cost and health: the cost of the data, the missing data with the reasons, freshness, and test results.

const costChoice = { measure: "cost_usd" };
const COST_MEASURES = [["cost_usd", "Dollars"], ["credits", "Credits"], ["request_count", "Requests"]];
const costFormat = () => (costChoice.measure === "cost_usd" ? dollars : whole);

function costPanel() {
  const part = PARTS.costs;
  if (!isPublished(part)) return [notPublished(part)];
  if (!part.days.rows.length) return [element("div", { class: "grid" }, card({ title: "API cost by day", body: [empty("No requests in the last 31 days", "Local dataset files cost nothing and need no request.")] }))];
  return [element("div", { class: "grid" }, costCard(), endpointsCard())];
}

function costCard() {
  const days = rowsOf(PARTS.costs.days);
  const providers = [...new Set(days.map((row) => row.provider))].sort();
  const series = (theme) => providers.map((key, index) => ({ key, colour: theme.series[[0, 1, 2, 3][index % 4]] }));
  const points = () => days.filter((row) => !isMissing(row[costChoice.measure])).map((row) => ({ day: row.snapshot_date, key: row.provider, value: row[costChoice.measure] }));
  const sum = (provider) => {
    const values = days.filter((row) => row.provider === provider).map((row) => row[costChoice.measure]).filter((value) => !isMissing(value));
    return values.length ? values.reduce((total, value) => total + value, 0) : null;
  };
  const tip = (datum) => [longDay(datum.day), days.filter((row) => row.snapshot_date === datum.day).map((row) => [series(colours()).find((each) => each.key === row.provider).colour, row.provider, costFormat()(row[costChoice.measure])])];
  const chart = new Chart({ label: "API cost by day and provider", tip, height: 274, spec: (theme, width) => stackSpec(theme, width, { rows: points(), series: series(theme), height: 240, format: costChoice.measure === "cost_usd" ? "'$' + format(datum.value, '~g')" : COMPACT }) });
  const legend = element("div", { class: "legend" });
  const drawLegend = () => legend.replaceChildren(...series(colours()).map((each) => element("span", { class: "pill" }, swatch(each.colour), `${each.key} ${sum(each.key) === null ? "no public price" : costFormat()(sum(each.key))}`)));
  document.addEventListener("themechange", drawLegend);
  drawLegend();
  const columns = [{ key: "snapshot_date", label: "Day" }, { key: "provider", label: "Provider" }, { key: "cost_usd", label: "Dollars", isNumber: true, format: dollars }, { key: "credits", label: "Credits", isNumber: true }, { key: "request_count", label: "Requests", isNumber: true }, { key: "failed_count", label: "Failed", isNumber: true }, { key: "unknown_count", label: "Answer lost", isNumber: true }];
  const set = (value) => { costChoice.measure = value; drawLegend(); made.refresh(); };
  const made = chartCard({ title: "API cost by day", note: "From the credit ledger; a request whose answer was lost counts as charged", before: [element("div", { class: "controls" }, segments("Cost in", COST_MEASURES, costChoice.measure, set)), legend], chart, tableOf: () => ({ rows: days, columns, sort: "snapshot_date" }) });
  return made;
}

function endpointsCard() {
  const columns = [
    { key: "provider", label: "Provider", kind: "main-cell" },
    { key: "endpoint", label: "Endpoint" },
    { key: "request_count", label: "Requests", isNumber: true },
    { key: "replayed_count", label: "From the journal", isNumber: true, isFar: true },
    { key: "failed_count", label: "Failed", isNumber: true },
    { key: "unknown_count", label: "Answer lost", isNumber: true, isFar: true },
    { key: "credits", label: "Credits", isNumber: true },
    { key: "cost_usd", label: "Dollars", isNumber: true, format: dollars },
    { key: "new_observation_count", label: "Observations", isNumber: true, isFar: true },
    { key: "usd_per_1000_new_observations", label: "$ per 1,000", isNumber: true, format: dollars },
    { key: "bytes", label: "Received", isNumber: true, format: bytes, isFar: true },
  ];
  return tableCard({ title: "Cost by endpoint", note: "The last 31 days; a dash is an unpublished price", columns, rows: rowsOf(PARTS.costs.endpoints), sort: "cost_usd", searched: ["provider", "endpoint"] });
}

function healthPanel() {
  return [element("div", { class: "grid" }, coverageCard(), missingCard(), freshnessCard(), testsCard(), agreementCard())];
}

function coverageCard() {
  const title = "Coverage";
  const part = PARTS.coverage;
  if (!isPublished(part)) return card({ title, span: 5, body: [notPublished(part)] });
  const days = rowsOf(part.days);
  if (!days.length) return card({ title, span: 5, body: [empty("No walks in the last 31 days", "A walk is one hashtag, list, search or dataset, fetched to its end.")] });
  const points = days.flatMap((row) => [{ day: row.snapshot_date, key: "complete", value: row.complete_count }, { day: row.snapshot_date, key: "incomplete", value: row.incomplete_count }]);
  const series = (theme) => [{ key: "complete", colour: theme.good }, { key: "incomplete", colour: theme.bad }];
  const tip = (datum) => {
    const row = days.find((each) => each.snapshot_date === datum.day);
    return [longDay(datum.day), [[colours().good, "complete", whole(row.complete_count)], [colours().bad, "incomplete", whole(row.incomplete_count)]]];
  };
  const chart = new Chart({ label: "Complete and incomplete walks by day", tip, height: 334, spec: (theme, width) => stackSpec(theme, width, { rows: points, series: series(theme), height: 300 }) });
  const columns = [{ key: "snapshot_date", label: "Day" }, { key: "complete_count", label: "Complete", isNumber: true }, { key: "incomplete_count", label: "Incomplete", isNumber: true }];
  return chartCard({ title, note: "Walks by day: requested data, complete or not", span: 5, before: keyLegend(() => series(colours()).map((each) => [each.colour, each.key])), chart, tableOf: () => ({ rows: days, columns, sort: "snapshot_date" }) });
}

function missingCard() {
  const part = PARTS.coverage;
  const columns = [
    { key: "target", label: "Walk", cell: (row) => [words(row.target), element("span", { class: "sub" }, `${row.provider} ${row.endpoint}`)], kind: "main-cell" },
    { key: "is_complete", label: "Whole", cell: (row) => status(row.is_complete ? "pass" : "fail", row.is_complete ? "yes" : "no") },
    { key: "reason", label: "Why it ended", kind: "wide" },
    { key: "items", label: "Items", isNumber: true },
    { key: "last_complete_date", label: "Last whole", format: day, isFar: true },
    ...["provider", "endpoint", "stop_reason", "pages", "credits"].map((key) => ({ key, isHidden: true })),
  ];
  const rows = isPublished(part) ? rowsOf(part.walks) : [];
  return tableCard({ title: "Missing data, with the reasons", note: missingNote(part), span: 7, columns, rows, sort: "is_complete", isDescending: false, searched: ["target", "provider", "endpoint", "reason", "stop_reason"], missing: isPublished(part) ? null : part, nothing: ["No walks on the newest day", "Everything on this page comes from earlier days."] });
}

// The table has only the first walks; the day's counts include all.
function missingNote(part) {
  const newest = isPublished(part) ? rowsOf(part.days).at(-1) : null;
  if (!newest) return "Walks of the newest day";
  const incomplete = newest.incomplete_count;
  const walks = plural(newest.complete_count + incomplete, "walk");
  return incomplete ? `${incomplete} of the ${walks} of the newest day, at the top` : `None: all ${walks} of the newest day are complete`;
}

function freshnessCard() {
  const part = PARTS.freshness;
  const columns = [
    { key: "entity", label: "Data", cell: (row) => [row.entity, element("span", { class: "sub" }, row.provider)], kind: "main-cell" },
    { key: "age_days", label: "Age", cell: (row) => status(row.age_days > 7 ? "fail" : row.age_days > 1 ? "warn" : "pass", isMissing(row.age_days) ? "never" : row.age_days ? plural(row.age_days, "day") : "today") },
    { key: "observed_at", label: "Observed, UTC", format: orMissing((value) => value) },
    { key: "item_count_newest_date", label: "Hashtags or videos", isNumber: true },
    ...["provider", "newest_snapshot_date"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Freshness", note: "Newest observation of each provider's data, up to the day of the build (UTC)", span: 5, columns, rows: isPublished(part) ? rowsOf(part) : [], sort: "age_days", searched: ["entity", "provider"], missing: isPublished(part) ? null : part, nothing: ["Nothing was observed yet", "The first run brings it."] });
}

function testsCard() {
  const title = "dbt tests";
  if (!PARTS.tests) return card({ title, span: 7, body: [empty("No results", "dbt left none, so these numbers are unchecked; `tiktags publish` builds and tests them.")] });
  const { counts } = PARTS.tests;
  const columns = [
    { key: "check", label: "Check", cell: (row) => [row.check, element("span", { class: "sub" }, [row.kind, row.detail].filter(Boolean).join(" · "))], kind: "main-cell" },
    { key: "status", label: "Status", cell: (row) => status(row.status) },
    { key: "failures", label: "Failing rows", isNumber: true },
    { key: "seconds", label: "Seconds", isNumber: true, format: (value) => value.toFixed(2), isFar: true },
    ...["kind", "detail"].map((key) => ({ key, isHidden: true })),
  ];
  const rows = rowsOf(PARTS.tests.results);
  return tableCard({ title, note: `The last build: ${counts.fail} failed, ${counts.warn} warned, ${counts.pass} passed`, span: 7, columns, rows, sort: "status", isDescending: false, searched: ["check", "status", "kind"], nothing: ["dbt ran nothing", "Its last build was empty."] });
}

function agreementCard() {
  const part = PARTS.agreement;
  const columns = [
    { key: "hashtag_key", label: "Hashtag", cell: (row) => hashtag(row.hashtag_key), kind: "main-cell" },
    { key: "measure", label: "Measure", format: (value) => value.replace("_", " ") },
    { key: "provider", label: "Provider" },
    { key: "value", label: "says", isNumber: true },
    { key: "other_provider", label: "Other", isFar: true },
    { key: "other_value", label: "says", isNumber: true, isFar: true },
    { key: "relative_difference", label: "Difference", isNumber: true, cell: (row) => [signedShare(row.relative_difference), row.is_rounded && element("span", { class: "sub" }, "one is rounded")] },
    ...["difference", "is_rounded"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Do the providers agree?", note: "The same hashtag and day from two providers; the largest differences between exact counts come first", columns, rows: isPublished(part) ? rowsOf(part) : [], searched: ["hashtag_key", "measure", "provider", "other_provider"], missing: isPublished(part) ? null : part, nothing: ["No hashtag has two providers on the newest day", "With one provider there is nothing to compare."] });
}
