/* The dose in the browser: cells, medium and losses of one application.
 *
 * The arithmetic is that of secretome.dosing; the factors of the units and the sentences of
 * the refusals come from Python in `settings`.
 */
import { doors, draw, Figure, figures, make, number, unguard } from "./figure.js";

const MISSING = ["NR", "NS", "NA", "UNCLEAR"];

// ------------------------------------------------------------------------------ the model

/** Number and unit of a field, as Python reads it; `why` where it is none. */
export function read(settings, name, text) {
  const plain = text.trim();
  if (!plain || MISSING.includes(plain)) return { missing: true, why: unguard(settings.words[name]) };
  const [, value, unit] = plain.match(/^(\S+)\s*(.*)$/);
  const known = settings.units[name].find((u) => u.text === unit);
  const amount = /^\d/.test(value) ? Number(value) : NaN;
  if (!known || !Number.isFinite(amount)) {
    return { why: `${name} is '${plain}', which cannot be read as an amount. Write a number, for example 10 or 1e9, and choose its unit.` };
  }
  if (!(amount > 0)) return { why: `${name} is '${plain}'; it must be above zero.` };
  return { value: amount * known.factor, kind: known.kind, rate: known.rate, text: plain, unit };
}

function share(settings, name, text, lowest) {
  const plain = text.trim();
  if (!plain || MISSING.includes(plain)) return { missing: true, why: unguard(settings.words[name]) };
  const value = /^[\d.]/.test(plain) ? Number(plain) : NaN;
  if (!(value <= 1) || value < 0 || (value === 0 && lowest > 0)) {
    return {
      why: lowest > 0
        ? `${name} is ${plain}; it is a share above 0 and up to 1. 80 % is 0.8.`
        : `${name} is ${plain}; it lies from 0 (passes) to 1 (kept).`,
    };
  }
  return { value };
}

/** What the fields give: answers, and the reason where there is none. */
export function plan(settings, fields, volumeFactor) {
  const reasons = {};
  const out = { cells: null, medium: null, concentrate: null, recovered: null, factor: null, reasons, bad: [] };
  const kept = share(settings, "retained", fields.retained, 0);
  if (kept.why) {
    reasons.recovered = kept.why;
    out.bad.push("retained");
  } else {
    out.recovered = volumeFactor ** (kept.value - 1);
    out.factor = volumeFactor * out.recovered;
  }
  const other = share(settings, "recovery", fields.recovery, 1e-300);
  const wanted = read(settings, "dose", fields.dose);
  const given = read(settings, "secretion", fields.secretion);
  if (other.why) out.bad.push("recovery");
  if (wanted.why) out.bad.push("dose");
  if (given.why) out.bad.push("secretion");
  const stated = fields.duration.trim();
  let hours = null;
  let time = null;
  if (!given.why && given.rate) {
    hours = read(settings, "duration", fields.duration);
    time = hours.why || null;
  } else if (!given.why && stated) {
    time = unguard(settings.words.twice).replace("DURATION", stated);
  }
  if (time) out.bad.push("duration");
  let kinds = null;
  if (!wanted.why && !given.why && wanted.kind !== given.kind) {
    kinds = `A dose in ${wanted.unit} cannot be had from a secretion in ${given.unit}: they are different kinds of amount. A mass of one factor, a mass of all protein and a number of particles are not converted into each other; state both in one.`;
  }
  const why = reasons.recovered || other.why || wanted.why || given.why || time || kinds;
  if (why) {
    reasons.cells = reasons.medium = why;
    return out;
  }
  // secretion is per 10^6 cells
  const each = given.value * (hours ? hours.value : 1) * out.recovered * other.value;
  out.cells = (1e6 * wanted.value) / each;
  const density = read(settings, "density", fields.density);
  if (density.why) {
    reasons.medium = density.why;
    out.bad.push("density");
    return out;
  }
  out.medium = out.cells / density.value;
  out.concentrate = out.medium / volumeFactor;
  return out;
}

// ------------------------------------------------------------------------------ the figure

const FIELDS = [
  ["dose", "One application holds"],
  ["secretion", "Cells give"],
  ["duration", "Time of conditioning"],
  ["density", "Cells in the medium"],
  ["retained", "Retained by the membrane, 0 to 1"],
  ["recovery", "Left by all other steps, 0 to 1"],
];

class DoseFigure extends Figure {
  get kind() {
    return "dc";
  }

  get traits() {
    return [...FIELDS.map(([name]) => name), "volume_factor"];
  }

  build(root) {
    const controls = make("div", { class: "fg-controls" }, root);
    this.inputs = {};
    for (const [name, label] of FIELDS) this.inputs[name] = this.field(controls, name, label);
    this.shrink = this.slider(controls, "volume_factor", "Volume before over after", this.given.range);
    this.facts = this.factBoxes(root, [
      ["cells", "Cells"],
      ["medium", "Medium"],
      ["concentrate", "Concentrate"],
      ["recovered", "Left by the membrane"],
      ["factor", "Factor concentrated"],
    ]);
    const pictures = make("div", { class: "fg-pictures" }, root);
    this.line = this.picture(pictures, "Cells for one application, by volume factor");
    this.readingLine(root);
    make("p", { class: "fg-source" }, root, unguard(this.given.note));
  }

  /** A number with its unit; an empty one is a field that is not known. */
  field(parent, name, label) {
    const units = this.given.units[name];
    const box = make("div", { class: units ? "dc-field" : "dc-field dc-share" }, parent);
    const id = `${this.id}-${name}`;
    make("label", { for: id }, box, label);
    const input = make("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", placeholder: "not known" }, box);
    let select = null;
    if (units) {
      select = make("select", { "aria-label": `${label}: unit` }, box);
      for (const { text } of units) make("option", { value: text }, select, text);
      if (units.length < 2) select.disabled = true;
    }
    const tell = () => {
      const text = input.value.trim();
      const bare = !text || !select || MISSING.includes(text);
      this.set({ [name]: bare ? text : `${text} ${select.value}` });
    };
    input.addEventListener("input", tell);
    select?.addEventListener("change", tell);
    const show = (text) => {
      if (!select) {
        if (input.value.trim() !== text) input.value = text;
        return;
      }
      const [, value = "", unit = ""] = text.match(/^(\S*)\s*(.*)$/) || [];
      if (input.value.trim() !== value) input.value = value;
      if (unit) select.value = unit;
    };
    return { input, show };
  }

  get fields() {
    return Object.fromEntries(FIELDS.map(([name]) => [name, this.model.get(name)]));
  }

  refresh() {
    const { facts, model } = this;
    const factor = model.get("volume_factor");
    const found = plan(this.given, this.fields, factor);
    this.now = { found, factor };
    for (const [name] of FIELDS) {
      const { input, show } = this.inputs[name];
      show(model.get(name));
      const wrong = found.bad.includes(name) && input.value.trim() !== "";
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    this.shrink.show(factor, `${figures(factor)}-fold`);
    const show = (key, text) => {
      facts[key].textContent = found[key] === null ? "✗ a field is missing" : text(found[key]);
      if (found[key] === null) facts[key].dataset.good = false;
      else delete facts[key].dataset.good;
    };
    show("cells", (v) => `${figures(v / 1e6)} million`);
    show("medium", (v) => `${figures(v)} mL`);
    show("concentrate", (v) => `${figures(v)} mL`);
    show("recovered", (v) => `${number(100 * v, 0)} %`);
    show("factor", (v) => `${figures(v)}-fold`);
    this.pictures();
    this.say();
  }

  sentence() {
    const { found, factor } = this.now;
    const parts = [];
    if (found.cells !== null) parts.push(`One application takes ${figures(found.cells / 1e6)} million cells.`);
    if (found.medium !== null) {
      parts.push(`They condition ${figures(found.medium)} mL of medium, ${figures(found.concentrate)} mL when its volume is divided by ${figures(factor)}.`);
    }
    if (found.recovered !== null && factor > 1) {
      parts.push(`The membrane leaves ${number(100 * found.recovered, 0)} % of the factor, which is concentrated ${figures(found.factor)}-fold.`);
    }
    return [...parts, ...new Set(Object.values(found.reasons))].join(" ");
  }

  pictures() {
    if (!this.now) return;
    const { found, factor } = this.now;
    const [first, last] = this.given.range;
    const all = Array.from({ length: 61 }, (_, i) => {
      const x = first + ((last - first) * i) / 60;
      return [x, plan(this.given, this.fields, x).cells];
    });
    const known = found.cells !== null;
    const words = known
      ? `Cells rise from ${figures(all[0][1] / 1e6)} million at a volume factor of ${figures(first)} to ${figures(all[60][1] / 1e6)} million at ${figures(last)}.`
      : "No line: a field is missing.";
    const box = this.frame(this.line, words, 70);
    if (!known) {
      draw("text", { x: (box.left + box.right) / 2, y: 110, "text-anchor": "middle" }, box.svg, "no answer: see below");
      return;
    }
    const top = Math.max(...all.map(([, v]) => v), found.cells) * 1.1;
    const unit = 10 ** Math.floor(Math.log10(top));
    const pace = [0.1, 0.2, 0.5, 1, 2].map((k) => k * unit).find((k) => top / k <= 6);
    const x = (v) => box.left + ((box.right - box.left) * (v - first)) / (last - first);
    const y = (v) => box.bottom - ((box.bottom - box.top) * v) / top;
    for (let v = 0; v <= top; v += pace) {
      draw("line", { x1: box.left, x2: box.right, y1: y(v), y2: y(v), class: "fg-grid" }, box.svg);
      draw("text", { x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, box.svg, figures(v / 1e6));
    }
    const step = [1, 2, 5, 10, 20, 50, 100].find((k) => (last - first) / k <= 6) || 200;
    for (let v = Math.ceil(first / step) * step; v <= last; v += step) {
      draw("text", { x: x(v), y: box.bottom + 16, "text-anchor": v === last ? "end" : "middle" }, box.svg, figures(v));
    }
    this.axisNames(box, "volume before over after", "million cells");
    draw("path", { d: all.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join(""), class: "fg-curve" }, box.svg);
    this.here(box, x(factor), y(found.cells));
  }
}

export const { mount, render } = doors(DoseFigure);
export default { render };
