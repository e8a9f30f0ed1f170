// Content: posting times and lengths; the most viewed videos; creators, sounds, hashtags used together.

function contentPanel() {
  return [element("div", { class: "grid" }, heatCard(), lengthCard(), videosCard())];
}

function peoplePanel() {
  return [element("div", { class: "grid" }, creatorsCard(), soundsCard())];
}

const benchmarkRows = () => rowsOf(PARTS.benchmark);
const ALL_HASHTAGS = "all hashtags";
const sliceName = (key) => (key === "" ? ALL_HASHTAGS : `#${key}`);
const benchmarkChoice = { key: "", listeners: [] };

function chooseBenchmark() {
  const keys = [...new Set(benchmarkRows().filter((row) => row.dimension === "all").map((row) => row.hashtag_key))];
  return choice("Hashtag", keys.map((key) => [key, sliceName(key)]), benchmarkChoice.key, (key) => {
    benchmarkChoice.key = key;
    benchmarkChoice.listeners.forEach((listener) => listener());
  });
}

function heatCells() {
  const found = new Map(benchmarkRows().filter((row) => row.hashtag_key === benchmarkChoice.key && row.dimension === "weekday_hour").map((row) => [`${row.weekday} ${row.hour}`, row]));
  return WEEKDAYS.flatMap((_, index) =>
    Array.from({ length: 24 }, (__, hour) => {
      const row = found.get(`${index + 1} ${hour}`);
      return { weekday: index + 1, hour, value: row?.is_reliable ? row.median_view_count_at_7d : null, median: row?.median_view_count_at_7d ?? null, p90: row?.p90_view_count_at_7d ?? null, count: row?.video_count_at_7d ?? 0, isReliable: row?.is_reliable ?? false };
    }),
  );
}

function heatCard() {
  const title = "When videos do well";
  if (!isPublished(PARTS.benchmark)) return card({ title, span: 7, body: [notPublished(PARTS.benchmark)] });
  if (!heatCells().some((cell) => cell.count)) return card({ title, span: 7, body: [empty("No videos of the last 90 days with views at 7 days", "Runs on several days follow a video from its posting on.")] });
  if (!heatCells().some((cell) => cell.isReliable)) return card({ title, span: 7, body: [empty("Too few videos to compare hours", "It takes 10 videos of one hour of one weekday with views at 7 days.")] });
  const tip = (cell) => [`${WEEKDAYS[cell.weekday - 1]} ${String(cell.hour).padStart(2, "0")}:00 UTC`, cell.count ? [[null, "median views at 7 days", compact(cell.median)], [null, "best tenth from", compact(cell.p90)], [null, cell.isReliable ? "videos" : "videos, too few to rely on", whole(cell.count)]] : [[null, "videos", "none"]]];
  const chart = new Chart({ label: "Median views 7 days after posting, by weekday and hour of posting", tip, height: 266, spec: (theme, width) => heatSpec(theme, width, { cells: heatCells() }) });
  const columns = [{ key: "weekday", label: "Weekday", format: (value) => WEEKDAYS[value - 1] }, { key: "hour", label: "Hour, UTC", isNumber: true }, { key: "median", label: "Median views at 7 days", isNumber: true, format: compact }, { key: "p90", label: "Best tenth from", isNumber: true, format: compact }, { key: "count", label: "Videos", isNumber: true }, { key: "isReliable", label: "Reliable", format: (value) => (value ? "yes" : "no") }];
  const made = chartCard({ title, note: "Median views 7 days after posting, by weekday and hour of posting (UTC), videos of the last 90 days; a stronger colour means more views, in fifths; no colour, too few videos", span: 7, tools: [chooseBenchmark()], chart, tableOf: () => ({ rows: heatCells().filter((cell) => cell.count), columns, sort: "median" }) });
  benchmarkChoice.listeners.push(() => made.refresh());
  return made;
}

const DIMENSIONS = [["all", "All videos"], ["duration_band", "Length"], ["media_type", "Kind"]];

function lengthRows() {
  const order = DIMENSIONS.map(([dimension]) => dimension);
  return benchmarkRows()
    .filter((row) => row.hashtag_key === benchmarkChoice.key && order.includes(row.dimension))
    .map((row) => ({ ...row, slice: row.dimension === "all" ? "All videos" : row.duration_band || row.media_type || "unknown", place: order.indexOf(row.dimension) * 100 + ["<15 s", "15-30 s", "30-60 s", "60-180 s", ">180 s"].indexOf(row.duration_band) }))
    .sort((one, other) => one.place - other.place);
}

function lengthCard() {
  const title = "What good looks like";
  if (!isPublished(PARTS.benchmark)) return card({ title, span: 5, body: [notPublished(PARTS.benchmark)] });
  const columns = [
    { key: "slice", label: "Videos", cell: (row) => [row.slice, element("span", { class: "sub" }, plural(row.video_count_at_7d, "video") + (row.is_reliable ? "" : ", too few to rely on"))], kind: "main-cell" },
    { key: "median_view_count_at_7d", label: "Median views", isNumber: true, format: compact },
    { key: "p90_view_count_at_7d", label: "Best tenth from", isNumber: true, format: compact },
    { key: "median_engagement_rate", label: "Engagement", isNumber: true, format: share },
    ...["dimension", "hashtag_key", "video_count", "video_count_at_7d", "is_reliable", "median_view_count_at_1d", "median_view_count_at_30d", "median_days_to_half_views"].map((key) => ({ key, isHidden: true })),
  ];
  const made = new DataTable({ name: title, columns, rows: lengthRows() });
  const half = () => lengthRows().find((row) => row.dimension === "all")?.median_days_to_half_views;
  const note = () => `Views 7 days after posting: half of the videos reach the median, a tenth of them the top decile.${isMissing(half()) ? "" : ` Half of all views come within ${half().toFixed(1)} days.`} Of ${sliceName(benchmarkChoice.key)}.`;
  const box = card({ title, note: note(), span: 5, tools: made.tools(), body: [made.box, made.more], isFlush: true });
  benchmarkChoice.listeners.push(() => { made.setRows(lengthRows()); box.querySelector(".card-note").textContent = note(); });
  return box;
}

// A link to TikTok, built only from a number and a well-formed handle.
function videoUrl(row) {
  const handle = /^[\w.]{1,60}$/.test(row.handle || "") ? row.handle : "_";
  return /^\d{5,25}$/.test(row.video_id) ? `https://www.tiktok.com/@${handle}/video/${row.video_id}` : null;
}

function captionCell(row) {
  const text = words(row.caption || "(no caption)");
  const url = videoUrl(row);
  const caption = url ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;
  const detail = [row.sound, row.duration_seconds ? seconds(row.duration_seconds) : null].filter(Boolean).join(" · ");
  return [caption, element("bdi", { class: "sub", dir: "auto" }, detail)];
}

function person(name, under) {
  const letter = [...(name || "?")][0].toUpperCase();
  const colour = [...(name || "")].reduce((sum, character) => sum + character.codePointAt(0), 0) % 6;
  return element("span", { class: "person" }, element("span", { class: `avatar avatar-${colour}`, "aria-hidden": "true" }, letter), element("span", {}, words(name || MISSING), under && element("bdi", { class: "sub" }, under)));
}

function videosCard() {
  const title = "Top videos";
  if (!isPublished(PARTS.videos)) return card({ title, body: [notPublished(PARTS.videos)] });
  const rows = rowsOf(PARTS.videos.videos);
  const all = isPublished(PARTS.summary) ? PARTS.summary.counts.video_count : rows.length;
  const columns = [
    { key: "caption", label: "Caption", cell: captionCell, kind: "wide" },
    { key: "hashtags", label: "Hashtags", cell: (row) => words(row.hashtags || MISSING), isFar: true },
    { key: "display_name", label: "Creator", cell: (row) => person(row.display_name || row.handle, row.handle && `@${row.handle}`) },
    { key: "posted_at", label: "Posted", format: longDay, isNumber: true, isFar: true },
    { key: "view_count", label: "Views", isNumber: true, format: compact },
    { key: "like_count", label: "Likes", isNumber: true, format: compact },
    { key: "comment_count", label: "Comments", isNumber: true, format: compact, isFar: true },
    { key: "share_count", label: "Shares", isNumber: true, format: compact, isFar: true },
    { key: "engagement_rate", label: "Engagement", isNumber: true, format: share },
    ...["video_id", "handle", "sound", "region", "language", "duration_seconds", "snapshot_date"].map((key) => ({ key, isHidden: true })),
  ];
  const note = `The ${whole(rows.length)} most viewed of ${plural(all, "video")}; engagement is likes, comments and shares per view`;
  return tableCard({ title, note, columns, rows, sort: "view_count", searched: ["caption", "hashtags", "handle", "display_name", "sound", "region", "language"], nothing: ["No videos yet", "Walks of hashtag feeds and datasets collect them."] });
}

function creatorsCard() {
  const rows = isPublished(PARTS.creators) ? rowsOf(PARTS.creators) : [];
  const most = Math.max(0, ...rows.map((row) => row.view_count || 0));
  const columns = [
    { key: "display_name", label: "Creator", cell: (row) => person(row.display_name || row.handle, [row.handle && `@${row.handle}`, row.region, row.is_verified && "verified"].filter(Boolean).join(" · ")) },
    { key: "video_count", label: "Videos", isNumber: true },
    { key: "view_count", label: "Views", isNumber: true, cell: (row) => [compact(row.view_count), " ", bar(row.view_count, most, `${compact(row.view_count)} views`)] },
    { key: "view_gain_7d", label: "7 days", isNumber: true, cell: (row) => change(row.view_gain_7d, signedCompact), isFar: true },
    { key: "engagement_rate", label: "Eng.", isNumber: true, format: share },
    ...["rank", "handle", "region", "is_verified", "like_count", "last_posted_at"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Creators", note: "By views of their collected videos", span: 6, kind: "tall", columns, rows, sort: "view_count", searched: ["display_name", "handle", "region"], missing: isPublished(PARTS.creators) ? null : PARTS.creators, nothing: ["No creators yet", "They come with videos."] });
}

function soundsCard() {
  const rows = isPublished(PARTS.sounds) ? rowsOf(PARTS.sounds) : [];
  const most = Math.max(0, ...rows.map((row) => row.view_count || 0));
  const columns = [
    { key: "title", label: "Sound", cell: (row) => [words(row.title || MISSING), element("bdi", { class: "sub", dir: "auto" }, [row.author_name, row.is_original && "original"].filter(Boolean).join(" · "))], kind: "main-cell" },
    { key: "video_count", label: "Videos", isNumber: true },
    { key: "video_count_7d", label: "New, 7 days", isNumber: true, cell: (row) => [whole(row.video_count_7d), " ", element("span", { class: "sub", title: row.adoption_reason || "" }, change(row.adoption_change, (value) => `${value > 0 ? "+" : ""}${value}`))] },
    { key: "view_count", label: "Views", isNumber: true, cell: (row) => [compact(row.view_count), " ", bar(row.view_count, most, `${compact(row.view_count)} views`)] },
    ...["rank", "sound_id", "author_name", "is_original", "video_count_previous_7d", "adoption_change", "adoption_reason", "creator_count"].map((key) => ({ key, isHidden: true })),
  ];
  return tableCard({ title: "Sounds", note: "Videos posted on the last 7 whole days, against the 7 before", span: 6, kind: "sounds tall", columns, rows, sort: "view_count", searched: ["title", "author_name"], missing: isPublished(PARTS.sounds) ? null : PARTS.sounds, nothing: ["No sounds yet", "They come with videos."] });
}

function togetherCard() {
  const title = "Used together";
  const note = "Lift: the frequency as a multiple of that in other feeds, with its 95% interval; 1 is chance";
  if (!isPublished(PARTS.together)) return card({ title, span: 5, body: [notPublished(PARTS.together)] });
  const rows = rowsOf(PARTS.together);
  if (!rows.length) return card({ title, note, span: 5, body: [empty("No videos with several hashtags yet", "They appear with videos of watched hashtags.")] });
  const keys = [...new Set(rows.filter((row) => row.rank === 1).sort((one, other) => other.video_count - one.video_count).map((row) => row.hashtag_key))];
  const of = (key) => rows.filter((row) => row.hashtag_key === key);
  const columns = [
    { key: "other_hashtag_name", label: "With", cell: (row) => hashtag(row.other_hashtag_name), kind: "main-cell" },
    { key: "video_count", label: "Videos", isNumber: true },
    { key: "share_of_videos", label: "Share", isNumber: true, format: share },
    { key: "lift", label: "Lift", isNumber: true, cell: (row) => [times(row.lift), element("span", { class: "sub" }, isMissing(row.lift) ? row.lift_reason : `${row.lift_low.toFixed(2)} to ${row.lift_high.toFixed(2)}`)] },
    ...["hashtag_key", "rank", "lift_low", "lift_high", "lift_reason", "median_view_count_at_7d"].map((key) => ({ key, isHidden: true })),
  ];
  const made = new DataTable({ name: title, columns, rows: of(keys[0]), sort: "video_count" });
  const select = choice("Watched hashtag", keys.map((key) => [key, `#${key}`]), keys[0], (key) => made.setRows(of(key)));
  return card({ title, note, span: 5, tools: [select, ...made.tools()], body: [made.box, made.more], isFlush: true, kind: "long" });
}
