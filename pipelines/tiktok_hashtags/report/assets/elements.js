// All elements are made here. Text is inserted as text nodes, so the content of a caption stays text.

const PARSED = JSON.parse(document.getElementById("data").textContent);
const PARTS = PARSED.parts;

// Make an element: `element("p", { class: "x", onclick: f }, "text", child)`.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && !isMissing(value)) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => !isMissing(child) && child !== false));
  return made;
}

// Rows as objects, from the page's compact form.
function rowsOf(table) {
  if (!table || !table.rows) return [];
  return table.rows.map((values) => Object.fromEntries(table.columns.map((name, index) => [name, values[index]])));
}

const isPublished = (part) => part && !part.missing;

// Foreign text: isolated, so that a right-to-left override ends with it, and cut to two lines.
const words = (text) => element("bdi", { class: "words", dir: "auto" }, text);
const hashtag = (name) => element("bdi", { class: "words" }, `#${name}`);

function empty(title, why) {
  return element("div", { class: "empty" }, element("strong", {}, title), prose(why));
}

function notPublished(part) {
  const names = part && part.missing ? part.missing.join(", ") : "its tables";
  return empty("Not in this publication", `${names} is missing: \`tiktags publish\` builds it from what is loaded.`);
}

// Our own sentences: text between backticks is code.
const prose = (text) => text.split("`").map((piece, index) => (index % 2 ? element("code", {}, piece) : piece));

// A card: heading, a line under it, tools to the right, a body.
function card({ title, note, tools = [], span = 12, body = [], isFlush = false, kind = "" }) {
  const id = `card-${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  return element(
    "section",
    { class: `card span-${span} ${kind}`, "aria-labelledby": id },
    element(
      "div",
      { class: "card-head" },
      element(
        "div",
        { class: "card-words" },
        element("h2", { id }, title),
        note && element("p", { class: "card-note" }, note),
      ),
      tools.length > 0 && element("div", { class: "card-tools" }, tools),
    ),
    element("div", { class: `card-body ${isFlush ? "card-flush" : ""}` }, body),
  );
}

// A choice of a few: radio buttons that look like a switch, so the arrow keys work as usual.
let segmentsMade = 0;
function segments(label, options, chosen, onChoice) {
  const name = `segments-${(segmentsMade += 1)}`;
  const inputs = options.map(([value, text]) =>
    element(
      "label",
      {},
      element("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onChoice(value) }),
      element("span", {}, text),
    ),
  );
  return element("div", { class: "segments", role: "radiogroup", "aria-label": label }, inputs);
}

function choice(label, options, chosen, onChoice) {
  const made = element(
    "select",
    { class: "field", "aria-label": label, onchange: () => onChoice(made.value) },
    options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
  return made;
}

const STATUS_WORDS = { pass: "pass", warn: "warn", fail: "fail" };
const status = (value, text = STATUS_WORDS[value]) =>
  element("span", { class: "status" }, element("span", { class: `dot dot-${value}` }), text);

const tag = (text, kind = "") => element("span", { class: `tag ${kind && `tag-${kind}`}` }, text);

// A change: green up, red down; the sign says it too, for those who do not see the colours.
function change(value, format = signedShare) {
  if (isMissing(value)) return element("span", { class: "quiet" }, MISSING);
  return element("span", { class: value > 0 ? "up" : value < 0 ? "down" : "quiet" }, format(value));
}

function bar(value, max, label) {
  return element("meter", { min: 0, max: max || 1, value: value || 0, "aria-label": label });
}
