// Numbers and dates as people read them. A missing number is a dash, never 0.

const MISSING = "–";
const compactFormat = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const wholeFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const longDayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const isMissing = (value) => value === null || value === undefined;
const orMissing = (format) => (value) => (isMissing(value) ? MISSING : format(value));

const compact = orMissing((value) => compactFormat.format(value));
const whole = orMissing((value) => wholeFormat.format(value));
const signedCompact = orMissing((value) => (value > 0 ? "+" : "") + compactFormat.format(value));
const share = orMissing((value) => `${(value * 100).toFixed(1)}%`);
const signedShare = orMissing((value) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(1)}%`);
const times = orMissing((value) => `${value.toFixed(value < 10 ? 2 : 0)}×`);
const dollars = orMissing((value) => `$${value.toFixed(value !== 0 && Math.abs(value) < 1 ? 4 : 2)}`);
const bytes = orMissing((value) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
});

const asTime = (date) => Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
const day = orMissing((date) => dayFormat.format(asTime(date)));
const longDay = orMissing((date) => longDayFormat.format(asTime(date)));
const seconds = orMissing((value) => `${Math.round(value)} s`);
const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;

// Dates of a line, some days back from its end.
const daysBefore = (date, days) => new Date(asTime(date) - days * 86_400_000).toISOString().slice(0, 10);
