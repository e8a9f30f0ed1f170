// The page: title, notices, tabs, theme, print. Panels are built when they are first shown.

const PANELS = [
  ["overview", "Overview", "What is growing on your watchlist", overviewPanel],
  ["trends", "Trends", "What is trending", trendsPanel],
  ["content", "Content", "What works, and when", contentPanel],
  ["people", "Creators & sounds", "The creators and sounds of the hashtags", peoplePanel],
  ["campaigns", "Campaigns", "How the campaigns do", campaignsPanel],
  ["cost", "Cost", "What the data cost", costPanel],
  ["health", "Data health", "The reliability of this page", healthPanel],
];
const built = new Set();

function build(id) {
  if (built.has(id)) return;
  built.add(id);
  const make = PANELS.find(([panel]) => panel === id)[3];
  document.getElementById(`panel-${id}`).append(...make());
}

function show(id, { isFocused = false } = {}) {
  build(id);
  for (const [panel, , title] of PANELS) {
    const isShown = panel === id;
    const tabButton = document.getElementById(`tab-${panel}`);
    tabButton.setAttribute("aria-selected", String(isShown));
    tabButton.tabIndex = isShown ? 0 : -1;
    document.getElementById(`panel-${panel}`).hidden = !isShown;
    if (!isShown) continue;
    document.getElementById("title").textContent = title;
    tabButton.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (isFocused) tabButton.focus();
  }
}

function choose(id, options) {
  show(id, options);
  history.replaceState(null, "", `#${id}`);
  scrollTo(0, 0);
}

// Arrow keys move along the tabs, Home and End to the ends, as in the standard pattern for tabs.
function onTabKey(event) {
  const ids = PANELS.map(([id]) => id);
  const place = ids.indexOf(event.currentTarget.dataset.panel);
  const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: ids.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  choose(ids.at(next % ids.length), { isFocused: true });
}

function drawTabs() {
  for (const [id, label, title] of PANELS) {
    const button = element("button", { class: "tab", type: "button", role: "tab", id: `tab-${id}`, "data-panel": id, "aria-controls": `panel-${id}`, onclick: () => choose(id), onkeydown: onTabKey }, label);
    document.getElementById("tabs").append(button);
    document.getElementById("panels").append(element("div", { class: "panel", role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, "data-title": title, hidden: true }));
  }
}

function drawTitle() {
  const { snapshot_date: latest, written_at: written, source } = PARSED.meta;
  const counts = isPublished(PARTS.summary) ? `${plural(PARTS.summary.counts.hashtag_count, "watched hashtag")} · ` : "";
  const until = latest ? `data through ${longDay(latest)}` : "no data yet";
  document.getElementById("lede").append(`${counts}${until} · written ${written} UTC from `, element("code", {}, source));
  document.getElementById("foot-end").textContent = `tiktok-hashtags ${PARSED.meta.version}`;
}

const NOTICE_TAGS = { demo: "Demo data", fail: "Problem", warn: "Warning", info: "Note" };
function drawNotices() {
  const made = PARSED.notices.map((notice) => element("div", { class: `notice notice-${notice.level}`, role: notice.level === "fail" ? "alert" : "note" }, element("span", { class: "notice-tag" }, NOTICE_TAGS[notice.level]), element("span", { dir: "auto" }, prose(notice.text))));
  document.getElementById("notices").append(...made);
}

function drawHealth() {
  const count = (level) => PARSED.notices.filter((notice) => notice.level === level).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const level = failed ? "fail" : warned ? "warn" : "pass";
  const text = failed ? plural(failed, "problem") : warned ? plural(warned, "warning") : "Complete";
  return element("button", { class: "pill", type: "button", onclick: () => choose("health"), "aria-label": `${text}: go to data health` }, element("span", { class: `dot dot-${level}` }), text);
}

// The theme: the system's until one is chosen. If a browser stores nothing for files, the choice lasts as long as the page.
const THEME_KEY = "tiktags-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function storedTheme() {
  try {
    return localStorage.getItem(THEME_KEY);
  } catch {
    return null;
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event("themechange"));
  return redrawAll();
}

function onTheme(button) {
  const theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Private windows and some file:// pages store nothing.
  }
  setTheme(theme);
  nameTheme(button);
}

function nameTheme(button) {
  button.textContent = isDark() ? "☀" : "☾";
  button.setAttribute("aria-label", isDark() ? "Use the light theme" : "Use the dark theme");
}

// Print: all panels, in the light theme, from any tab.
async function onPrint() {
  await toPaper();
  print();
}

async function toPaper() {
  isPrinting = true;
  PANELS.forEach(([id]) => build(id));
  document.documentElement.dataset.theme = "light";
  await drawAll();
}

function fromPaper() {
  if (!isPrinting) return;
  isPrinting = false;
  setTheme(storedTheme() || (system.matches ? "dark" : "light"));
}

function start() {
  document.documentElement.dataset.theme = storedTheme() || (system.matches ? "dark" : "light");
  const theme = element("button", { class: "button icon", type: "button", id: "theme", onclick: () => onTheme(theme) });
  nameTheme(theme);
  document.getElementById("bar-end").append(drawHealth(), theme, element("button", { class: "button far", type: "button", onclick: onPrint }, "Print"));
  document.body.append(tipBox);
  drawTitle();
  drawNotices();
  drawTabs();
  const wanted = location.hash.slice(1);
  show(PANELS.some(([id]) => id === wanted) ? wanted : "overview");
  system.addEventListener("change", () => { if (!storedTheme()) setTheme(system.matches ? "dark" : "light").then(() => nameTheme(theme)); });
  addEventListener("hashchange", () => { const id = location.hash.slice(1); if (PANELS.some(([panel]) => panel === id)) show(id); });
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", fromPaper);
}

start();
