/* What every live figure shares: words, drawing, controls, and the tie to its model.
 *
 * A figure of its own is a subclass with `traits` (what to follow), `build`, `refresh` and
 * `sentence`.  On a static page it imports this file; for a notebook, Python puts the two
 * into one script.
 */

export const number = (value, digits) => {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
};
export const celsius = (value, digits = 1) => `${number(value, digits)} °C`;

/** A number to three figures, as Python's `:,.3g` without its powers of ten. */
export function figures(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "unbounded" : "–";
  if (value === 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const plain = Number(value.toPrecision(digits)).toFixed(Math.min(decimals, 20));
  const [whole, part] = (plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain).split(".");
  return (whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (part ? `.${part}` : "")).replace("-", "−");
}

// Python guards the character that could end the page's state; the guard is undone here
export const unguard = (text) =>
  String(text).replaceAll("\u001a0", "\u003c").replaceAll("\u001a1", "\u001a");

const SVG = "http://www.w3.org/2000/svg";
function furnish(node, attributes, parent, text) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}
export const draw = (name, attributes, parent, text) =>
  furnish(document.createElementNS(SVG, name), attributes, parent, text);
export const make = (name, attributes, parent, text) =>
  furnish(document.createElement(name), attributes, parent, text);

let serial = 0;

export class Figure {
  constructor(host, model) {
    this.model = model;
    this.given = model.get("settings");
    this.id = `fg-${(serial += 1)}`;
    this.root = make("section", { class: `fg ${this.kind}`, "aria-label": unguard(this.given.title) }, host);
    make("p", { class: "fg-title" }, this.root, unguard(this.given.title));
    this.build(this.root);
    this.follow();
    this.refresh();
    let wide = this.root.clientWidth;
    this.widths = new ResizeObserver(() => {
      if (this.root.clientWidth === wide) return;
      wide = this.root.clientWidth;
      this.pictures();
    });
    this.widths.observe(this.root);
  }

  slider(parent, trait, label, [low, high, step]) {
    const box = make("div", { class: "fg-slider" }, parent);
    const id = `${this.id}-${trait}`;
    const head = make("label", { for: id }, box, `${label} `);
    const value = make("output", { for: id, class: "fg-value" }, head);
    const input = make("input", { type: "range", id, min: low, max: high, step }, box);
    input.addEventListener("input", () => this.set({ [trait]: Number(input.value) }));
    const show = (at, text, spoken = text) => {
      input.value = at;
      value.textContent = text;
      input.setAttribute("aria-valuetext", spoken);
    };
    return { input, value, show };
  }

  choice(parent, trait, label, options) {
    const box = make("label", { class: "fg-choice" }, parent, `${label} `);
    const select = make("select", {}, box);
    for (const [value, text] of options) make("option", { value }, select, text);
    const numeric = typeof options[0][0] === "number";
    select.addEventListener("change", () =>
      this.set({ [trait]: numeric ? Number(select.value) : select.value }),
    );
    if (options.length < 2) box.hidden = true;
    return select;
  }

  /** Boxes with one value each: [[key, label], …] gives {key: element}. */
  factBoxes(parent, entries) {
    const list = make("dl", { class: "fg-facts" }, parent);
    return Object.fromEntries(
      entries.map(([key, label]) => {
        const box = make("div", { class: `fg-fact fg-fact-${key}` }, list);
        make("dt", {}, box, label);
        return [key, make("dd", {}, box)];
      }),
    );
  }

  picture(parent, title) {
    const figure = make("figure", { class: "fg-picture" }, parent);
    make("figcaption", {}, figure, title);
    const svg = draw("svg", { role: "img" }, figure);
    return { figure, svg };
  }

  /** An empty picture as wide as its place, and the box inside its axes. */
  frame(picture, label, left) {
    const width = Math.max(240, Math.floor(picture.figure.clientWidth));
    const height = 250;
    const { svg } = picture;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", label);
    return { svg, left, right: width - 10, top: 22, bottom: height - 42 };
  }

  axisNames(box, below, beside) {
    draw("text", { x: (box.left + box.right) / 2, y: box.bottom + 34, "text-anchor": "middle" }, box.svg, below);
    draw("text", { x: 0, y: 9, class: "fg-small" }, box.svg, beside);
  }

  /** Where the reader is. */
  here(box, x, y) {
    draw("circle", { cx: x, cy: y, r: 7, class: "fg-here" }, box.svg);
    draw("circle", { cx: x, cy: y, r: 2, class: "fg-here-dot" }, box.svg);
  }

  readingLine(parent) {
    this.reading = make("p", { class: "fg-reading", role: "status", "aria-live": "polite" }, parent);
  }

  set(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  follow() {
    this.changed = () => {
      if (this.waiting) return;
      // several traits may change at once: draw once
      this.waiting = true;
      queueMicrotask(() => {
        this.waiting = false;
        if (!this.gone) this.refresh();
      });
    };
    for (const name of this.traits) this.model.on(`change:${name}`, this.changed);
  }

  say() {
    // a slider on the move must not flood a screen reader
    clearTimeout(this.later);
    const speak = () => {
      this.reading.textContent = this.sentence();
    };
    if (!this.reading.textContent) speak();
    else this.later = setTimeout(speak, 250);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.later);
    this.widths.disconnect();
    for (const name of this.traits) this.model.off(`change:${name}`, this.changed);
    this.root.remove();
  }
}

/** The two doors of a figure: `mount` for a static page, `render` for a notebook. */
export const doors = (Kind) => {
  const mount = (el, model) => {
    const figure = new Kind(el, model);
    return () => figure.destroy();
  };
  return { mount, render: ({ model, el }) => mount(el, model) };
};
