// Trends: the ranks of a list over days, its board today, and searches.

function trendsPanel() {
  const part = PARTS.trends;
  if (!isPublished(part)) return [notPublished(part)];
  const lists = rowsOf(part.lists);
  if (!lists.length) return [element("div", { class: "grid" }, card({ title: "Trend rank", body: [empty("No trend lists in the last 31 days", "A `[[trends]]` entry in the watchlist adds one.")] }), searchCard())];
  const shown = { number: lists[0].list_number };
  const board = boardTable(shown);
  const chart = bumpChart(shown, lists);
  const choose = (value) => {
    shown.number = Number(value);
    board.setRows(boardRows(shown.number));
    ranks.refresh();
  };
  const select = choice("Trend list", lists.map((list) => [String(list.list_number), listName(list)]), String(shown.number), choose);
  const ranks = chartCard({ title: "Trend rank", note: trendNote(lists, part), span: 7, tools: [select], chart, tableOf: () => ({ rows: rankRows(shown.number), columns: [{ key: "day", label: "Day" }, { key: "hashtag_name", label: "Hashtag", cell: (row) => hashtag(row.hashtag_name) }, { key: "rank", label: "Rank", isNumber: true }], sort: "day" }) });
  const boardCard = card({ title: "The list now", note: "Each hashtag's rank, its previous rank, and its all-time views", span: 5, tools: board.tools(), body: [board.box, board.more], isFlush: true, kind: "long" });
  return [element("div", { class: "grid" }, ranks, boardCard, searchCard())];
}

function listName(list) {
  const source = list.trend_source === "creative_center" ? "Creative Center" : "Popular";
  const industry = list.industry_id ? list.industry_name || `industry ${list.industry_id}` : null;
  return [list.country_name || list.country_code, source, `${list.period_days} d`, industry, list.is_new_on_board && "new on board"].filter(Boolean).join(" · ");
}

function trendNote(lists, part) {
  const all = lists[0].list_count;
  const left = all > lists.length ? ` ${lists.length} of ${all} lists.` : "";
  return `The first ${part.charted_ranks} over up to 31 days; a gap means that a hashtag was not among them.${left}`;
}

const boardRows = (number) => rowsOf(PARTS.trends.board).filter((row) => row.list_number === number);

// Every day of the list for each of its leaders, null if it was not on the list.
function bumpLines(number, theme) {
  const rows = rowsOf(PARTS.trends.ranks).filter((row) => row.list_number === number);
  const days = [...new Set(rows.map((row) => row.snapshot_date))].sort();
  const names = new Map(boardRows(number).map((row) => [row.hashtag_key, row.hashtag_name]));
  const ranks = new Map(rows.map((row) => [`${row.snapshot_date} ${row.hashtag_key}`, row.rank]));
  const most = PARTS.trends.charted_ranks;
  const within = (rank) => (rank && rank <= most ? rank : null);
  const leaders = boardRows(number).filter((row) => row.rank && row.rank <= most);
  const lines = leaders.map((row, index) => ({
    key: row.hashtag_key, name: names.get(row.hashtag_key), isColoured: index < 6, colour: index < 6 ? theme.series[index] : theme.quiet,
    points: days.map((date) => ({ day: date, rank: within(ranks.get(`${date} ${row.hashtag_key}`)) })),
  }));
  return { lines: lines.reverse(), days, ranks: Math.max(1, ...leaders.map((row) => row.rank)) };
}

function rankRows(number) {
  const names = new Map(boardRows(number).map((row) => [row.hashtag_key, row.hashtag_name]));
  return rowsOf(PARTS.trends.ranks).filter((row) => row.list_number === number).map((row) => ({ day: row.snapshot_date, hashtag_name: names.get(row.hashtag_key) ?? row.hashtag_key, rank: row.rank }));
}

function bumpChart(shown, lists) {
  const tip = (datum) => {
    const row = boardRows(shown.number).find((each) => each.hashtag_key === datum.key);
    if (!row) return null;
    return [`#${row.hashtag_name}`, [[null, "rank now", String(row.rank)], [null, "rank before", row.previous_rank ? String(row.previous_rank) : MISSING], [null, "days on the list", whole(row.days_on_list)], [null, "views of all time", compact(row.real_view_count)]]];
  };
  const label = `Ranks by day of the first ${PARTS.trends.charted_ranks} of ${lists.length === 1 ? listName(lists[0]) : "the chosen trend list"}`;
  return new Chart({ label, tip, height: 370, spec: (theme, width) => { const bump = bumpLines(shown.number, theme); return bump.days.length ? bumpSpec(theme, width, bump) : null; } });
}

const MOVES = { entered: "new", left: "left" };
function moveCell(row) {
  if (MOVES[row.status]) return tag(MOVES[row.status], row.status === "entered" ? "own" : "competitor");
  return change(row.rank_move, (value) => (value > 0 ? `▲ ${value}` : value < 0 ? `▼ ${-value}` : "–"));
}

function boardTable(shown) {
  const columns = [
    { key: "rank", label: "Rank", isNumber: true },
    { key: "rank_move", label: "Move", cell: moveCell, kind: "nowrap" },
    { key: "hashtag_name", label: "Hashtag", cell: (row) => hashtag(row.hashtag_name), kind: "main-cell" },
    { key: "publish_count", label: "Posts", isNumber: true, format: compact, isFar: true },
    { key: "real_view_count", label: "Views, all time", isNumber: true, format: compact },
    { key: "days_on_list", label: "Days", isNumber: true, isFar: true },
    ...["hashtag_key", "previous_rank", "status", "first_listed_date", "list_view_count", "view_gain_per_day"].map((key) => ({ key, isHidden: true })),
  ];
  return new DataTable({ name: "The list now", columns, rows: boardRows(shown.number), sort: "rank", isDescending: false, searched: ["hashtag_name", "status"] });
}

function searchCard() {
  const columns = [
    { key: "keyword", label: "Search", cell: (row) => words(row.keyword), kind: "main-cell" },
    { key: "rank", label: "Rank", isNumber: true },
    { key: "rank_move", label: "Move", cell: moveCell, kind: "nowrap" },
    { key: "hashtag_name", label: "Hashtag", cell: (row) => hashtag(row.hashtag_name) },
    { key: "real_view_count", label: "Views, all time", isNumber: true, format: compact },
    { key: "view_gain_per_day", label: "Views a day", isNumber: true, format: signedCompact, isFar: true },
    { key: "snapshot_date", label: "Day", format: day, isFar: true },
  ];
  return tableCard({ title: "Search results", note: "The hashtags that a keyword finds, in TikTok's order", missing: isPublished(PARTS.searches) ? null : PARTS.searches, columns, rows: isPublished(PARTS.searches) ? rowsOf(PARTS.searches) : [], searched: ["keyword", "hashtag_name"], nothing: ["No searches in the last 31 days", "A `[[searches]]` entry in the watchlist asks for one."] });
}
