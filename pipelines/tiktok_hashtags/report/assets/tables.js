// Tables: sorted by their headings, filtered by any word, saved as CSV.

const ROWS_SHOWN = 100;

// A cell for spreadsheets: quoted, and never read as a formula.
function csvCell(value) {
  if (isMissing(value)) return "";
  if (typeof value === "number") return String(value);
  const text = String(value);
  const isFormula = /^[\s\u0000-\u001f\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]/.test(text) || /^[\t\r\n]/.test(text);
  return `"${(isFormula ? `'${text}` : text).replaceAll('"', '""')}"`;
}

function csvOf(columns, rows) {
  const lines = [columns.map((column) => csvCell(column.csv || column.key)), ...rows.map((row) => columns.map((column) => csvCell(row[column.key])))];
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function compared(one, other, isDescending) {
  if (isMissing(one) || isMissing(other)) return isMissing(one) - isMissing(other);
  const order = typeof one === "string" ? one.localeCompare(other) : one - other;
  return isDescending ? -order : order;
}

// A table of rows. A column is {key, label, isNumber, format, cell, isFar (left out on small screens), isHidden (CSV only)}.
class DataTable {
  constructor({ name, columns, rows, sort, isDescending = true, searched = [], nothing = "No rows match." }) {
    Object.assign(this, { name, columns, rows, sort, isDescending, searched, nothing });
    this.shown = columns.filter((column) => !column.isHidden);
    this.wanted = "";
    this.limit = ROWS_SHOWN;
    this.body = element("tbody");
    this.head = element("thead");
    this.more = element("div", { class: "more", role: "status", hidden: true });
    this.box = element(
      "div",
      { class: "table-box", role: "region", tabindex: 0, "aria-label": `${name}, table` },
      element("table", { "aria-label": name }, this.head, this.body),
    );
    this.draw();
  }

  // The filter of the table, and its CSV button.
  tools() {
    const csv = element("button", { class: "button", type: "button", "aria-label": `Save ${this.name} as CSV`, onclick: () => save(`${this.fileName()}.csv`, this.csv()) }, "CSV");
    if (!this.searched.length) return [csv];
    const filter = element("input", {
      class: "field",
      type: "search",
      placeholder: "Filter…",
      "aria-label": `Filter ${this.name}`,
      oninput: () => this.filter(filter.value),
    });
    return [filter, csv];
  }

  fileName() {
    return this.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  }

  csv() {
    return csvOf(this.columns, this.matches());
  }

  filter(text) {
    this.wanted = text.trim().toLowerCase();
    this.limit = ROWS_SHOWN;
    this.draw();
  }

  setRows(rows) {
    this.rows = rows;
    this.limit = ROWS_SHOWN;
    this.draw();
  }

  matches() {
    const found = this.wanted
      ? this.rows.filter((row) => this.searched.some((key) => String(row[key] ?? "").toLowerCase().includes(this.wanted)))
      : [...this.rows];
    if (!this.sort) return found;
    return found.sort((one, other) => compared(one[this.sort], other[this.sort], this.isDescending));
  }

  draw() {
    const found = this.matches();
    this.head.replaceChildren(element("tr", {}, this.shown.map((column) => this.heading(column))));
    const rows = found.slice(0, this.limit).map((row) => element("tr", {}, this.shown.map((column) => this.cell(column, row))));
    const none = element("tr", {}, element("td", { colspan: this.shown.length, class: "quiet" }, this.nothing));
    this.body.replaceChildren(...(rows.length ? rows : [none]));
    this.drawMore(found.length);
  }

  drawMore(count) {
    this.more.hidden = count <= this.limit;
    const all = element("button", { class: "button", type: "button", onclick: () => { this.limit = Infinity; this.draw(); } }, "Show all");
    this.more.replaceChildren(`The first ${this.limit} of ${whole(count)} rows.`, all);
  }

  heading(column) {
    const isSorted = this.sort === column.key;
    const direction = this.isDescending ? "descending" : "ascending";
    const arrow = isSorted ? (this.isDescending ? " ↓" : " ↑") : "";
    const button = element("button", { type: "button", "data-key": column.key, onclick: () => this.sortBy(column) }, column.label, element("span", { "aria-hidden": "true" }, arrow));
    return element("th", { scope: "col", class: this.classOf(column), "aria-sort": isSorted && direction }, this.sort ? button : element("span", {}, column.label));
  }

  sortBy(column) {
    this.isDescending = this.sort === column.key ? !this.isDescending : Boolean(column.isNumber);
    this.sort = column.key;
    this.draw();
    this.head.querySelector(`[data-key="${column.key}"]`).focus();
  }

  cell(column, row) {
    const value = row[column.key];
    const text = column.cell ? column.cell(row) : (column.format || (column.isNumber ? whole : orMissing(String)))(value);
    return element("td", { class: `${this.classOf(column)} ${column.kind || ""}` }, text);
  }

  classOf(column) {
    return `${column.isNumber ? "num" : ""} ${column.isFar ? "far" : ""}`.trim();
  }
}

// A card that is a table with its tools.
function tableCard({ title, note, span, kind = "", nothing, missing, before = [], ...table }) {
  if (missing) return card({ title, note, span, body: [notPublished(missing)] });
  if (!table.rows.length && nothing) return card({ title, note, span, body: [empty(nothing[0], nothing[1])] });
  const made = new DataTable({ name: title, ...table });
  const tools = [...before, ...made.tools()];
  return card({ title, note, span, tools, body: [made.box, made.more], isFlush: true, kind: `long ${kind}` });
}
