// Campaigns: the progress of each, its hashtags' shares of voice, own hashtags beside competitors', languages and regions.

const campaignDays = () => rowsOf(PARTS.campaigns.days);

function campaignsPanel() {
  const part = PARTS.campaigns;
  if (!isPublished(part)) return [notPublished(part)];
  const names = [...new Set(campaignDays().map((row) => row.campaign))];
  if (!names.length) return [element("div", { class: "grid" }, card({ title: "Campaigns", body: [empty("No campaigns in the last 31 days", "Give hashtags of the watchlist a campaign, for instance `campaigns = [\"holiday-2026\"]`.")] }))];
  const grid = element("div", { class: "grid" });
  const show = (name) => grid.replaceChildren(...campaignCards(name, select));
  const select = choice("Campaign", names.map((name) => [name, name]), names[0], show);
  show(names[0]);
  const more = part.campaign_count - names.length;
  return more > 0 ? [element("p", { class: "note" }, `The ${names.length} campaigns whose hashtags have the most views; ${more} more are in the marts.`), grid] : [grid];
}

function campaignCards(name, select) {
  const days = campaignDays().filter((row) => row.campaign === name);
  return [factsCard(name, days, select), voiceCard(name), campaignGainCard(name, days), competitorCard(name), cutsCard(name)];
}

function factsCard(name, days, select) {
  const last = days.at(-1);
  const facts = [
    [viewsLabel(last), compact(last.hashtag_view_count)],
    ["Videos in its feeds", whole(last.listed_video_count)],
    ["New videos", whole(last.new_video_count)],
    ["Creators", whole(last.creator_count)],
    ["Views of its videos", compact(last.view_count)],
    ["Engagement", share(last.engagement_rate)],
    [`Top creator${isMissing(last.top_creator_view_share) ? "" : `, ${share(last.top_creator_view_share)} of views`}`, last.top_creator_handle ? element("bdi", {}, `@${last.top_creator_handle}`) : MISSING],
    ["Data cost that day", dollars(last.cost_usd)],
  ];
  const list = element("dl", { class: "facts" }, facts.map(([term, fact]) => element("div", {}, element("dt", {}, term), element("dd", {}, fact))));
  return card({ title: name, note: `${plural(last.hashtag_count, "hashtag")}, on ${longDay(last.snapshot_date)}`, tools: [select], body: [list] });
}

// The label shows if not all hashtags are counted.
function viewsLabel({ hashtag_count: all, counted_hashtag_count: counted }) {
  return `Views of its hashtags${counted < all ? `, ${counted} of ${all} counted` : ""}`;
}

function voiceCard(name) {
  const title = "Share of voice";
  if (!isPublished(PARTS.voice)) return card({ title, span: 6, body: [notPublished(PARTS.voice)] });
  const rows = rowsOf(PARTS.voice).filter((row) => row.campaign === name && row.share_of_voice > 0);
  if (!rows.length) return card({ title, span: 6, body: [empty("No gains to share yet", "Shares are of the views gained per day, so they start with the second day.")] });
  const keys = [...new Set(rows.map((row) => row.hashtag_key))];
  const names = new Map(rows.map((row) => [row.hashtag_key, row.hashtag_name]));
  const series = (theme) => keys.map((key, index) => ({ key, colour: theme.series[index % theme.series.length] }));
  const points = rows.map((row) => ({ day: row.snapshot_date, key: row.hashtag_key, value: row.share_of_voice }));
  const tip = (datum) => [longDay(datum.day), rows.filter((row) => row.snapshot_date === datum.day).map((row) => [series(colours()).find((each) => each.key === row.hashtag_key).colour, `#${row.hashtag_name}`, share(row.share_of_voice)])];
  const chart = new Chart({ label: `Share of voice in ${name} by day`, tip, height: 264, spec: (theme, width) => stackSpec(theme, width, { rows: points, series: series(theme), isShare: true }) });
  const columns = [{ key: "snapshot_date", label: "Day" }, { key: "hashtag_name", label: "Hashtag", cell: (row) => hashtag(row.hashtag_name) }, { key: "role", label: "Role" }, { key: "view_gain_per_day", label: "Views a day", isNumber: true, format: signedCompact }, { key: "share_of_voice", label: "Share of gains", isNumber: true, format: share }, { key: "share_of_voice_views", label: "Share of views", isNumber: true, format: share }];
  const legend = keyLegend(() => series(colours()).map((each) => [each.colour, `#${names.get(each.key)}`]));
  return chartCard({ title, note: "Each hashtag's share of the views that the campaign's hashtags gained per day", span: 6, before: legend, chart, tableOf: () => ({ rows, columns, sort: "snapshot_date" }) });
}

// A legend that updates its colours when the theme changes.
function keyLegend(entries) {
  const box = element("div", { class: "legend" });
  const draw = () => box.replaceChildren(...entries().map(([colour, label]) => element("span", { class: "pill" }, swatch(colour), element("bdi", {}, label))));
  document.addEventListener("themechange", draw);
  draw();
  return box;
}

function campaignGainCard(name, days) {
  const title = "Views gained by its videos";
  const points = days.filter((row) => !isMissing(row.view_gain)).map((row) => ({ day: row.snapshot_date, value: row.view_gain, key: "gain" }));
  const columns = [
    { key: "snapshot_date", label: "Day" },
    { key: "view_gain", label: "Views gained", isNumber: true, format: signedCompact },
    { key: "listed_video_count", label: "Videos", isNumber: true },
    { key: "new_video_count", label: "New", isNumber: true },
    { key: "new_creator_count", label: "New creators", isNumber: true },
    { key: "engagement_rate", label: "Engagement", isNumber: true, format: share },
    { key: "cost_usd", label: "Cost", isNumber: true, format: dollars },
  ];
  if (!points.length) return card({ title, span: 6, body: [empty("No gains yet", "A video's gain is the difference from its previous observation.")] });
  const tip = (datum) => {
    const row = days.find((each) => each.snapshot_date === datum.day);
    return [longDay(datum.day), [[null, "views gained", signedCompact(row.view_gain)], [null, "videos in the feeds", whole(row.listed_video_count)], [null, "new videos", whole(row.new_video_count)]]];
  };
  const chart = new Chart({ label: `Views gained by the videos of ${name} by day`, tip, height: 304, spec: (theme, width) => stackSpec(theme, width, { rows: points, series: [{ key: "gain", colour: theme.series[0] }], height: 262 }) });
  return chartCard({ title, note: "Sum over the videos in its feeds, each against its previous observation", span: 6, chart, tableOf: () => ({ rows: days, columns, sort: "snapshot_date" }) });
}

function competitorCard(name) {
  const rows = isPublished(PARTS.competitors) ? rowsOf(PARTS.competitors).filter((row) => row.campaign === name) : [];
  const columns = [
    { key: "hashtag_name", label: "Hashtag", cell: (row) => [hashtag(row.hashtag_name), " ", tag(row.role, row.role)], kind: "main-cell" },
    { key: "view_count", label: "Views", isNumber: true, format: compact },
    { key: "view_count_vs_own", label: "vs own", isNumber: true, format: times },
    { key: "view_gain_per_day", label: "A day", isNumber: true, format: signedCompact },
    { key: "gain_vs_own", label: "vs own", isNumber: true, format: times },
    { key: "growth_7d_rate", label: "7 days", isNumber: true, cell: (row) => change(row.growth_7d_rate) },
    { key: "engagement_rate", label: "Eng.", isNumber: true, format: share, isFar: true },
    ...["hashtag_key", "role", "listed_video_count", "creator_count", "video_view_count"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Own and competitors", note: "Beside the best of your own hashtags; at most 30", span: 7, columns, rows, sort: "view_count", missing: isPublished(PARTS.competitors) ? null : PARTS.competitors, nothing: ["No comparison", "It needs a hashtag with role = \"own\" in the campaign, and counts of the newest day."] });
}

function cutsCard(name) {
  const rows = rowsOf(PARTS.campaigns.cuts).filter((row) => row.campaign === name).map((row) => ({ ...row, cut: row.language ? `language ${row.language}` : `region ${row.region}` }));
  const columns = [
    { key: "cut", label: "Language or region", cell: (row) => words([row.language, row.region].filter(Boolean).join(" · ")), kind: "main-cell" },
    { key: "listed_video_count", label: "Videos", isNumber: true },
    { key: "creator_count", label: "Creators", isNumber: true },
    { key: "view_count", label: "Views", isNumber: true, format: compact },
    { key: "engagement_rate", label: "Eng.", isNumber: true, format: share },
    ...["language", "region", "view_gain"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Languages and regions", note: "Videos in the campaign's feeds on the newest day; at most 20", span: 5, columns, rows, sort: "view_count", searched: ["language", "region"], nothing: ["No videos with a language or region", "Not every provider tells them."] });
}
