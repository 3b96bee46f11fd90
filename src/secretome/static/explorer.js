/* The evidence explorer: filter, sort, search, picture, link and download, all in the browser.
 *
 * One plain ES module, so that the same file serves as the front end of the widget in a
 * notebook (`render`) and as the script of a built static page (`mount`).  Data reach the
 * page through createElement, textContent and setAttribute only; nothing is ever parsed as
 * HTML.  Styles that depend on data go through the CSSOM, which a strict content security
 * policy allows.
 */

const SVG = "http://www.w3.org/2000/svg";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE = 0;
const CODE = 1;
const EMPTY = 2;
const FEWEST_ROWS = 4;
const FIRST_ROWS = 20;
const PRINT_ROWS = 100; // a choice is for paper; a whole table of hundreds of rows is for a file
const CLAMP_CELL = 220;
const CLAMP_DETAIL = 1200;
const SHAPES = ["circle", "square", "triangle", "diamond"];
const STATE_TAG = "evidenceExplorers";

// --------------------------------------------------------------------------- small helpers

function h(tag, attrs, ...children) {
  const el = document.createElement(tag);
  return furnish(el, attrs, children);
}

function s(tag, attrs, ...children) {
  const el = document.createElementNS(SVG, tag);
  return furnish(el, attrs, children);
}

function furnish(el, attrs, children) {
  for (const [key, value] of Object.entries(attrs || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") {
      for (const [event, handler] of Object.entries(value)) el.addEventListener(event, handler);
    } else el.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) el.append(child);
  return el;
}

/** Run after the browser has painted what was changed until now; soon, if it paints nothing. */
function afterPaint(work) {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    work();
  };
  const idle = globalThis.requestIdleCallback || ((f) => setTimeout(f, 0));
  requestAnimationFrame(() => idle(once, { timeout: 100 }));
  setTimeout(once, 120); // a page in the background has no frames
}

const hidden = (text) => h("span", { class: "ee-vh" }, text);
const formatCount = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const plural = (n, one, many) => `${formatCount(n)} ${n === 1 ? one : many || one + "s"}`;

/** Text as it is compared and searched: no case, no accents, compatibility forms unified. */
export function fold(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is meant
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}

/** Search words: all must occur somewhere in the row; "double quotes" keep words together. */
export function parseQuery(query) {
  const terms = [];
  for (const match of query.matchAll(/"([^"]*)"?|(\S+)/g)) {
    const term = fold((match[1] ?? match[2]).trim());
    if (term && !terms.includes(term)) terms.push(term);
  }
  return terms;
}

const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function asNumber(value) {
  if (typeof value === "number") return value;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  return PLAIN_NUMBER.test(value) ? Number(value) : NaN;
}

// Characters that change how neighbouring text is drawn, or that cannot be seen at all.
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: showing them is the purpose
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/g;
const NOT_PLAIN = /[^\x20-\x7e\u00a0-\u024f\u0370-\u03ff\u2010-\u2027\u2030-\u205e\u2070-\u209f\u2190-\u22ff]/;

/** Append text with invisible and direction-changing characters made visible. */
function appendText(el, text) {
  if (!NOT_PLAIN.test(text)) {
    el.append(text);
    return;
  }
  const box = h("bdi", {});
  let last = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > last) box.append(text.slice(last, match.index));
    const name = "U+" + match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    box.append(h("span", { class: "ee-unseen", title: "invisible character" }, name));
    last = match.index + match[0].length;
  }
  box.append(text.slice(last));
  el.append(box);
}

/** Same, for attributes and SVG text, where no element can be put. */
export function visibleText(text) {
  return text.replace(
    UNSEEN,
    (c) => "⟨U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩",
  );
}

function shorten(text, limit) {
  const points = Array.from(text);
  return points.length > limit ? points.slice(0, limit - 1).join("").trimEnd() + "…" : text;
}

// ---------------------------------------------------------------------------------- links

/** The address a cell may link to, or null; only http and https ever come back. */
export function safeLink(kind, text) {
  const value = text.trim();
  let address = null;
  if (kind === "doi") {
    const doi = value.replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:\s*)/i, "");
    if (/^10\.\d{4,9}\/\S+$/.test(doi)) {
      address = "https://doi.org/" + doi.split("/").map(encodeURIComponent).join("/");
    }
  } else if (kind === "pubmed") {
    if (/^\d{1,8}$/.test(value)) address = `https://pubmed.ncbi.nlm.nih.gov/${value}/`;
  } else if (kind === "registry") {
    if (/^NCT\d{8}$/i.test(value)) {
      address = `https://clinicaltrials.gov/study/${value.toUpperCase()}`;
    }
  } else if (kind === "url") {
    if (/^https?:\/\//i.test(value) && !/[\s\\]/.test(value) && visibleText(value) === value) {
      address = value;
    }
  } else if (kind && kind.includes("{}")) {
    address = kind.replace("{}", encodeURIComponent(value));
  }
  if (!address) return null;
  try {
    const url = new URL(address);
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    if (url.username || url.password) return null; // https://doi.org@elsewhere.example
    return url.href;
  } catch {
    return null;
  }
}

// ------------------------------------------------------------------------------ downloads

/** A cell that a spreadsheet will show and not compute. */
export function neutralise(text) {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !PLAIN_NUMBER.test(text) ? "'" + text : text;
}

/** RFC 4180 text with a byte-order mark, without which spreadsheets misread UTF-8. */
export function toCsv(header, rows) {
  const cell = (value) => {
    const text = neutralise(value === null || value === undefined ? "" : String(value));
    return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return "\ufeff" + [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

// A list of one author would pass for complete in a reference manager.
const FIRST_ONLY = "First author only: complete the authors at the source before you cite";

const oneLine = (text) => text.replace(UNSEEN, "").replace(/\s+/g, " ").trim();

const TEX = {
  "\\": "{\\textbackslash}",
  "{": "{\\textbraceleft}",
  "}": "{\\textbraceright}",
  "~": "{\\textasciitilde}",
  "^": "{\\textasciicircum}",
};
const tex = (text) => oneLine(text).replace(/[\\{}~^]|[#$%&_]/g, (c) => TEX[c] || "\\" + c);
const texAddress = (text) => oneLine(text).replace(/[{}\\\s]/g, encodeURIComponent);

/** BibTeX of a list of {key, author, authors, title, year, journal, doi, pmid, url}. */
export function toBibtex(references) {
  const used = new Set();
  return references
    .map((ref) => {
      const stem = fold(ref.key || "ref").replace(/[^a-z0-9:_-]+/g, "-").replace(/^-+|-+$/g, "");
      let key = stem || "ref";
      for (let i = 2; used.has(key); i++) key = `${stem || "ref"}-${i}`;
      used.add(key);
      const fields = [];
      if (ref.authors) fields.push(["author", tex(ref.authors)]);
      else if (ref.author) fields.push(["author", `{${tex(ref.author)}} and others`]);
      if (ref.title) fields.push(["title", `{${tex(ref.title)}}`]);
      if (ref.journal) fields.push(["journal", tex(ref.journal)]);
      if (ref.year) fields.push(["year", tex(ref.year)]);
      if (ref.doi) fields.push(["doi", texAddress(ref.doi)]);
      if (ref.pmid) fields.push(["pmid", texAddress(ref.pmid)]);
      if (ref.url) fields.push(["url", texAddress(ref.url)]);
      if (ref.author && !ref.authors) fields.push(["note", FIRST_ONLY]);
      const body = fields.map(([name, value]) => `  ${name} = {${value}}`).join(",\n");
      return `@${ref.journal ? "article" : "misc"}{${key},\n${body}\n}\n`;
    })
    .join("\n");
}

/** RIS of the same list. */
export function toRis(references) {
  return references
    .map((ref) => {
      const lines = [["TY", ref.journal ? "JOUR" : "GEN"]];
      if (ref.key) lines.push(["ID", ref.key]);
      for (const name of ref.authors ? ref.authors.split(/\s+and\s+|;/) : [ref.author || ""]) {
        if (name.trim()) lines.push(["AU", name]);
      }
      if (ref.title) lines.push(["TI", ref.title]);
      if (ref.journal) lines.push(["JO", ref.journal]);
      if (ref.year) lines.push(["PY", ref.year]);
      if (ref.doi) lines.push(["DO", ref.doi]);
      if (ref.pmid) lines.push(["AN", ref.pmid]);
      if (ref.url) lines.push(["UR", ref.url]);
      if (ref.author && !ref.authors) lines.push(["N1", FIRST_ONLY]);
      lines.push(["ER", ""]);
      return lines.map(([tag, value]) => `${tag}  - ${oneLine(value)}`).join("\r\n") + "\r\n";
    })
    .join("\r\n");
}

function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name, class: "ee-vh" });
  document.body.append(link);
  link.click();
  link.remove();
  // The click only starts the download; the address has to outlive it.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// -------------------------------------------------------------------- state in the address

const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const encode = (text) =>
  encodeURIComponent(text).replace(/%(7C|2C|3A|2F|3B|40)/g, (c) => decodeURIComponent(c));

/** Values in one parameter: joined by |, with | and \ escaped by \; \e is the empty value. */
export const joinValues = (values) =>
  values.map((v) => (v === "" ? "\\e" : v.replace(/[\\|]/g, "\\$&"))).join("|");

export function splitValues(text) {
  const values = [];
  let value = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\\" && text[i + 1] === "e") i++;
    else if (c === "\\" && i + 1 < text.length) value += text[++i];
    else if (c === "|") {
      values.push(value);
      value = "";
    } else value += c;
  }
  values.push(value);
  return values;
}

/** `#explorer=a&q=x&explorer=b&sort=-year` -> Map { a => [[q, x]], b => [[sort, -year]] } */
export function readHash(hash) {
  const groups = new Map();
  let group = null;
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at < 0) continue;
    const key = decode(part.slice(0, at));
    const value = decode(part.slice(at + 1));
    if (key === "explorer") {
      group = [];
      groups.set(value, group);
    } else if (group) group.push([key, value]);
  }
  return groups;
}

export function writeHash(groups) {
  const parts = [];
  for (const [name, pairs] of groups) {
    if (!pairs.length) continue;
    parts.push(`explorer=${encode(name)}`);
    for (const [key, value] of pairs) parts.push(`${encode(key)}=${encode(value)}`);
  }
  return parts.join("&");
}

/* One keeper of the address for all explorers of a page.  Each history entry carries the
 * state of every explorer in history.state, so that going back restores all of them even
 * where the visible hash is an ordinary anchor; a link that names one explorer leaves the
 * others as they are. */
const address = {
  views: new Map(),
  listening: null,
  waiting: null,
  push: false,

  join(view, wanted) {
    let name = wanted;
    for (let i = 2; this.views.has(name); i++) name = `${wanted}-${i}`;
    this.views.set(name, view);
    if (!this.listening) {
      this.listening = (event) => this.travelled(event);
      window.addEventListener("popstate", this.listening);
    }
    return name;
  },

  leave(name) {
    this.flush();
    this.views.delete(name);
    if (!this.views.size && this.listening) {
      window.removeEventListener("popstate", this.listening);
      this.listening = null;
    }
  },

  tagged() {
    const tag = history.state && history.state[STATE_TAG];
    return typeof tag === "string" ? tag : null;
  },

  /** Parameters for a view that is being built, and whether the visible hash named it. */
  opening(name) {
    const inHash = readHash(location.hash).get(name);
    if (inHash) return { pairs: inHash, named: true };
    return { pairs: readHash(this.tagged() || "").get(name) || [], named: false };
  },

  text() {
    // Explorers that are not drawn yet keep what the address says of them.
    const groups = readHash(location.hash);
    for (const [name, pairs] of readHash(this.tagged() || "")) {
      if (!groups.has(name)) groups.set(name, pairs);
    }
    for (const [name, view] of this.views) groups.set(name, view.toPairs());
    return writeHash(groups);
  },

  put(method, text, url) {
    try {
      history[method]({ ...(history.state || {}), [STATE_TAG]: text }, "", url);
    } catch {
      // Some embeddings forbid it; the explorer works without an address.
    }
  },

  /** Note a change.  Browsers lay the page out to save its scroll position with an entry,
   * so that the entry is written once the reader has seen the answer. */
  write(push) {
    if (this.waiting && push) this.flush();
    this.push = push || (this.waiting ? this.push : false);
    if (!this.waiting) this.waiting = setTimeout(() => this.flush(), 40);
  },

  flush() {
    if (!this.waiting) return;
    clearTimeout(this.waiting);
    this.waiting = null;
    const { push } = this;
    const text = this.text();
    const isOurs = readHash(location.hash).size > 0;
    const hash = text ? "#" + text : isOurs ? "" : location.hash;
    if (text === this.tagged() && hash === location.hash) return;
    const url = location.pathname + location.search + hash;
    this.put(push ? "pushState" : "replaceState", text, url);
  },

  tag() {
    if (this.tagged() === null) this.put("replaceState", this.text(), location.href);
  },

  travelled(event) {
    // The reader has left the entry that a late change was meant for.
    clearTimeout(this.waiting);
    this.waiting = null;
    const tag = event.state && event.state[STATE_TAG];
    if (typeof tag === "string") {
      const groups = readHash(tag);
      for (const [name, view] of this.views) view.fromPairs(groups.get(name) || [], false);
      return;
    }
    const groups = readHash(location.hash);
    for (const [name, view] of this.views) {
      if (groups.has(name)) view.fromPairs(groups.get(name), true);
    }
    this.put("replaceState", this.text(), location.href);
  },
};

// ------------------------------------------------------------------------------- the data

/** Undo the guard that keeps `<` out of the script element with the page's state. */
export const unguard = (value) =>
  typeof value === "string" && value.includes("\x1a")
    ? value.replace(/\x1a([01])/g, (_, which) => (which === "0" ? "<" : "\x1a"))
    : value;

/** Columns as level lists and level numbers; text, search forms and ranks made on demand. */
export class Table {
  constructor(schema, cells, size, codes) {
    this.size = size;
    this.codes = new Map(codes);
    this.columns = schema.map((entry, index) => {
      const [name, label, description, unit, kind, link] = entry.map(unguard);
      const [form, guarded, packed, width] = cells[index];
      const values = guarded.map(unguard);
      const column = { index, name, label, description, unit, kind, link, levels: values };
      column.at = form === "d" ? unpack(packed, width, size) : identity(size);
      column.text = values.map((value) => (value === null ? "" : String(value)));
      column.type = Uint8Array.from(column.text, (text) =>
        text === "" ? EMPTY : this.codes.has(text) ? CODE : VALUE,
      );
      column.folded = null;
      column.order = null;
      return column;
    });
    this.masks = new Map();
  }

  textOf(column, row) {
    return column.text[column.at[row]];
  }

  typeOf(column, row) {
    return column.type[column.at[row]];
  }

  folded(column) {
    if (!column.folded) column.folded = column.text.map(fold);
    return column.folded;
  }

  /** Rows in which a folded term occurs. */
  mask(term) {
    let mask = this.masks.get(term);
    if (mask) return mask;
    mask = new Uint8Array(this.size);
    for (const column of this.columns) {
      const hits = Uint8Array.from(this.folded(column), (text) => (text.includes(term) ? 1 : 0));
      const at = column.at;
      for (let row = 0; row < this.size; row++) mask[row] |= hits[at[row]];
    }
    if (this.masks.size > 40) this.masks.delete(this.masks.keys().next().value);
    this.masks.set(term, mask);
    return mask;
  }

  /** All rows in order of a column; ties keep the table's order, missing stay last. */
  sorted(column, descending) {
    if (!column.order) column.order = this.rank(column);
    const { rank, count } = column.order;
    // Buckets 0..count-1 hold values, then missing codes, then empty cells.
    const starts = new Uint32Array(count + 3);
    const bucket = (row) => {
      const r = rank[column.at[row]];
      return r < count && descending ? count - 1 - r : r;
    };
    for (let row = 0; row < this.size; row++) starts[bucket(row) + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const out = new Uint32Array(this.size);
    for (let row = 0; row < this.size; row++) out[starts[bucket(row)]++] = row;
    return out;
  }

  rank(column) {
    const folded = this.folded(column);
    const numbers = Float64Array.from(column.levels, (value) =>
      value === null ? NaN : asNumber(value),
    );
    const numeric = (level) => column.kind !== "text" || typeof column.levels[level] === "number";
    const values = [];
    column.type.forEach((type, level) => type === VALUE && values.push(level));
    const isNumber = (level) => numeric(level) && !Number.isNaN(numbers[level]);
    const compare = (a, b) => {
      const an = isNumber(a);
      const bn = isNumber(b);
      if (an && bn) return numbers[a] < numbers[b] ? -1 : numbers[a] > numbers[b] ? 1 : 0;
      if (an !== bn) return an ? -1 : 1;
      return folded[a] < folded[b] ? -1 : folded[a] > folded[b] ? 1 : 0;
    };
    values.sort(compare);
    const rank = new Uint32Array(column.levels.length);
    let count = 0;
    values.forEach((level, i) => {
      if (i === 0 || compare(values[i - 1], level) !== 0) count++;
      rank[level] = count - 1;
    });
    column.type.forEach((type, level) => {
      if (type !== VALUE) rank[level] = count + (type === CODE ? 0 : 1);
    });
    return { rank, count };
  }
}

function identity(size) {
  const at = new Uint32Array(size);
  for (let i = 0; i < size; i++) at[i] = i;
  return at;
}

/** Level numbers come as fixed-width base-64 digits: a tenth of a list of numbers. */
export function unpack(packed, width, size) {
  const digit = new Uint8Array(128);
  for (let i = 0; i < 64; i++) digit[ALPHABET.charCodeAt(i)] = i;
  const at = new Uint32Array(size);
  for (let i = 0, p = 0; i < size; i++) {
    let value = 0;
    for (let w = 0; w < width; w++) value = value * 64 + digit[packed.charCodeAt(p++)];
    at[i] = value;
  }
  return at;
}

/** The distinct values of a column for facets and pictures, in the order of its levels. */
function groupsOf(column) {
  const values = [];
  const byText = new Map();
  const group = new Uint32Array(column.levels.length);
  column.text.forEach((text, level) => {
    let index = byText.get(text);
    if (index === undefined) {
      index = values.length;
      byText.set(text, index);
      values.push({ text, type: column.type[level], total: 0 });
    }
    group[level] = index;
  });
  const of = Uint32Array.from(column.at, (level) => group[level]);
  for (const g of of) values[g].total++;
  // An empty category is a finding (a gap) where the table declares it, but an empty
  // "empty" tells nothing.
  return { column, values, of, byText };
}

// ---------------------------------------------------------------------------- the explorer

let serial = 0;

export class Explorer {
  constructor(el, model, options = {}) {
    this.el = el;
    this.model = model;
    this.settings = model.get("settings");
    this.usesAddress = Boolean(options.address);
    this.id = `ee${++serial}`;
    this.table = new Table(
      model.get("schema"),
      model.get("cells"),
      this.settings.size,
      this.settings.codes,
    );
    const { columns } = this.table;
    this.column = (index) => (index === null || index < 0 ? null : columns[index]);
    this.key = this.column(this.settings.key);
    this.checked = this.column(this.settings.checked);
    const { size } = this.table;
    this.isChecked = Uint8Array.from({ length: size }, (_, row) =>
      !this.checked || this.table.typeOf(this.checked, row) === VALUE ? 1 : 0,
    );
    this.facets = this.settings.facets.map((index) => groupsOf(columns[index]));
    this.facetOf = new Map(this.facets.map((facet, i) => [facet.column.index, i]));
    this.columnOrder = [
      ...this.settings.columns,
      ...columns.map((c) => c.index).filter((i) => !this.settings.columns.includes(i)),
    ].filter((i) => i !== this.settings.key);
    this.tokens = null;
    this.slots = []; // drawn rows, reused: new text in old cells spares style and layout
    this.detailsOf = new Map();
    this.selected = new Set(model.get("selected") || []);
    this.restrict = null;
    this.printing = false;
    this.canvasWidth = 800; // until the element is on the page
    this.cleanups = [];
    this.state = this.defaults();
    this.views = this.availableViews();
    this.state.view = this.views.length ? this.views[0][0] : "none";
    this.name = this.usesAddress ? address.join(this, this.settings.name) : this.settings.name;

    const rows = model.get("filtered");
    if (Array.isArray(rows)) this.restrict = new Set(rows);
    this.initialRestrict = this.restrict;
    this.build();
    if (this.usesAddress) {
      const { pairs, named } = address.opening(this.name);
      if (pairs.length) this.fromPairs(pairs, named);
      else {
        this.commit(null);
        if (named) this.el.scrollIntoView({ block: "start" });
      }
      address.tag();
    } else this.commit(null);
    this.listen();
  }

  defaults() {
    return {
      query: "",
      chosen: this.facets.map(() => new Set()),
      sort: null,
      page: 0,
      open: new Set(),
      view: this.views && this.views.length ? this.views[0][0] : "none",
      columns: new Set(this.settings.columns.filter((i) => i !== this.settings.key)),
    };
  }

  availableViews() {
    const views = [];
    if (this.settings.map) views.push(["map", "Map"]);
    if (this.settings.year !== null) views.push(["time", "Over time"]);
    if (this.settings.direction !== null) views.push(["direction", "Direction of effect"]);
    if (views.length) views.push(["none", "No picture"]);
    return views;
  }

  listen() {
    const on = (target, event, handler) => {
      target.addEventListener(event, handler);
      this.cleanups.push(() => target.removeEventListener(event, handler));
    };
    const onModel = (event, handler) => {
      this.model.on(event, handler);
      this.cleanups.push(() => this.model.off(event, handler));
    };
    onModel("change:filtered", () => {
      if (this.sending) return;
      const rows = this.model.get("filtered");
      const kept = this.state;
      this.state = { ...this.defaults(), sort: kept.sort, view: kept.view, columns: kept.columns };
      this.restrict = Array.isArray(rows) ? new Set(rows) : null;
      this.commit("push");
    });
    onModel("change:selected", () => {
      if (this.sending) return;
      this.selected = new Set(this.model.get("selected") || []);
      this.paintSelection();
    });
    on(window, "beforeprint", () => {
      this.printing = true;
      this.paintPicture();
      this.paintTable();
    });
    on(window, "afterprint", () => {
      this.printing = false;
      this.paintTable();
    });
    on(document, "click", (event) => {
      for (const menu of this.menus) {
        if (menu.open && !menu.contains(event.target)) menu.open = false;
      }
    });
    on(this.root, "keydown", (event) => {
      if (event.key !== "Escape") return;
      const menu = this.menus.find((m) => m.open && m.contains(event.target));
      if (!menu) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    if (typeof ResizeObserver === "function") {
      const observer = new ResizeObserver(() => this.resized());
      observer.observe(this.root);
      this.cleanups.push(() => observer.disconnect());
    }
  }

  destroy() {
    for (const cleanup of this.cleanups) cleanup();
    clearTimeout(this.typing);
    clearTimeout(this.marking);
    this.late = false;
    clearTimeout(this.filling);
    if (this.usesAddress) address.leave(this.name);
    this.clearMarks();
    this.root.remove();
  }

  // ---- what is shown

  compute() {
    const { table, state, facets } = this;
    const n = table.size;
    const base = new Uint8Array(n).fill(1);
    for (const term of parseQuery(state.query)) {
      const mask = table.mask(term);
      for (let row = 0; row < n; row++) base[row] &= mask[row];
    }
    if (this.restrict) {
      for (let row = 0; row < n; row++) if (!this.restrict.has(row)) base[row] = 0;
    }

    // One bit a facet that leaves the row out.  A row counts for a facet if no other facet
    // leaves it out, so that the counts say what a further click would show.
    const fails = new Int32Array(n);
    state.chosen.forEach((chosen, i) => {
      if (!chosen.size) return;
      const { of, values } = facets[i];
      const allowed = Uint8Array.from(values, (_, g) => (chosen.has(g) ? 1 : 0));
      for (let row = 0; row < n; row++) if (!allowed[of[row]]) fails[row] |= 1 << i;
    });
    const counts = facets.map((facet) => new Uint32Array(facet.values.length));
    const passing = new Uint8Array(n);
    for (let row = 0; row < n; row++) if (base[row] && fails[row] === 0) passing[row] = 1;
    facets.forEach(({ of }, i) => {
      const count = counts[i];
      const others = ~(1 << i);
      for (let row = 0; row < n; row++) if (base[row] && (fails[row] & others) === 0) count[of[row]]++;
    });
    this.base = base;
    this.fails = fails;
    this.counts = counts;
    const filtered = [];
    for (let row = 0; row < n; row++) if (passing[row]) filtered.push(row);
    this.filtered = filtered;
    this.passing = passing;
    this.order();
  }

  order() {
    const { sort } = this.state;
    if (!sort) this.rows = this.filtered;
    else {
      const key = `${sort.column}${sort.descending}`;
      if (this.sortedBy !== key) {
        this.sortedBy = key;
        this.permutation = this.table.sorted(this.column(sort.column), sort.descending);
      }
      const rows = [];
      for (const row of this.permutation) if (this.passing[row]) rows.push(row);
      this.rows = rows;
    }
    const pages = this.pages();
    if (this.state.page >= pages) this.state.page = pages - 1;
  }

  pages() {
    return Math.max(1, Math.ceil(this.rows.length / this.settings.page_size));
  }

  /** Recompute, redraw, tell the model and the address. how: "push", "replace" or null. */
  commit(how) {
    this.compute();
    this.paint(how === null);
    this.send();
    if (how && this.usesAddress) address.write(how === "push");
    this.el.dispatchEvent(
      new CustomEvent("explorer:change", {
        bubbles: true,
        detail: { name: this.name, rows: this.rows, filtered: this.filtered },
      }),
    );
  }

  send() {
    const all = this.filtered.length === this.table.size;
    const now = this.model.get("filtered");
    const same =
      now === null || now === undefined
        ? all
        : !all && now.length === this.filtered.length && now.every((r, i) => r === this.filtered[i]);
    if (same) return;
    this.write("filtered", all ? null : this.filtered);
  }

  write(trait, value) {
    this.sending = true;
    try {
      this.model.set(trait, value);
      this.model.save_changes();
    } finally {
      this.sending = false;
    }
  }

  /** Change the state by a discrete act of the reader. */
  act(change) {
    change(this.state);
    this.state.page = 0;
    this.commit("push");
  }

  clearAll() {
    this.restrict = null;
    this.act((state) => {
      state.query = "";
      state.chosen.forEach((chosen) => chosen.clear());
    });
    this.search.value = "";
    this.search.focus();
  }

  // ---- state to and from the address

  rowTokens() {
    if (this.tokens) return this.tokens;
    const byToken = new Map();
    const ofRow = new Array(this.table.size);
    const seen = new Map();
    for (let row = 0; row < this.table.size; row++) {
      const text = this.keyText(row);
      const times = (seen.get(text) || 0) + 1;
      seen.set(text, times);
      let token = times === 1 ? text : `${text}~${times}`;
      while (byToken.has(token)) token += "~";
      byToken.set(token, row);
      ofRow[row] = token;
    }
    this.tokens = { byToken, ofRow };
    return this.tokens;
  }

  keyText(row) {
    return this.key ? this.table.textOf(this.key, row) : String(row + 1);
  }

  toPairs() {
    const { state, facets } = this;
    const pairs = [];
    if (this.initialRestrict && !this.restrict) pairs.push(["rows", "all"]);
    if (state.query) pairs.push(["q", state.query]);
    state.chosen.forEach((chosen, i) => {
      if (!chosen.size) return;
      const values = [...chosen].sort((a, b) => a - b).map((g) => facets[i].values[g].text);
      pairs.push([`f.${facets[i].column.name}`, joinValues(values)]);
    });
    if (state.sort) {
      const name = this.column(state.sort.column).name;
      pairs.push(["sort", (state.sort.descending ? "-" : "") + name]);
    }
    const usual = this.defaults();
    if (state.view !== usual.view) pairs.push(["view", state.view]);
    const shown = this.columnOrder.filter((i) => state.columns.has(i));
    const normal = this.columnOrder.filter((i) => usual.columns.has(i));
    if (shown.join() !== normal.join()) {
      pairs.push(["cols", joinValues(shown.map((i) => this.column(i).name))]);
    }
    if (state.page) pairs.push(["page", String(state.page + 1)]);
    if (state.open.size) {
      const { ofRow } = this.rowTokens();
      pairs.push(["row", joinValues([...state.open].map((row) => ofRow[row]))]);
    }
    return pairs;
  }

  fromPairs(pairs, arrive) {
    const byName = new Map(this.table.columns.map((column) => [column.name, column]));
    const state = this.defaults();
    const unknown = [];
    let target = null;
    let pageGiven = false;
    for (const [key, value] of pairs) {
      if (key === "q") state.query = value;
      else if (key.startsWith("f.")) {
        const column = byName.get(key.slice(2));
        const i = column ? this.facetOf.get(column.index) : undefined;
        if (i === undefined) {
          unknown.push(key.slice(2));
          continue;
        }
        for (const text of splitValues(value)) {
          const group = this.facets[i].byText.get(text);
          if (group === undefined) unknown.push(text);
          else state.chosen[i].add(group);
        }
      } else if (key === "sort") {
        // A column may itself be called "-x".
        const descending = value.startsWith("-") && !byName.has(value);
        const column = byName.get(descending ? value.slice(1) : value);
        if (column) state.sort = { column: column.index, descending };
        else unknown.push(value);
      } else if (key === "view") {
        if (this.views.some(([name]) => name === value)) state.view = value;
      } else if (key === "cols") {
        const wanted = splitValues(value).map((name) => byName.get(name));
        state.columns = new Set(wanted.filter(Boolean).map((column) => column.index));
      } else if (key === "page") {
        const page = Number(value);
        if (Number.isInteger(page) && page > 0) {
          state.page = page - 1;
          pageGiven = true;
        }
      } else if (key === "row") {
        for (const token of splitValues(value)) {
          const row = this.rowTokens().byToken.get(token);
          if (row === undefined) unknown.push(token);
          else {
            state.open.add(row);
            target = row;
          }
        }
      }
    }
    const sameColumns = [...state.columns].join() === [...this.state.columns].join();
    this.state = state;
    this.restrict = pairs.some(([key]) => key === "rows") ? null : this.initialRestrict;
    if (!sameColumns) this.columnsChanged();
    this.search.value = state.query;
    this.compute();
    if (target !== null && !pageGiven) {
      const at = this.rows.indexOf(target);
      if (at >= 0) state.page = Math.floor(at / this.settings.page_size);
    }
    this.commit(null);
    this.notice.textContent = unknown.length
      ? `This link also names what this table does not have: ${unknown
          .map((text) => visibleText(shorten(text, 60)))
          .join(", ")}.`
      : "";
    if (target !== null && !this.passing[target]) {
      this.notice.textContent =
        `Row ${visibleText(this.rowTokens().ofRow[target])} is not among the rows shown, ` +
        "because the filters of this link leave it out.";
    }
    this.notice.hidden = !this.notice.textContent;
    if (arrive) this.arrive(target);
  }

  arrive(target) {
    this.fill();
    const button = target === null ? null : this.scroller.querySelector(`[data-row="${target}"]`);
    (button ? button.closest("tr") : this.el).scrollIntoView({ block: "start" });
    if (button) {
      button.focus({ preventScroll: true });
      // The sticky header would cover the row.
      this.scroller.scrollTop -= this.head.offsetHeight + 4;
    }
  }

  linkToView(pairs) {
    const groups = new Map([[this.name, pairs]]);
    return `${location.href.split("#")[0]}#${writeHash(groups) || `explorer=${encode(this.name)}`}`;
  }

  // ---- building the page, once

  build() {
    const id = this.id;
    const { settings } = this;
    this.root = h("section", { class: "ee", "aria-labelledby": `${id}-title` });
    this.menus = [];
    this.search = h("input", {
      type: "search",
      class: "ee-search",
      id: `${id}-search`,
      placeholder: "Search all columns",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "500",
      on: { input: () => this.typed() },
    });
    this.status = h("p", { class: "ee-status", role: "status", "aria-live": "polite" });
    this.notice = h("p", { class: "ee-notice", role: "status", hidden: true });
    this.chips = h("div", { class: "ee-chips", role: "group", "aria-label": "Filters in use" });
    const title = h("p", { class: "ee-title", id: `${id}-title` });
    appendText(title, unguard(settings.title));
    this.root.append(
      h(
        "div",
        { class: "ee-bar" },
        title,
        h(
          "div",
          { class: "ee-find" },
          h("label", { for: `${id}-search`, class: "ee-vh" }, "Search all columns"),
          this.search,
        ),
        h("div", { class: "ee-tools" }, this.buildColumnMenu(), this.buildDownloadMenu()),
      ),
    );
    this.figure = this.views.length ? this.buildPicture() : null;
    const side = this.facets.length ? this.buildFacets() : null;
    const main = h(
      "div",
      { class: "ee-main" },
      h("div", { class: "ee-summary" }, this.status, this.buildSortMenu()),
      this.notice,
      this.chips,
      this.buildTable(),
      this.buildPager(),
      this.buildLegend(),
    );
    if (this.figure) this.root.append(this.figure);
    this.root.append(h("div", { class: side ? "ee-body ee-has-side" : "ee-body" }, side, main));
    this.el.append(this.root);
    this.resized(true);
  }

  buildFacets() {
    this.facetBoxes = this.facets.map((facet, i) => this.buildFacet(facet, i));
    const panel = h(
      "details",
      { class: "ee-side" },
      h("summary", { class: "ee-side-title" }, "Filters", (this.sideNote = h("span", {}))),
      h("div", { class: "ee-facets" }, ...this.facetBoxes.map((box) => box.details)),
    );
    this.side = panel;
    return panel;
  }

  buildFacet(facet, i) {
    const limit = 10;
    const note = h("span", { class: "ee-facet-note" });
    const boxes = facet.values.map((value, g) => {
      const input = h("input", {
        type: "checkbox",
        on: {
          change: () =>
            this.act((state) => {
              if (input.checked) state.chosen[i].add(g);
              else state.chosen[i].delete(g);
            }),
        },
      });
      const text = h("span", { class: "ee-facet-text" });
      this.fillLevel(text, value.text, value.type);
      const count = h("span", { class: "ee-count" });
      const label = h("label", { class: "ee-facet-value" }, input, text, count);
      return { input, count, label };
    });
    const list = h("div", { class: "ee-facet-list" }, ...boxes.map((box) => box.label));
    const fieldset = h(
      "fieldset",
      {},
      h("legend", { class: "ee-vh" }, visibleText(facet.column.label)),
      list,
    );
    if (boxes.length > limit + 2) {
      list.classList.add("ee-cut");
      boxes.forEach((box, g) => box.label.classList.toggle("ee-beyond", g >= limit));
      const more = h("button", { type: "button", class: "ee-more", "aria-expanded": "false" });
      const say = (cut) => {
        more.textContent = cut ? `Show all ${formatCount(boxes.length)}` : "Show fewer";
        more.setAttribute("aria-expanded", String(!cut));
      };
      more.addEventListener("click", () => say(list.classList.toggle("ee-cut")));
      say(true);
      fieldset.append(more);
    }
    const label = h("span", { class: "ee-facet-name" });
    appendText(label, facet.column.label);
    const details = h(
      "details",
      { class: "ee-facet" },
      h("summary", { title: visibleText(facet.column.description || "") || null }, label, note),
      fieldset,
    );
    details.open = i < 4;
    return { details, boxes, note };
  }

  buildColumnMenu() {
    this.columnBoxes = this.columnOrder.map((index) => {
      const input = h("input", {
        type: "checkbox",
        on: {
          change: () => {
            if (input.checked) this.state.columns.add(index);
            else this.state.columns.delete(index);
            this.columnsChanged();
            this.paintTable();
            if (this.usesAddress) address.write(true);
          },
        },
      });
      const text = h("span", {});
      appendText(text, this.column(index).label);
      return { index, input, label: h("label", { class: "ee-facet-value" }, input, text) };
    });
    const menu = h(
      "details",
      { class: "ee-menu" },
      h("summary", { class: "ee-button" }, "Columns"),
      h(
        "fieldset",
        { class: "ee-pop" },
        h("legend", { class: "ee-vh" }, "Columns shown"),
        ...this.columnBoxes.map((box) => box.label),
      ),
    );
    this.menus.push(menu);
    return menu;
  }

  buildDownloadMenu() {
    const item = (text, action) =>
      h("button", { type: "button", class: "ee-item", on: { click: action } }, text);
    this.downloadNote = h("p", { class: "ee-pop-note" });
    const hasReferences = this.settings.reference.some(([role]) => role === "title");
    this.said = h("p", { class: "ee-pop-note", role: "status" });
    const stem = this.settings.name;
    const menu = h(
      "details",
      { class: "ee-menu ee-menu-end" },
      h("summary", { class: "ee-button" }, this.usesAddress ? "Download, share" : "Download"),
      h(
        "div",
        { class: "ee-pop" },
        this.downloadNote,
        item("Rows as CSV", () => download(`${stem}.csv`, "text/csv;charset=utf-8", this.csv())),
        hasReferences
          ? item("References as BibTeX", () =>
              download(`${stem}.bib`, "text/x-bibtex;charset=utf-8", toBibtex(this.references())),
            )
          : null,
        hasReferences
          ? item("References as RIS", () =>
              download(
                `${stem}.ris`,
                "application/x-research-info-systems;charset=utf-8",
                toRis(this.references()),
              ),
            )
          : null,
        this.usesAddress
          ? item("Copy link to this view", () => this.copy(this.linkToView(this.toPairs()), this.said))
          : null,
        this.said,
      ),
    );
    menu.addEventListener("toggle", () => {
      this.said.textContent = "";
    });
    this.menus.push(menu);
    return menu;
  }

  async copy(text, said) {
    said.replaceChildren();
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Link copied.";
    } catch {
      // Plain http pages have no clipboard: give the reader the text to copy.
      const field = h("input", { type: "text", readonly: true, "aria-label": "Link to this view" });
      field.value = text;
      said.append("Copy this link: ", field);
      field.focus();
      field.select();
    }
  }

  buildSortMenu() {
    const id = `${this.id}-sort`;
    this.sortSelect = h(
      "select",
      {
        id,
        on: {
          change: () => {
            const [column, direction] = this.sortSelect.value.split(",");
            this.act((state) => {
              state.sort = column ? { column: Number(column), descending: direction === "d" } : null;
            });
          },
        },
      },
      h("option", { value: "" }, "as in the table"),
    );
    for (const column of this.table.columns) {
      const label = visibleText(shorten(column.label, 40));
      this.sortSelect.append(
        h("option", { value: `${column.index},a` }, `${label}, ascending`),
        h("option", { value: `${column.index},d` }, `${label}, descending`),
      );
    }
    return h("div", { class: "ee-sortmenu" }, h("label", { for: id }, "Sort "), this.sortSelect);
  }

  buildTable() {
    const caption = h("caption", { class: "ee-vh" });
    appendText(caption, unguard(this.settings.title));
    this.cols = h("colgroup", {});
    this.head = h("thead", { role: "rowgroup" });
    this.body = h("tbody", { role: "rowgroup" });
    this.grid = h("table", { class: "ee-table", role: "table" }, caption, this.cols, this.head, this.body);
    this.nothing = h("div", { class: "ee-nothing", hidden: true });
    this.scroller = h(
      "div",
      { class: "ee-scroll", role: "region", tabindex: "0", "aria-label": `Table of rows: ${unguard(this.settings.title)}` },
      this.grid,
    );
    this.scroller.addEventListener("scroll", () => { this.scrolled = true; }, { passive: true });
    this.paintHead();
    return h("div", {}, this.scroller, this.nothing);
  }

  buildPager() {
    const step = (text, by) =>
      h(
        "button",
        {
          type: "button",
          class: "ee-button",
          on: {
            click: (event) => {
              if (event.currentTarget.getAttribute("aria-disabled") === "true") return;
              this.turn(this.state.page + by);
            },
          },
        },
        text,
      );
    this.previous = step("Previous", -1);
    this.next = step("Next", 1);
    this.pageText = h("span", { class: "ee-page" });
    this.pager = h(
      "nav",
      { class: "ee-pager", "aria-label": `Pages of the table: ${unguard(this.settings.title)}` },
      this.previous,
      this.pageText,
      this.next,
    );
    return this.pager;
  }

  buildLegend() {
    const used = new Map();
    let empty = false;
    for (const column of this.table.columns) {
      const present = new Set(column.at);
      column.type.forEach((type, level) => {
        if (!present.has(level)) return;
        if (type === CODE) used.set(column.text[level], this.table.codes.get(column.text[level]));
        else if (type === EMPTY) empty = true;
      });
    }
    const list = h("dl", { class: "ee-legend", "aria-label": "Signs used in the table" });
    const add = (term, text) =>
      list.append(h("div", {}, h("dt", {}, term), h("dd", {}, text)));
    if (this.checked) {
      add(this.mark(true), "read and checked a second time");
      add(this.mark(false), "not yet checked");
    }
    for (const [code, meaning] of this.table.codes) if (used.has(code)) add(code, meaning);
    if (empty) add("—", "empty in the table");
    return list.childNodes.length ? list : null;
  }

  mark(isChecked) {
    return h("span", { class: isChecked ? "ee-mark" : "ee-mark ee-hollow", "aria-hidden": "true" });
  }

  // ---- repainting

  paint(isFirst) {
    this.rowsInView = isFirst ? FIRST_ROWS : this.countInView();
    this.paintStatus();
    this.paintChips();
    this.paintTable();
    this.paintPressed();
    this.late = true;
    if (isFirst) this.paintLate();
    else afterPaint(() => this.paintLate());
  }

  /** Counts and picture: they answer right after the rows, in the next frame. */
  paintLate() {
    if (!this.late) return;
    this.late = false;
    this.paintFacets();
    this.paintPicture();
  }

  /** How many rows the reader can see; asked while the page is laid out, before any change. */
  countInView() {
    const first = this.slots[0]?.tr;
    if (!first?.isConnected) return FIRST_ROWS;
    const box = this.scroller.getBoundingClientRect();
    const height = first.offsetHeight;
    this.height = box.height;
    const seen = Math.min(box.bottom, window.innerHeight) - Math.max(box.top, 0);
    // rows may be lower than the first of them
    return Math.min(FIRST_ROWS, Math.max(FEWEST_ROWS, Math.ceil((1.5 * seen) / (height || 1))));
  }

  paintStatus() {
    const { size } = this.table;
    const shown = this.filtered.length;
    let text = shown === size ? plural(size, "row") : `${formatCount(shown)} of ${plural(size, "row")}`;
    if (this.selected.size) text += `, ${formatCount(this.selected.size)} selected`;
    if (this.status.textContent !== text) this.status.textContent = text;
    const rows = this.downloadRows();
    this.downloadNote.textContent = this.selected.size
      ? `The ${plural(rows.length, "selected row")}, all columns.`
      : `The ${plural(rows.length, "row")} shown, all columns.`;
  }

  paintFacets() {
    if (!this.facets.length) return;
    this.facetBoxes.forEach(({ boxes, note }, i) => {
      const chosen = this.state.chosen[i];
      boxes.forEach(({ input, count, label }, g) => {
        const n = this.counts[i][g];
        if (count.number !== n) {
          count.number = n;
          count.textContent = formatCount(n);
          label.classList.toggle("ee-none", n === 0);
        }
        if (input.checked !== chosen.has(g)) input.checked = chosen.has(g);
      });
      note.textContent = chosen.size ? `${chosen.size} chosen` : "";
    });
    const used = this.state.chosen.filter((chosen) => chosen.size).length;
    this.sideNote.textContent = used ? ` (${used} in use)` : "";
  }

  paintChips() {
    const chips = [];
    const add = (label, text, remove) => {
      const name = h("span", {});
      appendText(name, shorten(text, 80));
      chips.push(
        h(
          "button",
          {
            type: "button",
            class: "ee-chip",
            on: {
              click: () => {
                remove();
                (this.chips.querySelector("button") || this.search).focus();
              },
            },
          },
          hidden("Remove filter "),
          label ? `${visibleText(label)}: ` : null,
          name,
          h("span", { class: "ee-x", "aria-hidden": "true" }, "×"),
        ),
      );
    };
    if (this.restrict) {
      add("", `${plural(this.restrict.size, "row")} chosen in code`, () => {
        this.restrict = null;
        this.act(() => {});
      });
    }
    if (this.state.query) {
      add("Search", this.state.query, () => {
        this.search.value = "";
        this.act((state) => {
          state.query = "";
        });
      });
    }
    this.state.chosen.forEach((chosen, i) => {
      for (const g of chosen) {
        const value = this.facets[i].values[g];
        add(this.facets[i].column.label, value.type === EMPTY ? "empty" : value.text, () =>
          this.act((state) => state.chosen[i].delete(g)),
        );
      }
    });
    if (chips.length > 1) {
      chips.push(
        h(
          "button",
          { type: "button", class: "ee-chip ee-clear", on: { click: () => this.clearAll() } },
          "Clear all",
        ),
      );
    }
    if (chips.length || this.chips.childNodes.length) this.chips.replaceChildren(...chips);
    this.chips.hidden = !chips.length;
  }

  columnsChanged() {
    this.slots = [];
    this.body.replaceChildren();
    this.paintHead();
  }

  visibleColumns() {
    return this.columnOrder.filter((i) => this.state.columns.has(i)).map((i) => this.column(i));
  }

  /** A width that suits what a column holds, so that paging and filtering move nothing. */
  widthOf(column) {
    if (column.width) return column.width;
    let total = 0;
    let longest = 0;
    const step = Math.max(1, Math.floor(column.text.length / 200));
    let seen = 0;
    for (let i = 0; i < column.text.length; i += step) {
      const length = Math.min(column.text[i].length, 300);
      total += length;
      longest = Math.max(longest, length);
      seen++;
    }
    const typical = seen ? total / seen : 4;
    const header =
      Math.max(
        ...`${column.label} ${column.unit || ""}`.split(/\s+/).map((word) => word.length),
      ) + 3;
    const characters =
      column.kind === "number"
        ? Math.max(longest, header)
        : Math.max(header, Math.min(longest, typical <= 24 ? 18 : typical <= 60 ? 26 : 38));
    column.width = Math.round(Math.min(Math.max(characters, 6), 40) * 7.4 + 22);
    return column.width;
  }

  paintHead() {
    const columns = this.visibleColumns();
    const sortable = (column, attrs) => {
      const label = h("span", {});
      appendText(label, column.label);
      const button = h(
        "button",
        {
          type: "button",
          class: "ee-sort",
          title: visibleText(column.description || "") || null,
          on: { click: () => this.sortBy(column.index) },
        },
        label,
        h("span", { class: "ee-arrow", "aria-hidden": "true" }),
        column.unit ? h("span", { class: "ee-unit" }, visibleText(column.unit)) : null,
      );
      return h(
        "th",
        { scope: "col", role: "columnheader", "data-column": column.index, ...attrs },
        button,
      );
    };
    this.all = h("input", {
      type: "checkbox",
      "aria-label": "Select all rows that the filters leave",
      on: {
        change: () => {
          this.selected = this.all.checked ? new Set(this.filtered) : new Set();
          this.selectionChanged();
        },
      },
    });
    const corner = this.key
      ? sortable(this.key, { class: "ee-key" })
      : h("th", { scope: "col", role: "columnheader", class: "ee-key" }, "Row");
    const row = h(
      "tr",
      { role: "row" },
      h(
        "th",
        { scope: "col", role: "columnheader", class: "ee-sel" },
        h("label", { class: "ee-tick" }, this.all),
      ),
      corner,
      ...columns.map((c) => sortable(c, { class: c.kind === "number" ? "ee-num" : null })),
    );
    this.head.replaceChildren(row);
    const widths = [40, this.key ? Math.max(this.widthOf(this.key) + 30, 110) : 90];
    for (const column of columns) widths.push(this.widthOf(column));
    this.widths = widths;
    this.cols.replaceChildren(...widths.map(() => h("col", {})));
    this.fitColumns();
    this.columnCount = widths.length;
    for (const { index, input } of this.columnBoxes) input.checked = this.state.columns.has(index);
  }

  /** Share spare room among the columns, all but that of the boxes to tick. */
  fitColumns() {
    const [fixed, ...others] = this.widths;
    const needed = others.reduce((a, b) => a + b, 0);
    const grow = Math.max(1, ((this.scroller ? this.scroller.clientWidth : 0) - fixed) / needed);
    [...this.cols.children].forEach((col, i) => {
      col.style.width = `${i ? Math.floor(others[i - 1] * grow) : fixed}px`;
    });
    this.grid.style.minWidth = `${fixed + needed}px`;
  }

  paintSort() {
    const { sort } = this.state;
    for (const th of this.head.querySelectorAll("[data-column]")) {
      const on = sort && Number(th.dataset.column) === sort.column;
      const value = on ? (sort.descending ? "descending" : "ascending") : "none";
      if (th.getAttribute("aria-sort") !== value) th.setAttribute("aria-sort", value);
    }
    this.sortSelect.value = sort ? `${sort.column},${sort.descending ? "d" : "a"}` : "";
  }

  sortBy(column) {
    const { sort } = this.state;
    let next = { column, descending: false };
    if (sort && sort.column === column) next = sort.descending ? null : { column, descending: true };
    this.state.sort = next;
    this.state.page = 0;
    this.rowsInView = this.countInView();
    this.order();
    this.paintTable();
    if (this.usesAddress) address.write(true);
    this.el.dispatchEvent(
      new CustomEvent("explorer:change", {
        bubbles: true,
        detail: { name: this.name, rows: this.rows, filtered: this.filtered },
      }),
    );
  }

  turn(page) {
    this.state.page = Math.max(0, Math.min(page, this.pages() - 1));
    this.rowsInView = this.countInView();
    this.paintTable();
    if (this.usesAddress) address.write(true);
  }

  paintTable() {
    this.paintSort();
    const size = this.settings.page_size;
    const start = this.printing ? 0 : this.state.page * size;
    const end = Math.min(start + (this.printing ? Math.max(PRINT_ROWS, size) : size), this.rows.length);
    if (this.scrolled) {
      this.scroller.scrollTop = 0;
      this.scrolled = false;
    }
    // What can be in view is drawn at once, the rest of the page of rows after the next paint.
    const cut = this.printing ? end : Math.min(end, start + this.rowsInView);
    for (const details of this.body.querySelectorAll(".ee-details")) details.remove();
    this.drawRows(start, cut, start);
    // To lay out and paint rows out of view, with what they showed before, would be most of a
    // step.  They come back with their own; until then the place they take is held.
    const isHere = this.body.contains(document.activeElement);
    for (const slot of this.slots.slice((isHere ? end : cut) - start)) slot.tr.remove();
    if (!this.printing && this.slots.length > 2 * size) this.slots.length = size;
    clearTimeout(this.filling);
    this.unfilled = cut < end ? [cut, end, start] : null;
    this.scroller.style.minHeight = this.unfilled && this.height ? `${this.height}px` : "";
    if (this.unfilled) this.filling = setTimeout(() => this.fill(), 30);
    this.paintAll();
    const total = this.rows.length;
    this.pageText.textContent = total
      ? `Rows ${formatCount(start + 1)} to ${formatCount(end)} of ${formatCount(total)}`
      : "";
    this.pager.hidden = total <= size;
    this.previous.setAttribute("aria-disabled", String(this.state.page === 0));
    this.next.setAttribute("aria-disabled", String(this.state.page >= this.pages() - 1));
    this.grid.hidden = total === 0 && this.table.size > 0;
    this.paintNothing();
    this.markSoon();
  }

  fill() {
    if (!this.unfilled) return;
    clearTimeout(this.filling);
    this.drawRows(...this.unfilled);
    this.unfilled = null;
    this.scroller.style.minHeight = "";
  }

  drawRows(from, to, start) {
    for (let i = from; i < to; i++) {
      const at = i - start;
      if (!this.slots[at]) this.slots[at] = this.buildSlot();
      const slot = this.slots[at];
      this.assign(slot, this.rows[i]);
      if (!slot.tr.parentNode) this.body.append(slot.tr);
      if (this.state.open.has(slot.row)) slot.tr.after(this.details(slot.row));
    }
  }

  paintNothing() {
    this.nothing.hidden = this.rows.length > 0;
    this.scroller.hidden = this.rows.length === 0 && this.table.size > 0;
    if (this.rows.length) return;
    if (!this.table.size) this.nothing.replaceChildren(h("p", {}, "This table has no rows."));
    else {
      this.nothing.replaceChildren(
        h("p", {}, "No row matches these filters."),
        h(
          "button",
          { type: "button", class: "ee-button", on: { click: () => this.clearAll() } },
          "Clear all filters",
        ),
      );
    }
  }

  paintAll() {
    let some = 0;
    if (this.selected.size) for (const row of this.filtered) if (this.selected.has(row)) some++;
    this.all.checked = some > 0 && some === this.filtered.length;
    this.all.indeterminate = some > 0 && some < this.filtered.length;
  }

  paintSelection() {
    for (const slot of this.slots) slot.tick.checked = this.selected.has(slot.row);
    this.paintAll();
    this.paintStatus();
  }

  selectionChanged() {
    this.paintSelection();
    this.write("selected", [...this.selected].sort((a, b) => a - b));
  }

  buildSlot() {
    const slot = { row: -1, levels: [], key: null };
    slot.tick = h("input", {
      type: "checkbox",
      on: {
        change: () => {
          if (slot.tick.checked) this.selected.add(slot.row);
          else this.selected.delete(slot.row);
          this.selectionChanged();
        },
      },
    });
    slot.text = h("span", { class: "ee-keytext" });
    slot.more = hidden("");
    slot.mark = this.checked ? this.mark(true) : null;
    slot.open = h(
      "button",
      {
        type: "button",
        class: "ee-open",
        "aria-expanded": "false",
        on: { click: () => this.toggle(slot) },
      },
      slot.mark,
      slot.text,
      slot.more,
    );
    slot.columns = this.visibleColumns();
    slot.cells = slot.columns.map((column) =>
      h("td", {
        role: "cell",
        class: column.kind === "number" ? "ee-num" : null,
        "data-label": visibleText(column.label),
      }),
    );
    slot.tr = h(
      "tr",
      { role: "row" },
      h("td", { role: "cell", class: "ee-sel" }, h("label", { class: "ee-tick" }, slot.tick)),
      h("th", { scope: "row", role: "rowheader", class: "ee-key" }, slot.open),
      ...slot.cells,
    );
    return slot;
  }

  /** Show a row in a slot, touching only the cells whose value differs. */
  assign(slot, row) {
    const { table } = this;
    const isSelected = this.selected.has(row);
    if (slot.tick.checked !== isSelected) slot.tick.checked = isSelected;
    const isOpen = this.state.open.has(row);
    if (slot.isOpen !== isOpen) this.showOpen(slot, isOpen);
    if (slot.row === row) return;
    slot.row = row;
    const key = this.keyText(row);
    const name = visibleText(shorten(key || `row ${row + 1}`, 80));
    slot.tick.setAttribute("aria-label", `Select ${name}`);
    slot.open.setAttribute("data-row", row);
    if (key !== slot.key) {
      slot.key = key;
      slot.text.replaceChildren();
      const type = this.key ? table.typeOf(this.key, row) : VALUE;
      this.fillLevel(slot.text, shorten(key, 120), type);
    }
    const isChecked = this.isChecked[row] === 1;
    if (slot.isChecked !== isChecked) {
      slot.isChecked = isChecked;
      if (slot.mark) slot.mark.classList.toggle("ee-hollow", !isChecked);
      slot.more.textContent = isChecked ? ", details" : ", not yet checked, details";
    }
    slot.columns.forEach((column, i) => {
      const level = column.at[row];
      if (slot.levels[i] === level) return;
      slot.levels[i] = level;
      const cell = slot.cells[i];
      const text = column.text[level];
      if (column.type[level] === VALUE && !column.link && text.length < 100 && !NOT_PLAIN.test(text)) {
        const only = cell.firstChild;
        if (only && only === cell.lastChild && only.nodeType === Node.TEXT_NODE) only.data = text;
        else cell.textContent = text;
        return;
      }
      cell.replaceChildren();
      this.fillCell(cell, column, row, CLAMP_CELL);
    });
  }

  showOpen(slot, isOpen) {
    slot.isOpen = isOpen;
    slot.open.setAttribute("aria-expanded", String(isOpen));
    slot.tr.classList.toggle("ee-opened", isOpen);
  }

  fillLevel(el, text, type) {
    if (type === EMPTY) {
      el.append(h("span", { class: "ee-empty", "aria-hidden": "true" }, "—"), hidden("empty"));
    } else if (type === CODE) {
      const meaning = this.table.codes.get(text);
      el.append(
        h("span", { class: "ee-code", title: meaning }, text, hidden(` (${meaning})`)),
      );
    } else appendText(el, text);
  }

  fillCell(el, column, row, limit) {
    const text = this.table.textOf(column, row);
    const type = this.table.typeOf(column, row);
    if (type !== VALUE) {
      this.fillLevel(el, text, type);
      return;
    }
    const href = column.link ? safeLink(column.link, text) : null;
    if (href) {
      const link = h("a", { href, rel: "noopener noreferrer" });
      // In a notebook a plain link would replace the whole working environment.
      if (!this.usesAddress) link.setAttribute("target", "_blank");
      appendText(link, shorten(text, limit));
      el.append(link);
      return;
    }
    if (text.length <= limit + 40) {
      appendText(el, text);
      return;
    }
    const part = h("span", {});
    const button = h(
      "button",
      {
        type: "button",
        class: "ee-more",
        "aria-expanded": "false",
        on: {
          click: () => {
            const whole = button.getAttribute("aria-expanded") === "false";
            part.replaceChildren();
            appendText(part, whole ? text : shorten(text, limit));
            button.setAttribute("aria-expanded", String(whole));
            button.textContent = whole ? "Show less" : say;
          },
        },
      },
    );
    const say = `Show all ${formatCount(text.length)} characters`;
    button.textContent = say;
    appendText(part, shorten(text.slice(0, 2 * limit), limit));
    el.append(part, " ", button);
  }

  toggle(slot) {
    const { row } = slot;
    const isOpen = !this.state.open.has(row);
    if (isOpen) this.state.open.add(row);
    else this.state.open.delete(row);
    this.showOpen(slot, isOpen);
    if (isOpen) slot.tr.after(this.details(row));
    else this.details(row).remove();
    if (this.usesAddress) address.write(true);
  }

  details(row) {
    if (!this.detailsOf.has(row)) this.detailsOf.set(row, this.buildDetails(row));
    const details = this.detailsOf.get(row);
    details.firstChild.colSpan = this.columnCount;
    return details;
  }

  buildDetails(row) {
    const list = h("dl", { class: "ee-fields" });
    const links = [];
    for (const column of this.table.columns) {
      const text = this.table.textOf(column, row);
      const type = this.table.typeOf(column, row);
      const term = h("dt", {});
      appendText(term, column.label);
      if (column.description) {
        const about = h("span", { class: "ee-about" });
        appendText(about, column.description);
        term.append(about);
      }
      const value = h("dd", {});
      this.fillCell(value, column, row, CLAMP_DETAIL);
      if (column.unit && type === VALUE) {
        value.append(h("span", { class: "ee-unit" }, ` ${visibleText(column.unit)}`));
      }
      list.append(h("div", {}, term, value));
      const href = type === VALUE && column.link ? safeLink(column.link, text) : null;
      if (href) links.push([column, href]);
    }
    const bar = h("p", { class: "ee-sources" });
    const named = { doi: "Publisher (DOI)", pubmed: "PubMed", registry: "Registry record", url: "" };
    for (const [column, href] of links) {
      const attrs = { href, rel: "noopener noreferrer", class: "ee-button" };
      if (!this.usesAddress) attrs.target = "_blank";
      bar.append(h("a", attrs, named[column.link] || visibleText(column.label)));
    }
    const said = h("span", { role: "status", class: "ee-said" });
    if (this.usesAddress) {
      bar.append(
        h(
          "button",
          {
            type: "button",
            class: "ee-button",
            on: {
              click: () =>
                this.copy(
                  this.linkToView([["row", joinValues([this.rowTokens().ofRow[row]])]]),
                  said,
                ),
            },
          },
          "Copy link to this row",
        ),
        said,
      );
    }
    const inner = h("div", { class: "ee-inner" }, bar.childNodes.length ? bar : null, list);
    return h("tr", { role: "row", class: "ee-details" }, h("td", { role: "cell" }, inner));
  }

  // ---- typing

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.state.query = this.search.value;
      this.state.page = 0;
      this.commit("replace");
    }, 90);
  }

  // Found words are painted by the browser over the text: no cell is touched for it.
  markSoon() {
    if (typeof Highlight !== "function" || !CSS.highlights) return;
    clearTimeout(this.marking);
    this.marking = setTimeout(() => this.markWords(), 60);
  }

  clearMarks() {
    const all = typeof Highlight === "function" && CSS.highlights && CSS.highlights.get("ee-found");
    if (all) for (const range of this.ranges || []) all.delete(range);
    this.ranges = [];
  }

  markWords() {
    this.clearMarks();
    const terms = parseQuery(this.state.query);
    if (!terms.length || !this.root.isConnected) return;
    if (!CSS.highlights.has("ee-found")) CSS.highlights.set("ee-found", new Highlight());
    const all = CSS.highlights.get("ee-found");
    const walker = document.createTreeWalker(this.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && this.ranges.length < 500) {
      const node = walker.currentNode;
      const text = fold(node.data);
      if (text.length !== node.data.length) continue; // folding moved the positions
      for (const term of terms) {
        for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + term.length);
          all.add(range);
          this.ranges.push(range);
        }
      }
    }
  }

  // ---- downloads

  downloadRows() {
    if (!this.selected.size) return this.rows;
    return [...this.selected].filter((row) => row < this.table.size).sort((a, b) => a - b);
  }

  csv() {
    const { columns } = this.table;
    return toCsv(
      columns.map((column) => column.name),
      this.downloadRows().map((row) => columns.map((column) => this.table.textOf(column, row))),
    );
  }

  references() {
    const roles = new Map(this.settings.reference);
    const seen = new Set();
    const out = [];
    for (const row of this.downloadRows()) {
      const ref = {};
      for (const [role, index] of roles) {
        const column = this.column(index);
        if (this.table.typeOf(column, row) === VALUE) ref[role] = this.table.textOf(column, row);
      }
      const same = ref.key || ref.doi || ref.pmid || `${ref.title}|${ref.year}`;
      if (seen.has(same) || !(ref.title || ref.doi || ref.url)) continue;
      seen.add(same);
      if (!ref.key) ref.key = [ref.author, ref.year].filter(Boolean).join("-");
      out.push(ref);
    }
    return out;
  }

  // ---- pictures

  resized(first) {
    const width = Math.round(this.root.clientWidth);
    if (!width || width === this.width) return;
    // The filters are open beside the table, closed above it where there is less room.
    const wide = width >= 860;
    if (this.side && wide !== this.wide) this.side.open = wide;
    this.wide = wide;
    this.width = width;
    // Measured here and kept: asking later would make the browser lay out the page twice.
    this.canvasWidth = Math.max(280, width - 2);
    this.scroller.style.setProperty("--ee-view", `${this.scroller.clientWidth}px`);
    this.fitColumns();
    if (first) return;
    if (this.figure && this.filtered) {
      this.drawn = null;
      this.paintPicture();
    }
  }

  buildPicture() {
    const id = this.id;
    this.viewButtons = this.views.map(([name, text]) =>
      h(
        "button",
        {
          type: "button",
          "data-view": name,
          on: {
            click: () => {
              this.state.view = name;
              this.paintPicture();
              if (this.usesAddress) address.write(true);
            },
          },
        },
        text,
      ),
    );
    this.canvas = h("div", { class: "ee-canvas", role: "region", "aria-label": `Picture: ${unguard(this.settings.title)}` });
    this.sentence = h("p", { class: "ee-sentence", id: `${id}-alt` });
    this.pictureLegend = h("ul", { class: "ee-keylist" });
    this.twinTable = h("div", { class: "ee-twin-table", role: "region", tabindex: "0" });
    this.twinTable.setAttribute("aria-label", `The picture as a table: ${unguard(this.settings.title)}`);
    this.twin = h(
      "details",
      { class: "ee-twin", on: { toggle: () => this.paintTwin() } },
      h("summary", {}, "The picture as a table"),
      this.twinTable,
    );
    return h(
      "figure",
      { class: "ee-figure" },
      h(
        "div",
        { class: "ee-views", role: "group", "aria-label": "Picture shown above the table" },
        ...this.viewButtons,
      ),
      this.canvas,
      this.pictureLegend,
      h("figcaption", {}, this.sentence),
      this.twin,
    );
  }

  paintPicture() {
    if (!this.figure) return;
    const { view } = this.state;
    for (const button of this.viewButtons) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    const none = view === "none";
    for (const part of [this.canvas, this.sentence.parentNode, this.pictureLegend, this.twin]) {
      part.hidden = none;
    }
    if (none) {
      this.drawn = null;
      return;
    }
    if (view === "map") this.paintMap();
    else if (view === "time") this.paintTime();
    else this.paintDirection();
    this.paintTwin();
  }

  facetFor(index) {
    return this.facetOf.get(index);
  }

  /** Categories of a facet as an axis; the rarest share one place if there are too many. */
  axis(index, limit) {
    const f = this.facetFor(index);
    const facet = this.facets[f];
    let kept = facet.values.map((_, g) => g);
    if (kept.length > limit) {
      const ranked = [...kept].sort((a, b) => facet.values[b].total - facet.values[a].total);
      const top = new Set(ranked.slice(0, limit - 1));
      kept = kept.filter((g) => top.has(g));
    }
    const items = kept.map((g) => ({ label: this.levelLabel(facet.values[g]), groups: [g] }));
    const itemOf = new Int32Array(facet.values.length).fill(-1);
    kept.forEach((g, i) => {
      itemOf[g] = i;
    });
    if (kept.length < facet.values.length) {
      const rest = facet.values.map((_, g) => g).filter((g) => itemOf[g] < 0);
      for (const g of rest) itemOf[g] = items.length;
      items.push({ label: `other values (${rest.length})`, groups: rest });
    }
    return { f, facet, items, itemOf, label: visibleText(facet.column.label) };
  }

  levelLabel(value) {
    if (value.type === EMPTY) return "empty";
    return visibleText(value.text);
  }

  designClasses() {
    if (this.design !== undefined) return this.design;
    const { design } = this.settings;
    if (!design) {
      this.design = null;
      return null;
    }
    const [index, classes] = design;
    const column = this.column(index);
    const of = new Uint8Array(column.levels.length).fill(classes.length);
    classes.forEach(([, levels], k) => {
      for (const level of levels) of[level] = k;
    });
    const labels = classes.map(([label]) => visibleText(unguard(label)));
    if (of.some((k) => k === classes.length)) labels.push("other or not stated");
    this.design = { column, of, labels };
    return this.design;
  }

  mapSetup() {
    const [ri, ci] = this.settings.map;
    const rows = this.axis(ri, 40);
    const cols = this.axis(ci, 14);
    const design = this.designClasses();
    const classes = design ? design.labels.length : 1;
    const setup = { rows, cols, design, classes };
    // The scale belongs to the whole table, so that filtering shrinks the marks.
    const all = new Uint32Array(rows.items.length * cols.items.length * classes);
    setup.slots = Uint32Array.from({ length: this.table.size }, (_, row) => {
      const r = rows.itemOf[rows.facet.of[row]];
      const c = cols.itemOf[cols.facet.of[row]];
      const k = design ? design.of[design.column.at[row]] : 0;
      return (r * cols.items.length + c) * classes + k;
    });
    for (const slot of setup.slots) all[slot]++;
    setup.most = Math.max(1, all.length ? all.reduce((a, b) => Math.max(a, b), 0) : 1);
    return setup;
  }

  mapCounts() {
    const setup = this.map;
    const slots = setup.rows.items.length * setup.cols.items.length * setup.classes;
    const mapBits = (1 << setup.rows.f) | (1 << setup.cols.f);
    const counts = {
      shown: new Uint32Array(slots),
      shownChecked: new Uint32Array(slots),
      out: new Uint32Array(slots),
      outChecked: new Uint32Array(slots),
    };
    const { shown, shownChecked, out, outChecked } = counts;
    for (let row = 0; row < this.table.size; row++) {
      if (!this.base[row] || (this.fails[row] & ~mapBits) !== 0) continue;
      const slot = setup.slots[row];
      if (this.passing[row]) {
        shown[slot]++;
        shownChecked[slot] += this.isChecked[row];
      } else {
        out[slot]++;
        outChecked[slot] += this.isChecked[row];
      }
    }
    return counts;
  }

  drawMap() {
    const { rows, cols, classes } = this.map;
    const longest = Math.max(...rows.items.map((item) => item.label.length), 6);
    const narrow = this.canvasWidth < 520;
    const labelWidth = Math.min(Math.max(longest * 6.4 + 14, 70), narrow ? 116 : 190);
    const space = (this.canvasWidth - labelWidth) / Math.max(1, cols.items.length);
    const w = Math.floor(Math.min(Math.max(space, classes > 1 ? 78 : 60), 130));
    // Wide cells show the classes side by side, narrow ones two by two.
    const across = classes > 1 && (w - 26) / classes < 19 ? 2 : classes;
    const hgt = classes > 2 && across === 2 ? 46 : 34;
    const lineHeight = 14;
    const heads = cols.items.map((item) => wrap(item.label, Math.floor((w - 2) / 5.8), 3));
    const top = Math.max(1, ...heads.map((lines) => lines.length)) * lineHeight + 12;
    const width = labelWidth + w * cols.items.length;
    const height = top + hgt * rows.items.length + 2;
    const svg = s("svg", {
      class: "ee-svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": `Evidence map: ${rows.label} by ${cols.label}. Arrow keys move, Enter filters.`,
      "aria-describedby": `${this.id}-alt`,
    });
    heads.forEach((lines, c) => {
      const text = s("text", { class: "ee-axis ee-head", "text-anchor": "middle", "aria-hidden": "true" });
      lines.forEach((line, i) =>
        text.append(
          s(
            "tspan",
            {
              x: labelWidth + w * (c + 0.5),
              y: top - 8 - (lines.length - 1 - i) * lineHeight,
            },
            line,
          ),
        ),
      );
      text.append(s("title", {}, cols.items[c].label));
      svg.append(text);
    });
    rows.items.forEach((item, r) => {
      const y = top + hgt * r;
      svg.append(s("line", { class: "ee-rule", x1: 0, x2: width, y1: y, y2: y }));
      const lines = wrap(item.label, Math.floor((labelWidth - 10) / 6.2), 2);
      const text = s("text", { class: "ee-axis", "aria-hidden": "true" });
      lines.forEach((line, i) =>
        text.append(
          s("tspan", { x: 2, y: y + hgt / 2 + 4 + (i - (lines.length - 1) / 2) * 13 }, line),
        ),
      );
      text.append(s("title", {}, item.label));
      svg.append(text);
    });
    this.mapGeometry = { w, hgt, across };
    this.mapCells = [];
    rows.items.forEach((_, r) => {
      cols.items.forEach((__, c) => {
        const x = labelWidth + w * c;
        const y = top + hgt * r;
        // Two paths hold the marks of all classes: a redraw sets attributes and makes nothing.
        const outline = s("path", { class: "ee-outline" });
        const solid = s("path", { class: "ee-solid" });
        const cross = s("path", { class: "ee-cross" });
        const number = s("text", { class: "ee-n", x: w - 5, y: hgt / 2 + 4, "text-anchor": "end" }, "");
        const cell = s(
          "g",
          { class: "ee-cell", role: "button", tabindex: "-1", transform: `translate(${x} ${y})` },
          s("rect", { class: "ee-hit", x: 1, y: 1, width: w - 2, height: hgt - 2, rx: 4 }),
          s("g", { "aria-hidden": "true" }, outline, solid, cross, number),
        );
        this.mapCells.push({ cell, outline, solid, cross, number, r, c, signature: null });
        svg.append(cell);
      });
    });
    const rove = (index, focus) => {
      if (this.mapFocus !== undefined && this.mapCells[this.mapFocus]) {
        this.mapCells[this.mapFocus].cell.setAttribute("tabindex", "-1");
      }
      this.mapFocus = index;
      this.mapCells[index].cell.setAttribute("tabindex", "0");
      if (focus) this.mapCells[index].cell.focus();
    };
    const indexOf = (target) => {
      const g = target.closest(".ee-cell");
      return g ? this.mapCells.findIndex((entry) => entry.cell === g) : -1;
    };
    svg.addEventListener("click", (event) => {
      const index = indexOf(event.target);
      if (index < 0) return;
      rove(index, true);
      this.chooseCell(this.mapCells[index].r, this.mapCells[index].c);
    });
    svg.addEventListener("keydown", (event) => {
      const index = indexOf(event.target);
      if (index < 0) return;
      const { r, c } = this.mapCells[index];
      const nc = cols.items.length;
      const nr = rows.items.length;
      const to = {
        ArrowRight: [r, Math.min(c + 1, nc - 1)],
        ArrowLeft: [r, Math.max(c - 1, 0)],
        ArrowDown: [Math.min(r + 1, nr - 1), c],
        ArrowUp: [Math.max(r - 1, 0), c],
        Home: [r, 0],
        End: [r, nc - 1],
      }[event.key];
      if (to) rove(to[0] * nc + to[1], true);
      else if (event.key === "Enter" || event.key === " ") this.chooseCell(r, c);
      else return;
      event.preventDefault();
    });
    this.canvas.replaceChildren(svg);
    if (this.mapCells.length) {
      const start = this.mapFocus < this.mapCells.length ? this.mapFocus : 0;
      this.mapFocus = undefined;
      rove(start, false);
    }
    // Only a picture that is wider than its frame needs to be scrolled from the keyboard.
    this.scrollable(width > this.canvasWidth + 4);
  }

  scrollable(needed) {
    if (needed) this.canvas.setAttribute("tabindex", "0");
    else this.canvas.removeAttribute("tabindex");
  }

  isExactly(axis, item) {
    const chosen = this.state.chosen[axis.f];
    return chosen.size === item.groups.length && item.groups.every((g) => chosen.has(g));
  }

  chooseCell(r, c) {
    const { rows, cols } = this.map;
    const already = this.isExactly(rows, rows.items[r]) && this.isExactly(cols, cols.items[c]);
    this.act((state) => {
      state.chosen[rows.f] = new Set(already ? [] : rows.items[r].groups);
      state.chosen[cols.f] = new Set(already ? [] : cols.items[c].groups);
    });
  }

  /** What is pressed is said at once; only the counts may come a frame later. */
  paintPressed() {
    if (this.drawn !== "map") return;
    const { rows, cols } = this.map;
    for (const entry of this.mapCells) {
      const pressed = String(
        this.isExactly(rows, rows.items[entry.r]) && this.isExactly(cols, cols.items[entry.c]),
      );
      if (entry.pressed === pressed) continue;
      entry.pressed = pressed;
      entry.cell.setAttribute("aria-pressed", pressed);
    }
  }

  paintMap() {
    if (!this.map) this.map = this.mapSetup();
    if (this.drawn !== "map") {
      this.drawMap();
      this.drawn = "map";
      this.mapLegend();
    }
    this.paintPressed();
    const { rows, cols, classes, design, most } = this.map;
    const counts = this.mapCounts();
    const { w, hgt, across } = this.mapGeometry;
    const down = Math.ceil(classes / across);
    const slotW = (w - 26) / across;
    const slotH = (hgt - 6) / down;
    // A triangle is the widest of the shapes of one area.
    const room = Math.min(slotW, slotH);
    const largest = classes > 1 ? (room / 1.45) ** 2 : Math.PI * (room / 2 - 1) ** 2;
    let filledCells = 0;
    let zeroCells = 0;
    let best = null;
    const grid = [];
    this.mapCells.forEach((entry, i) => {
      const base = i * classes;
      let shown = 0;
      let out = 0;
      let shownChecked = 0;
      for (let k = 0; k < classes; k++) {
        shown += counts.shown[base + k];
        shownChecked += counts.shownChecked[base + k];
        out += counts.out[base + k];
      }
      if (shown) filledCells++;
      if (!shown && !out) zeroCells++;
      if (shown && (!best || shown > best.n)) best = { n: shown, r: entry.r, c: entry.c };
      grid.push({ shown, out });
      const which = shown ? "shown" : "out";
      const n = counts[which];
      const checked = counts[`${which}Checked`];
      let signature = which;
      for (let k = 0; k < classes; k++) signature += `,${n[base + k]}/${checked[base + k]}`;
      if (entry.signature === signature) return;
      entry.signature = signature;
      const total = shown || out;
      const kind = `ee-cell${total ? "" : " ee-zero"}${!shown && out ? " ee-out" : ""}`;
      if (entry.cell.getAttribute("class") !== kind) entry.cell.setAttribute("class", kind);
      let outline = "";
      let solid = "";
      const told = [];
      for (let k = 0; k < classes; k++) {
        const value = n[base + k];
        if (!value) continue;
        const x = 3 + slotW * ((k % across) + 0.5);
        const y = 3 + slotH * (Math.floor(k / across) + 0.5);
        const area = Math.max(22, (largest * value) / most);
        outline += shapePath(SHAPES[k], x, y, area);
        const share = checked[base + k] / value;
        if (share > 0) solid += shapePath(SHAPES[k], x, y, area * share);
        if (design) told.push(`${design.labels[k]} ${value}`);
      }
      entry.outline.setAttribute("d", outline);
      entry.solid.setAttribute("d", solid);
      const [cx, cy] = [w / 2, hgt / 2];
      entry.cross.setAttribute(
        "d",
        total ? "" : `M${cx - 3} ${cy - 3}l6 6M${cx + 3} ${cy - 3}l-6 6`,
      );
      entry.number.textContent = total ? String(total) : "";
      let label = `${rows.items[entry.r].label}, ${cols.items[entry.c].label}: `;
      label += total ? plural(total, "row") : "no rows";
      if (!shown && out) label += ", left out by the present choice";
      if (told.length) label += ` (${told.join(", ")})`;
      const open = shown - shownChecked;
      if (shown && this.checked && open) label += `, ${open} not yet checked`;
      entry.cell.setAttribute("aria-label", label);
    });
    const cells = this.mapCells.length;
    const outCells = cells - filledCells - zeroCells;
    let sentence =
      `Evidence map of ${plural(this.filtered.length, "row")}: ${rows.label} by ${cols.label}. ` +
      `${filledCells} of ${plural(cells, "cell")} ${filledCells === 1 ? "holds" : "hold"} rows, ` +
      (outCells ? `${outCells} only rows that the present choice leaves out (grey), ` : "") +
      `${zeroCells} ${zeroCells === 1 ? "is" : "are"} empty (crosses).`;
    if (best) {
      sentence +=
        ` The fullest is ${rows.items[best.r].label} × ${cols.items[best.c].label} ` +
        `with ${plural(best.n, "row")}.`;
    }
    this.setSentence(sentence + this.uncheckedSentence());
    this.twinData = () => ({
      caption:
        `Rows by ${rows.label} and ${cols.label}` +
        (grid.some((g) => !g.shown && g.out) ? "; in brackets: left out by the present choice" : ""),
      head: [rows.label, ...cols.items.map((item) => item.label)],
      body: rows.items.map((item, r) => [
        item.label,
        ...cols.items.map((_, c) => {
          const { shown, out } = grid[r * cols.items.length + c];
          return !shown && out ? `(${out})` : String(shown);
        }),
      ]),
    });
  }

  uncheckedSentence() {
    if (!this.checked) return "";
    let open = 0;
    for (const row of this.filtered) open += 1 - this.isChecked[row];
    if (!open) return "";
    return ` ${formatCount(open)} of ${plural(this.filtered.length, "row")} ${
      open === 1 ? "is" : "are"
    } not yet checked and drawn hollow.`;
  }

  setSentence(text) {
    if (this.sentence.textContent !== text) this.sentence.textContent = text;
  }

  swatch(draw) {
    return s(
      "svg",
      { class: "ee-swatch", width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
      ...draw,
    );
  }

  keyItem(draw, text) {
    return h("li", {}, this.swatch(draw), text);
  }

  mapLegend() {
    const { design } = this.map;
    const items = [];
    (design ? design.labels : ["number of rows (area)"]).forEach((label, k) =>
      items.push(
        this.keyItem([s("path", { class: "ee-solid", d: shapePath(SHAPES[k], 8, 8, 80) })], label),
      ),
    );
    if (design) items.push(h("li", {}, "area: number of rows"));
    if (this.checked) {
      items.push(
        this.keyItem(
          [
            s("path", { class: "ee-outline", d: shapePath("circle", 8, 8, 110) }),
            s("path", { class: "ee-solid", d: shapePath("circle", 8, 8, 40) }),
          ],
          "hollow share: not yet checked",
        ),
      );
    }
    items.push(
      this.keyItem([s("path", { class: "ee-cross", d: "M5 5l6 6M11 5l-6 6" })], "no rows: a gap"),
    );
    this.pictureLegend.replaceChildren(...items);
  }

  /** Axis whose categories colour the timeline. */
  colourAxis() {
    const index = this.settings.map
      ? this.settings.map[1]
      : (this.settings.facets.find((i) => i !== this.settings.direction && i !== this.settings.year) ??
        null);
    return index === null ? null : this.axis(index, 7);
  }

  yearBins() {
    if (this.bins) return this.bins;
    const column = this.column(this.settings.year);
    const years = column.text.map((text, level) => {
      if (column.type[level] !== VALUE) return NaN;
      const match = /^\s*(\d{4})(\D|$)/.exec(text);
      return match ? Number(match[1]) : NaN;
    });
    const used = new Set(column.at);
    const known = years.filter((year, level) => used.has(level) && !Number.isNaN(year));
    const first = known.reduce((a, b) => Math.min(a, b), Infinity);
    const last = known.reduce((a, b) => Math.max(a, b), -Infinity);
    const span = known.length ? last - first + 1 : 0;
    const step = [1, 2, 5, 10, 20, 50, 100, 200].find((k) => span / k <= 60) || 500;
    const start = known.length ? Math.floor(first / step) * step : 0;
    const count = known.length ? Math.floor((last - start) / step) + 1 : 0;
    const of = Int32Array.from(years, (year) =>
      Number.isNaN(year) ? -1 : Math.floor((year - start) / step),
    );
    const labels = Array.from({ length: count }, (_, i) =>
      step === 1 ? String(start + i) : `${start + i * step}–${start + (i + 1) * step - 1}`,
    );
    this.bins = { column, of, labels, step, start };
    return this.bins;
  }

  paintTime() {
    this.drawn = "time";
    const bins = this.yearBins();
    const axis = this.colourAxis();
    const items = axis ? axis.items : [{ label: "rows" }];
    const k = items.length;
    const n = bins.labels.length;
    const total = new Uint32Array(n * k);
    const checked = new Uint32Array(n * k);
    const perBin = new Uint32Array(n);
    let undated = 0;
    for (const row of this.filtered) {
      const bin = bins.of[bins.column.at[row]];
      if (bin < 0) {
        undated++;
        continue;
      }
      const item = axis ? axis.itemOf[axis.facet.of[row]] : 0;
      total[bin * k + item]++;
      perBin[bin]++;
      checked[bin * k + item] += this.isChecked[row];
    }
    const most = perBin.reduce((a, b) => Math.max(a, b), 0);
    const width = Math.max(this.canvasWidth, n * 9 + 44);
    const height = 220;
    const left = 36;
    const bottom = 24;
    const plot = height - bottom - 12;
    const band = n ? (width - left - 8) / n : 0;
    const bar = Math.max(3, Math.min(band * 0.74, 42));
    const ticks = niceTicks(most);
    const top = ticks[ticks.length - 1];
    const y = (value) => 12 + plot - (plot * value) / top;
    const parts = [];
    for (const tick of ticks) {
      parts.push(
        s("line", { class: "ee-rule", x1: left, x2: width - 4, y1: y(tick), y2: y(tick) }),
        s("text", { class: "ee-axis", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, formatCount(tick)),
      );
    }
    const every = Math.max(1, Math.ceil(((bins.step === 1 ? 5 : 9.5) * 7.5) / (band || 1)));
    for (let b = 0; b < n; b++) {
      const x = left + band * (b + 0.5);
      if (b % every === 0) {
        parts.push(
          s("text", { class: "ee-axis", x, y: height - 6, "text-anchor": "middle" }, bins.labels[b]),
        );
      }
      if (!perBin[b]) {
        parts.push(
          s("path", { class: "ee-cross", d: `M${x - 2.5} ${y(0) - 6}l5 5M${x + 2.5} ${y(0) - 6}l-5 5` }),
        );
        continue;
      }
      let at = 0;
      for (let i = 0; i < k; i++) {
        const solid = checked[b * k + i];
        const open = total[b * k + i] - solid;
        for (const [value, kind] of [
          [solid, "ee-bar"],
          [open, "ee-bar ee-open-bar"],
        ]) {
          if (!value) continue;
          const y1 = y(at + value);
          const tall = y(at) - y1;
          parts.push(
            s("rect", {
              class: `${kind} ee-c${i}`,
              x: x - bar / 2,
              y: y1 + 0.5,
              width: bar,
              height: Math.max(0.8, tall - 1),
            }),
          );
          at += value;
        }
      }
    }
    this.canvas.replaceChildren(
      s(
        "svg",
        {
          class: "ee-svg",
          width,
          height,
          viewBox: `0 0 ${width} ${height}`,
          role: "img",
          "aria-labelledby": `${this.id}-alt`,
        },
        ...parts,
      ),
    );
    this.scrollable(width > this.canvasWidth + 4);
    this.colourLegend(items, axis, (i) => i);
    let sentence = `Rows by ${visibleText(bins.column.label).toLowerCase()}`;
    if (n) {
      const peak = perBin.indexOf(most);
      const zeros = perBin.filter((value) => value === 0).length;
      sentence += `, ${bins.labels[0]} to ${bins.labels[n - 1]}: ${plural(this.filtered.length, "row")}`;
      if (most) sentence += `, most in ${bins.labels[peak]} (${most})`;
      sentence += zeros
        ? `; ${zeros} of ${n} ${bins.step === 1 ? "years" : "periods"} without any (crosses).`
        : ".";
    } else sentence += ": no row has a year.";
    if (undated && n) sentence += ` ${plural(undated, "row")} without a year ${undated === 1 ? "is" : "are"} not drawn.`;
    this.setSentence(sentence + this.uncheckedSentence());
    this.twinData = () => ({
      caption: `Rows by ${bins.column.label}${axis ? ` and ${axis.label}` : ""}`,
      head: [bins.column.label, ...items.map((item) => item.label), ...(k > 1 ? ["all"] : [])],
      body: bins.labels.map((label, b) => [
        label,
        ...items.map((_, i) => String(total[b * k + i])),
        ...(k > 1 ? [String(perBin[b])] : []),
      ]),
    });
  }

  colourLegend(items, axis, colour) {
    const list = items.map((item, i) =>
      this.keyItem(
        [s("rect", { class: `ee-bar ee-c${colour(i)}`, x: 2, y: 2, width: 12, height: 12 })],
        item.label,
      ),
    );
    if (this.checked) {
      list.push(
        this.keyItem(
          [s("rect", { class: "ee-bar ee-open-bar ee-c7", x: 2.5, y: 2.5, width: 11, height: 11 })],
          "hollow: not yet checked",
        ),
      );
    }
    this.pictureLegend.replaceChildren(...(axis || this.checked ? list : []));
  }

  paintDirection() {
    this.drawn = "direction";
    const directions = this.axis(this.settings.direction, 8);
    const index = this.settings.map
      ? this.settings.map[0]
      : this.settings.facets.find((i) => i !== this.settings.direction);
    const rowsAxis = index === undefined ? null : this.axis(index, 40);
    const items = rowsAxis ? rowsAxis.items : [{ label: "all rows" }];
    const k = directions.items.length;
    const n = items.length;
    const total = new Uint32Array(n * k);
    const checked = new Uint32Array(n * k);
    const perItem = new Uint32Array(n);
    const perDirection = new Uint32Array(k);
    for (const row of this.filtered) {
      const r = rowsAxis ? rowsAxis.itemOf[rowsAxis.facet.of[row]] : 0;
      const d = directions.itemOf[directions.facet.of[row]];
      total[r * k + d]++;
      perItem[r]++;
      perDirection[d]++;
      checked[r * k + d] += this.isChecked[row];
    }
    const colour = directionColours(directions.items.map((item) => item.label));
    const most = Math.max(1, perItem.reduce((a, b) => Math.max(a, b), 0));
    const narrow = this.canvasWidth < 520;
    const longest = Math.max(...items.map((item) => item.label.length), 4);
    const left = Math.min(Math.max(longest * 6.4 + 14, 60), narrow ? 112 : 190);
    const width = this.canvasWidth;
    const band = 28;
    const height = band * n + 6;
    const scale = (width - left - 46) / most;
    const parts = [];
    items.forEach((item, r) => {
      const y = band * r + 4;
      const text = s(
        "text",
        { class: "ee-axis", x: 2, y: y + 15 },
        shorten(item.label, Math.floor((left - 10) / 6.2)),
      );
      text.append(s("title", {}, item.label));
      parts.push(text);
      if (!perItem[r]) {
        const x = left + 6;
        parts.push(s("path", { class: "ee-cross", d: `M${x - 3} ${y + 7}l6 6M${x + 3} ${y + 7}l-6 6` }));
        return;
      }
      let x = left;
      for (let d = 0; d < k; d++) {
        const solid = checked[r * k + d];
        for (const [value, kind] of [
          [solid, "ee-bar"],
          [total[r * k + d] - solid, "ee-bar ee-open-bar"],
        ]) {
          if (!value) continue;
          const wide = value * scale;
          parts.push(
            s("rect", {
              class: `${kind} ee-c${colour[d]}`,
              x: x + 0.75,
              y,
              width: Math.max(0.8, wide - 1.5),
              height: 20,
            }),
          );
          if (wide > String(value).length * 8 + 6) {
            parts.push(
              s(
                "text",
                {
                  class: kind === "ee-bar" ? `ee-in ee-t${colour[d]}` : "ee-in",
                  x: x + wide / 2,
                  y: y + 14.5,
                  "text-anchor": "middle",
                },
                String(value),
              ),
            );
          }
          x += wide;
        }
      }
      parts.push(s("text", { class: "ee-n", x: x + 6, y: y + 15 }, formatCount(perItem[r])));
    });
    this.canvas.replaceChildren(
      s(
        "svg",
        {
          class: "ee-svg",
          width,
          height,
          viewBox: `0 0 ${width} ${height}`,
          role: "img",
          "aria-labelledby": `${this.id}-alt`,
        },
        ...parts,
      ),
    );
    this.scrollable(false);
    this.colourLegend(directions.items, directions, (i) => colour[i]);
    const told = directions.items
      .map((item, d) => [item.label, perDirection[d]])
      .filter(([, value]) => value)
      .map(([label, value]) => `${label} ${formatCount(value)}`);
    const without = perItem.filter((value) => value === 0).length;
    let sentence = `${directions.label} in ${plural(this.filtered.length, "row")}`;
    sentence += told.length ? `: ${told.join(", ")}.` : ".";
    if (rowsAxis) {
      sentence += without
        ? ` ${n - without} of ${n} categories of ${rowsAxis.label} ${
            n - without === 1 ? "has" : "have"
          } rows; the others are marked by crosses.`
        : ` All ${n} categories of ${rowsAxis.label} have rows.`;
    }
    this.setSentence(`${sentence}${this.uncheckedSentence()}`);
    this.twinData = () => ({
      caption: `Rows by ${rowsAxis ? `${rowsAxis.label} and ` : ""}${directions.label}`,
      head: [
        rowsAxis ? rowsAxis.label : "",
        ...directions.items.map((item) => item.label),
        "all",
      ],
      body: items.map((item, r) => [
        item.label,
        ...directions.items.map((_, d) => String(total[r * k + d])),
        String(perItem[r]),
      ]),
    });
  }

  paintTwin() {
    if (!this.twin.open || !this.twinData) return;
    const { caption, head, body } = this.twinData();
    const table = h("table", {}, h("caption", {}, visibleText(caption)));
    table.append(
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text || hidden("rows"))))),
      h(
        "tbody",
        {},
        ...body.map(([first, ...rest]) =>
          h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text))),
        ),
      ),
    );
    this.twinTable.replaceChildren(table);
  }
}

// ------------------------------------------------------------------------ drawing helpers

/** An SVG path of a shape with a given area, so that shapes of one number weigh the same. */
export function shapePath(shape, x, y, area) {
  const f = (value) => Math.round(value * 100) / 100;
  if (shape === "square") {
    const a = Math.sqrt(area);
    return `M${f(x - a / 2)} ${f(y - a / 2)}h${f(a)}v${f(a)}h${f(-a)}z`;
  }
  if (shape === "triangle") {
    const a = Math.sqrt((4 * area) / Math.sqrt(3));
    const tall = (a * Math.sqrt(3)) / 2;
    return `M${f(x)} ${f(y - (tall * 2) / 3)}l${f(a / 2)} ${f(tall)}h${f(-a)}z`;
  }
  if (shape === "diamond") {
    const d = Math.sqrt(area / 2);
    return `M${f(x)} ${f(y - d)}l${f(d)} ${f(d)}l${f(-d)} ${f(d)}l${f(-d)} ${f(-d)}z`;
  }
  const r = Math.sqrt(area / Math.PI);
  return `M${f(x - r)} ${f(y)}a${f(r)} ${f(r)} 0 1 0 ${f(2 * r)} 0a${f(r)} ${f(r)} 0 1 0 ${f(-2 * r)} 0z`;
}

function wrap(text, characters, most) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && (line + " " + word).length > characters) {
      lines.push(line);
      line = word;
    } else line = line ? line + " " + word : word;
  }
  lines.push(line);
  const kept = lines.slice(0, most).map((each) => shorten(each, Math.max(characters, 4)));
  if (lines.length > most) kept[most - 1] = shorten(kept[most - 1] + "……", Math.max(characters, 4));
  return kept;
}

function niceTicks(most) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((k) => most / k <= 4) || 10000;
  const ticks = [];
  for (let value = 0; value < most + step; value += step) ticks.push(value);
  return ticks.length > 1 ? ticks : [0, 1];
}

// Colours with a meaning in the field keep it; anything else takes the next free one.
const DIRECTIONS = {
  "favours product": 0,
  kept: 0,
  increased: 5,
  "no clear difference": 6,
  mixed: 3,
  "partly lost": 1,
  "favours comparator": 4,
  lost: 4,
  "no comparator": 7,
};

function directionColours(labels) {
  const taken = new Set(labels.map((label) => DIRECTIONS[label]).filter((c) => c !== undefined));
  const free = [0, 1, 2, 3, 4, 5, 6, 7].filter((c) => !taken.has(c));
  return labels.map((label) => DIRECTIONS[label] ?? (free.length ? free.shift() : 7));
}

// ------------------------------------------------------------------------------ the doors

/** Draw an explorer into `el`. options.address: keep the view in the page's address. */
export function mount(el, model, options) {
  const explorer = new Explorer(el, model, options);
  return () => explorer.destroy();
}

export function render({ model, el }) {
  return mount(el, model);
}

export default { render };
