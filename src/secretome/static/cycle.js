/* Primary drying in the browser: two sliders, the product's temperature, a map of settings.
 *
 * The model is that of secretome.freeze_drying, equation for equation, with the shelf at its
 * temperature from the start; every constant comes from Python in `settings`.
 */
import { celsius, doors, draw, Figure, make, number, unguard } from "./figure.js";

// ------------------------------------------------------------------------------ the model

/** A vial in the units of the model: cm, g, W/(cm²·K). */
export function makeVial(c, vial, { fill_ml, solids, r0, a1, a2 }) {
  const ice = fill_ml * (1 - solids / c.solids_density) * c.water_density;
  const solidsMl = (fill_ml * solids) / c.solids_density;
  return {
    ice,
    length: (ice / c.ice_density + solidsMl) / vial.area,
    area: vial.area,
    outer: vial.outer,
    kc: vial.kc * 1e-4,
    kp: vial.kp * 1e-4,
    kd: vial.kd,
    r0,
    a1,
    a2,
  };
}

/** Temperature at which ice has the pressure of the chamber, °C. */
export const frostPoint = (c, pressure) => c.ice_b / Math.log(c.ice_a / pressure) - c.zero_c;

/** Temperature of the front and of the bottom (K), and flux (g/(h·cm²)). */
export function front(c, v, shelf, pressure, dried) {
  const resistance = v.r0 + (v.a1 * dried) / (1 + v.a2 * dried);
  const frozen = Math.max(v.length - dried, 0);
  const kv = v.kc + (v.kp * pressure) / (1 + v.kd * pressure);
  const perFlux = c.sublimation / 3600;
  const conduction = (perFlux * frozen) / c.ice_conductivity;
  const slope = ((perFlux * v.area) / (kv * v.outer) + conduction) / resistance;
  // t + slope·(p_ice(t) − P) − shelf is convex and rises: Newton from the frost point
  let t = Math.min(c.ice_b / Math.log(c.ice_a / pressure), shelf);
  for (let i = 0; i < 60; i += 1) {
    const vapour = slope * c.ice_a * Math.exp(-c.ice_b / t);
    const g = t + vapour - slope * pressure - shelf;
    const step = g / (1 + (vapour * c.ice_b) / (t * t));
    t -= step;
    if (Math.abs(step) < 1e-10) break;
  }
  const flux = (c.ice_a * Math.exp(-c.ice_b / t) - pressure) / resistance;
  if (!(flux > 0)) return [shelf, shelf, 0];
  return [t, t + flux * conduction, flux];
}

/** One run with shelf (°C) and chamber (Torr) held: time, peak, flux, curve. */
export function hold(c, v, shelfC, pressure, intervals = 120) {
  if (shelfC <= frostPoint(c, pressure)) return { impossible: "no sublimation" };
  const shelf = shelfC + c.zero_c;
  const width = v.length / intervals;
  const curve = [];
  let time = 0;
  let peak = -Infinity;
  let top = 0;
  const at = (dried) => {
    const [, bottom, flux] = front(c, v, shelf, pressure, dried);
    peak = Math.max(peak, bottom);
    top = Math.max(top, flux);
    return { bottom: bottom - c.zero_c, pace: v.ice / (flux * v.area * v.length) };
  };
  let begin = at(0);
  curve.push([0, begin.bottom]);
  for (let i = 0; i < intervals; i += 1) {
    const middle = at((i + 0.5) * width);
    const end = at(i + 1 === intervals ? v.length : (i + 1) * width);
    time += (width / 6) * (begin.pace + 4 * middle.pace + end.pace);
    curve.push([time, end.bottom]);
    begin = end;
  }
  const warmest = peak - c.zero_c;
  if (warmest >= 0) return { impossible: "ice melts", peak: warmest };
  return { time, peak: warmest, flux: top, curve };
}

/** What forbids a run, in the words of the Python model. */
export function limitOf(run, v, pressure, critical, safety, equipment) {
  if (run.impossible) return run.impossible;
  const warm = run.peak > critical - safety;
  const fast = equipment ? load(run, v, equipment) > capacity(equipment, pressure) : false;
  if (warm && fast) return "product and equipment";
  if (warm) return "product";
  return fast ? "equipment" : "safe";
}

const load = (run, v, equipment) => (run.flux * v.area * equipment.vials) / 1000;
const capacity = (equipment, pressure) =>
  Math.max(equipment.intercept + equipment.slope * pressure, 0);

export function axis([low, high, step]) {
  const count = Math.round((high - low) / step);
  return Array.from({ length: count + 1 }, (_, i) => Number((low + i * step).toFixed(6)));
}

/** All settings of both sliders; the fastest safe one. */
export function space(c, v, shelves, pressures, critical, safety, equipment) {
  const cells = [];
  let fastest = null;
  shelves.forEach((shelf, i) => {
    pressures.forEach((pressure, j) => {
      const run = hold(c, v, shelf, pressure, 16);
      const limit = limitOf(run, v, pressure, critical, safety, equipment);
      const cell = { i, j, shelf, pressure, limit, time: run.time, peak: run.peak };
      cells.push(cell);
      if (limit === "safe" && (!fastest || cell.time < fastest.time)) fastest = cell;
    });
  });
  return { cells, fastest };
}

// ------------------------------------------------------------------------------ words

const REGIONS = [
  ["safe", "safe"],
  ["product", "too warm, or too near it"],
  ["both", "too warm, beyond the dryer"],
  ["equipment", "beyond the dryer"],
  ["never", "no drying"],
];
const regionOf = (limit) =>
  ({ safe: "safe", equipment: "equipment", "no sublimation": "never", "product and equipment": "both" })[
    limit
  ] || "product";

// ------------------------------------------------------------------------------ the figure

class CycleFigure extends Figure {
  get kind() {
    return "cy";
  }

  get traits() {
    return ["shelf_temperature", "chamber_pressure", "formulation", "fill_ml", "resistance"];
  }

  build(root) {
    const { given } = this;
    this.shelves = axis(given.shelves);
    this.pressures = axis(given.pressures);
    this.digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10(given.pressures[2]) - 1e-9)));
    const controls = make("div", { class: "fg-controls" }, root);
    this.shelf = this.slider(controls, "shelf_temperature", "Shelf temperature", given.shelves);
    this.chamber = this.slider(controls, "chamber_pressure", "Chamber pressure", given.pressures);
    const choices = make("div", { class: "fg-choices" }, controls);
    this.formulation = this.choice(
      choices,
      "formulation",
      "Formulation",
      given.formulations.map((f) => [unguard(f.name), `${unguard(f.name)} (critical ${celsius(f.critical_c, 0)})`]),
    );
    this.fill = this.choice(
      choices,
      "fill_ml",
      "Fill depth",
      given.fills.map((f) => [f, `${f} mL`]),
    );
    this.resistance = this.choice(
      choices,
      "resistance",
      "Cake resistance",
      given.resistances.map((r) => [unguard(r.name), unguard(r.name)]),
    );

    this.facts = this.factBoxes(root, [
      ["verdict", "Verdict"],
      ["peak", "Warmest product"],
      ["margin", "Margin to critical"],
      ["time", "Drying time"],
      ...(given.equipment ? [["load", "Load on the dryer"]] : []),
    ]);

    const pictures = make("div", { class: "fg-pictures" }, root);
    this.curve = this.picture(pictures, "Product temperature in time");
    this.map = this.picture(pictures, "All settings of the two sliders");
    this.legend = make("p", { class: "fg-legend" }, this.map.figure);
    this.map.svg.addEventListener("pointerdown", (event) => this.pick(event));

    this.readingLine(root);
    this.source = make("p", { class: "fg-source" }, root);
    this.go = make("button", { class: "fg-button", type: "button" }, root, "Go to the fastest safe setting");
    this.go.addEventListener("click", () => {
      const best = this.best.fastest;
      if (best) this.set({ shelf_temperature: best.shelf, chamber_pressure: best.pressure });
    });
  }

  /** What is chosen, and the model's answer. */
  state() {
    const { given, model } = this;
    const formulation =
      given.formulations.find((f) => unguard(f.name) === model.get("formulation")) || given.formulations[0];
    const resistance =
      given.resistances.find((r) => unguard(r.name) === model.get("resistance")) || given.resistances[0];
    const fill = model.get("fill_ml");
    const vial = makeVial(given.constants, given.vial, {
      fill_ml: fill,
      solids: formulation.solids,
      ...resistance,
    });
    return { formulation, resistance, fill, vial };
  }

  refresh() {
    const { given, model } = this;
    const c = given.constants;
    const { formulation, resistance, fill, vial } = this.state();
    const key = `${formulation.name}|${resistance.name}|${fill}`;
    if (key !== this.key) {
      this.key = key;
      this.best = space(
        c, vial, this.shelves, this.pressures, formulation.critical_c, given.safety_k, given.equipment,
      );
    }
    const shelf = model.get("shelf_temperature");
    const pressure = model.get("chamber_pressure");
    const run = hold(c, vial, shelf, pressure);
    const limit = limitOf(run, vial, pressure, formulation.critical_c, given.safety_k, given.equipment);
    const pascal = `${number(pressure * c.torr_pascal, 1)} Pa`;
    const torr = `${number(pressure, this.digits)} Torr`;

    this.shelf.show(shelf, celsius(shelf, 0));
    this.chamber.show(pressure, `${torr} (${pascal})`, `${torr}, ${pascal}`);
    this.formulation.value = unguard(formulation.name);
    this.fill.value = fill;
    [...this.fill.options].forEach((option) => {
      const depth = makeVial(c, given.vial, { fill_ml: Number(option.value), solids: formulation.solids, ...resistance }).length;
      option.textContent = `${option.value} mL, ${number(depth, 2)} cm`;
    });
    this.resistance.value = unguard(resistance.name);

    const isOver = run.peak > formulation.critical_c;
    const verdict = {
      safe: "✓ safe",
      product: isOver ? "✗ collapse" : "! margin too small",
      equipment: "✗ beyond the dryer",
      "product and equipment": isOver
        ? "✗ collapse, and beyond the dryer"
        : "✗ margin too small, and beyond the dryer",
      "no sublimation": "✗ no drying",
      "ice melts": "✗ ice melts",
    }[limit];
    this.facts.verdict.textContent = verdict;
    this.facts.verdict.dataset.good = limit === "safe";
    const known = !run.impossible;
    this.facts.peak.textContent = known ? celsius(run.peak) : "–";
    this.facts.margin.textContent = known ? `${number(formulation.critical_c - run.peak, 1)} K` : "–";
    this.facts.time.textContent = known ? `${number(run.time, 1)} h` : "–";
    if (this.facts.load) {
      const most = capacity(given.equipment, pressure);
      this.facts.load.textContent =
        known && most > 0 ? `${number((100 * load(run, vial, given.equipment)) / most, 0)} %` : "–";
    }
    this.now = { run, limit, shelf, pressure, formulation, vial };
    this.source.textContent = unguard(formulation.source);
    this.go.disabled = !this.best.fastest;
    this.pictures();
    this.say();
  }

  sentence() {
    const { run, limit, shelf, pressure, formulation } = this.now;
    const { safety_k: safety, constants } = this.given;
    const critical = celsius(formulation.critical_c);
    const setting = `Shelf ${celsius(shelf, 0)} and chamber ${number(pressure, this.digits)} Torr`;
    let text;
    if (limit === "no sublimation") {
      text = `${setting}: nothing dries, because at this pressure ice sublimes only above ${celsius(frostPoint(constants, pressure))}.`;
    } else if (limit === "ice melts") {
      text = `${setting}: the ice would melt before it sublimed.`;
    } else {
      const margin = formulation.critical_c - run.peak;
      const side = margin >= 0 ? "below" : "above";
      text = `${setting}: primary drying takes ${number(run.time, 1)} h and the product is warmest at ${celsius(run.peak)}, ${number(Math.abs(margin), 1)} K ${side} its critical temperature of ${critical}`;
      if (limit === "safe") text += ": safe.";
      else if (margin < 0) text += ": expect collapse.";
      else if (limit.includes("product")) text += `: less than the ${safety} K asked for.`;
      else text += ".";
      if (limit.includes("equipment")) text += " The vapour is more than the dryer takes at this pressure.";
    }
    const best = this.best.fastest;
    const same = best && best.shelf === shelf && Math.abs(best.pressure - pressure) < 1e-9;
    if (!best) return `${text} No setting of the two sliders is safe for this vial.`;
    if (same) return `${text} This is the fastest safe setting.`;
    return `${text} The fastest safe setting takes ${number(best.time, 1)} h.`;
  }

  pictures() {
    if (!this.now) return;
    this.drawCurve();
    this.drawMap();
  }

  drawCurve() {
    const { run, formulation, shelf } = this.now;
    const { safety_k: safety } = this.given;
    const words = run.impossible
      ? "No curve: nothing dries at this setting."
      : `Product temperature rises to ${celsius(run.peak)} over ${number(run.time, 1)} h; the critical temperature is ${celsius(formulation.critical_c)}.`;
    const box = this.frame(this.curve, words, 46);
    if (run.impossible) {
      draw("text", { x: (box.left + box.right) / 2, y: 110, "text-anchor": "middle" }, box.svg, "no drying at this setting");
      return;
    }
    const lows = [run.curve[0][1], formulation.critical_c - safety, shelf];
    const highs = [run.peak, formulation.critical_c, shelf];
    const low = Math.floor((Math.min(...lows) - 2) / 5) * 5;
    const high = Math.ceil((Math.max(...highs) + 2) / 5) * 5;
    const x = (hours) => box.left + ((box.right - box.left) * hours) / run.time;
    const y = (t) => box.bottom - ((box.bottom - box.top) * (t - low)) / (high - low);
    const every = [5, 10, 20, 50].find((k) => (high - low) / k <= 7) || 100;
    for (let t = Math.ceil(low / every) * every; t <= high; t += every) {
      draw("line", { x1: box.left, x2: box.right, y1: y(t), y2: y(t), class: "fg-grid" }, box.svg);
      draw("text", { x: box.left - 6, y: y(t) + 4, "text-anchor": "end" }, box.svg, number(t, 0));
    }
    const pace = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((k) => run.time / k <= 6) || 5000;
    for (let h = 0; h <= run.time; h += pace) {
      draw("text", { x: x(h), y: box.bottom + 16, "text-anchor": "middle" }, box.svg, number(h, pace < 1 ? 1 : 0));
    }
    this.axisNames(box, "hours", "°C");
    const rule = (t, name, text, below) => {
      draw("line", { x1: box.left, x2: box.right, y1: y(t), y2: y(t), class: name }, box.svg);
      draw("text", { x: box.right, y: y(t) + (below ? 14 : -5), "text-anchor": "end", class: "fg-halo" }, box.svg, text);
    };
    rule(shelf, "cy-shelf", "shelf", shelf < formulation.critical_c);
    rule(formulation.critical_c, "fg-limit", `critical ${celsius(formulation.critical_c, 0)}`, shelf > formulation.critical_c && y(formulation.critical_c) - y(shelf) < 18);
    const path = run.curve.map(([h, t], i) => `${i ? "L" : "M"}${x(h).toFixed(1)} ${y(t).toFixed(1)}`).join("");
    draw("path", { d: path, class: "fg-curve" }, box.svg);
    const [, first] = run.curve[0];
    draw("text", { x: box.left + 6, y: y(first) + 18, class: "fg-halo" }, box.svg, "product");
  }

  drawMap() {
    const { shelf, pressure } = this.now;
    const { cells, fastest } = this.best;
    const counts = {};
    for (const cell of cells) counts[regionOf(cell.limit)] = (counts[regionOf(cell.limit)] || 0) + 1;
    const shares = REGIONS.filter(([name]) => counts[name])
      .map(([name, text]) => `${number((100 * counts[name]) / cells.length, 0)} % ${text}`)
      .join(", ");
    const label = `Map of shelf temperature and chamber pressure: ${shares}. ${
      fastest
        ? `Fastest safe: shelf ${celsius(fastest.shelf, 0)}, ${number(fastest.pressure, this.digits)} Torr, ${number(fastest.time, 1)} h.`
        : "No setting is safe."
    } Here: shelf ${celsius(shelf, 0)}, ${number(pressure, this.digits)} Torr.`;
    const box = this.frame(this.map, label, 46);
    this.box = box;
    const nx = this.shelves.length;
    const ny = this.pressures.length;
    const dx = (box.right - box.left) / nx;
    const dy = (box.bottom - box.top) / ny;
    const defs = draw("defs", {}, box.svg);
    for (const [name, mark] of [["product", "M0 8L8 0M-2 2L2 -2M6 10L10 6"], ["equipment", "M0 4H8"], ["both", "M0 8L8 0M-2 2L2 -2M6 10L10 6M0 8H8"]]) {
      const pattern = draw("pattern", { id: `${this.id}-${name}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, defs);
      draw("rect", { width: 8, height: 8, class: `cy-fill-${name}` }, pattern);
      draw("path", { d: mark, class: `cy-line-${name}` }, pattern);
    }
    const centre = {};
    for (let j = 0; j < ny; j += 1) {
      let i = 0;
      while (i < nx) {
        const name = regionOf(cells[i * ny + j].limit);
        let k = i;
        while (k < nx && regionOf(cells[k * ny + j].limit) === name) k += 1;
        const area = draw(
          "rect",
          {
            x: box.left + i * dx, y: box.bottom - (j + 1) * dy, width: (k - i) * dx + 0.4, height: dy + 0.4,
            class: `cy-fill-${name}`,
          },
          box.svg,
        );
        if (["product", "equipment", "both"].includes(name)) {
          area.removeAttribute("class");
          area.setAttribute("fill", `url(#${this.id}-${name})`);
        }
        const sum = (centre[name] ||= [0, 0, 0]);
        sum[0] += ((i + k) / 2) * (k - i);
        sum[1] += (j + 0.5) * (k - i);
        sum[2] += k - i;
        i = k;
      }
    }
    for (const [name, text] of REGIONS) {
      const sum = centre[name];
      if (!sum || sum[2] < (name === "both" ? 0.2 : 0.08) * nx * ny) continue;
      const half = 3.4 * text.length;
      draw(
        "text",
        {
          x: Math.min(Math.max(box.left + (sum[0] / sum[2]) * dx, box.left + half), box.right - half),
          y: box.bottom - (sum[1] / sum[2]) * dy + 4,
          "text-anchor": "middle", class: "fg-halo cy-region",
        },
        box.svg,
        text,
      );
    }
    // ticks at round values that the sliders have
    const ticks = (values, steps, most) => {
      const span = values[values.length - 1] - values[0];
      const step = steps.find((k) => span / k <= most) || span;
      return values.map((v, i) => [v, i]).filter(([v]) => Math.abs(v / step - Math.round(v / step)) < 1e-6);
    };
    for (const [value, i] of ticks(this.shelves, [1, 2, 5, 10, 20, 50], 7)) {
      draw("text", { x: box.left + (i + 0.5) * dx, y: box.bottom + 16, "text-anchor": "middle" }, box.svg, number(value, 0));
    }
    for (const [value, j] of ticks(this.pressures, [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], 7)) {
      draw("text", { x: box.left - 6, y: box.bottom - (j + 0.5) * dy + 4, "text-anchor": "end" }, box.svg, number(value, 2));
    }
    this.axisNames(box, "shelf, °C", "Torr");
    const place = (s, p) => [
      box.left + (((s - this.shelves[0]) / (this.shelves[nx - 1] - this.shelves[0])) * (nx - 1) + 0.5) * dx,
      box.bottom - (((p - this.pressures[0]) / (this.pressures[ny - 1] - this.pressures[0])) * (ny - 1) + 0.5) * dy,
    ];
    if (fastest) {
      const [x, y] = place(fastest.shelf, fastest.pressure);
      const star = Array.from({ length: 10 }, (_, i) => {
        const r = i % 2 ? 4 : 9;
        const angle = (Math.PI * i) / 5 - Math.PI / 2;
        return `${(x + r * Math.cos(angle)).toFixed(1)},${(y + r * Math.sin(angle)).toFixed(1)}`;
      }).join(" ");
      draw("polygon", { points: star, class: "cy-star" }, box.svg);
      const end = x > (box.left + box.right) * 0.6;
      const above = y > box.top + 24;
      draw(
        "text",
        { x: x + (end ? -12 : 12), y: y + (above ? -9 : 18), "text-anchor": end ? "end" : "start", class: "fg-halo" },
        box.svg,
        `fastest safe ${number(fastest.time, 1)} h`,
      );
    }
    const [x, y] = place(shelf, pressure);
    this.here(box, x, y);
    this.legend.replaceChildren();
    const entry = (text, mark) => {
      const item = make("span", { class: "fg-entry" }, this.legend);
      const swatch = draw("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, item);
      mark(swatch);
      item.append(` ${text}`);
    };
    for (const [name, text] of REGIONS) {
      if (!centre[name]) continue;
      const fill = ["product", "equipment", "both"].includes(name)
        ? { fill: `url(#${this.id}-${name})` }
        : { class: `cy-fill-${name}` };
      entry(text, (swatch) => draw("rect", { x: 1, y: 1, width: 14, height: 14, ...fill }, swatch));
    }
    entry("here", (swatch) => draw("circle", { cx: 8, cy: 8, r: 5.5, class: "fg-here" }, swatch));
    if (fastest) {
      const star = "8,0 10,5.6 16,5.6 11,9 13,15 8,11.4 3,15 5,9 0,5.6 6,5.6";
      entry("fastest safe", (swatch) => draw("polygon", { points: star, class: "cy-star" }, swatch));
    }
  }

  /** A pointer may set both sliders on the map; the keyboard has the sliders. */
  pick(event) {
    const { box } = this;
    const rect = this.map.svg.getBoundingClientRect();
    const at = (event.clientX - rect.left - box.left) / (box.right - box.left);
    const up = (box.bottom - (event.clientY - rect.top)) / (box.bottom - box.top);
    if (at < 0 || at >= 1 || up < 0 || up >= 1) return;
    this.set({
      shelf_temperature: this.shelves[Math.floor(at * this.shelves.length)],
      chamber_pressure: this.pressures[Math.floor(up * this.pressures.length)],
    });
  }
}

export const { mount, render } = doors(CycleFigure);
export default { render };
