/* Shelf life in the browser: the estimate from the fitted rate, the interval between nodes.
 *
 * Fits, intervals and constants come from Python in `settings`; what secretome.stability
 * refuses is refused here too.
 */
import { celsius, doors, draw, Figure, figures, make, unguard } from "./figure.js";

// ------------------------------------------------------------------------------ the model

/** k·t at which a share remains. */
export const dose = (model, share) =>
  ({ zero: 1 - share, first: -Math.log(share), second: 1 / share - 1 })[model];

/** Share that remains after k·t. */
export const remaining = (model, x) =>
  ({ zero: Math.max(0, 1 - x), first: Math.exp(-x), second: 1 / (1 + x) })[model];

export function rate(settings, fit, temperature) {
  const inverse = 1 / (temperature + settings.zero_c) - 1 / (fit.reference + settings.zero_c);
  return fit.rate * Math.exp((-fit.energy[0] * 1e3 * inverse) / settings.gas_constant);
}

/** Logarithm of an end of the interval: cubic in one by temperature through four nodes. */
function between(settings, nodes, logs, temperature) {
  const u = (t) => 1 / (t + settings.zero_c);
  let right = nodes.findIndex((t) => t >= temperature - 1e-9);
  if (right < 0) right = nodes.length - 1;
  if (Math.abs(nodes[right] - temperature) < 1e-9) return logs[right] ?? Infinity;
  if (right === 0 || logs[right] === null || logs[right - 1] === null) return Infinity;
  let from = Math.min(Math.max(right - 2, 0), Math.max(nodes.length - 4, 0));
  let to = Math.min(from + 4, nodes.length);
  if (logs.slice(from, to).includes(null)) [from, to] = [right - 1, right + 1];
  let sum = 0;
  for (let i = from; i < to; i += 1) {
    let weight = 1;
    for (let j = from; j < to; j += 1) {
      if (j !== i) weight *= (u(temperature) - u(nodes[j])) / (u(nodes[i]) - u(nodes[j]));
    }
    sum += weight * logs[i];
  }
  return sum;
}

/** Time to a share with its interval, or why there is none. */
export function shelfLife(settings, set, model, method, temperature, share, extrapolate) {
  const fit = set.fits[`${model} ${method}`];
  if (fit.refused) return { refused: "fit", why: unguard(fit.refused) };
  const { tg, low, high, last } = set;
  if (tg !== null && temperature >= tg !== high >= tg) {
    const [data, here] = high >= tg ? ["above", "below"] : ["below", "above"];
    return {
      refused: "glass",
      why: `The data lie ${data} the glass transition (${celsius(tg)}), and ${celsius(temperature)} lies ${here} it. Mobility changes its law there, so no Arrhenius line crosses it.`,
    };
  }
  const inside = temperature >= low && temperature <= high;
  if (!inside && !extrapolate) {
    return {
      refused: "temperature",
      why: `${celsius(temperature)} is outside the data (${celsius(low)} to ${celsius(high)}). Tick the box if accelerated data are meant to speak for it.`,
    };
  }
  const time = dose(model, share) / rate(settings, fit, temperature);
  if (time > last && !extrapolate) {
    return {
      refused: "time",
      why: `It would be reached after ${figures(time)} ${unguard(settings.unit)}, but the data end at ${figures(last)}. Tick the box if that is meant.`,
    };
  }
  // the interval was computed for nine tenths; for these models another share is a factor
  const factor = dose(model, share) / dose(model, 0.9);
  const end = (logs) => factor * Math.exp(between(settings, fit.nodes, logs, temperature));
  return { time, low: end(fit.lows), high: end(fit.highs), extrapolated: !inside || time > last };
}

// ------------------------------------------------------------------------------ the figure

const VERDICTS = {
  fit: "✗ no fit",
  glass: "✗ across the glass transition",
  temperature: "✗ outside the data",
  time: "✗ beyond the time of the data",
};

class ShelfLifeFigure extends Figure {
  get kind() {
    return "sl";
  }

  get traits() {
    return ["storage_temperature", "measurements", "model", "method", "fraction", "extrapolate"];
  }

  build(root) {
    const { given } = this;
    const controls = make("div", { class: "fg-controls" }, root);
    this.temperature = this.slider(controls, "storage_temperature", "Storage temperature", given.range);
    const box = make("label", { class: "fg-check" }, controls);
    this.box = make("input", { type: "checkbox" }, box);
    box.append(" answer beyond the data too");
    this.box.addEventListener("change", () => this.set({ extrapolate: this.box.checked }));
    const choices = make("div", { class: "fg-choices" }, controls);
    this.measured = this.choice(choices, "measurements", "Measurements", given.sets.map((s) => [unguard(s.name), unguard(s.name)]));
    this.order = this.choice(choices, "model", "Order of the loss", given.models.map((m) => [m, m]));
    this.way = this.choice(choices, "method", "Fitted as", given.methods);
    this.share = this.choice(choices, "fraction", "Until there remain", given.fractions.map((f) => [f, `${figures(100 * f)} %`]));
    this.facts = this.factBoxes(root, [
      ["time", "Shelf life"],
      ["interval", `${figures(100 * given.level)} % interval`],
      ["verdict", "Stands"],
      ["energy", "Activation energy"],
    ]);
    const pictures = make("div", { class: "fg-pictures" }, root);
    this.line = this.picture(pictures, "Shelf life by storage temperature");
    this.course = this.picture(pictures, "Share left in time at this temperature");
    this.readingLine(root);
    make("p", { class: "fg-source" }, root, unguard(given.note));
  }

  answer(temperature, extrapolate) {
    const { model } = this;
    return shelfLife(
      this.given, this.chosen, model.get("model"), model.get("method"), temperature, model.get("fraction"), extrapolate,
    );
  }

  refresh() {
    const { given, model, facts } = this;
    const at = model.get("storage_temperature");
    this.chosen = given.sets.find((s) => unguard(s.name) === model.get("measurements")) || given.sets[0];
    this.fit = this.chosen.fits[`${model.get("model")} ${model.get("method")}`];
    this.temperature.show(at, celsius(at, 0));
    this.box.checked = model.get("extrapolate");
    this.measured.value = unguard(this.chosen.name);
    this.order.value = model.get("model");
    this.way.value = model.get("method");
    this.share.value = model.get("fraction");
    const life = this.answer(at, model.get("extrapolate"));
    const unit = unguard(given.unit);
    facts.time.textContent = life.refused ? "–" : `${figures(life.time)} ${unit}`;
    facts.interval.textContent = life.refused ? "–" : `${figures(life.low)} to ${figures(life.high)}`;
    facts.verdict.textContent = life.refused ? VERDICTS[life.refused] : life.extrapolated ? "! beyond the data" : "✓ within the data";
    facts.verdict.dataset.good = !life.refused && !life.extrapolated;
    facts.energy.textContent = this.fit.refused
      ? "–"
      : `${figures(this.fit.energy[0])} (${figures(this.fit.energy[1])} to ${figures(this.fit.energy[2])}) kJ/mol`;
    this.now = { life, at };
    this.pictures();
    this.say();
  }

  sentence() {
    const { life, at } = this.now;
    const unit = unguard(this.given.unit);
    const share = `${figures(100 * this.model.get("fraction"))} %`;
    if (life.refused) return `No shelf life at ${celsius(at, 0)}. ${life.why}`;
    const high = Number.isFinite(life.high)
      ? `to ${figures(life.high)}`
      : "with no upper end, because the data do not exclude that nothing is lost";
    const beyond = life.extrapolated ? " This lies beyond the data." : "";
    return `At ${celsius(at, 0)} ${share} remain for ${figures(life.time)} ${unit}, interval ${figures(life.low)} ${high}, if the loss is of ${this.model.get("model")} order.${beyond}`;
  }

  pictures() {
    if (!this.now) return;
    this.drawLine();
    this.drawCourse();
  }

  nothing(box) {
    draw("text", { x: (box.left + box.right) / 2, y: 110, "text-anchor": "middle" }, box.svg, "no answer here: see below");
  }

  drawLine() {
    const { given, chosen } = this;
    const [first, last, step] = given.range;
    const lives = [];
    for (let t = first; t <= last + 1e-9; t += Math.max(step, (last - first) / 90)) {
      const life = this.answer(t, true);
      if (!life.refused) lives.push({ t, ...life });
    }
    const words = lives.length
      ? `Shelf life from ${figures(lives[0].time)} ${unguard(given.unit)} at ${celsius(lives[0].t, 0)} to ${figures(lives[lives.length - 1].time)} at ${celsius(lives[lives.length - 1].t, 0)}.`
      : "No line: this model was not fitted.";
    const box = this.frame(this.line, words, 54);
    if (!lives.length) {
      this.nothing(box);
      return;
    }
    const logs = lives.map((l) => Math.log10(l.time));
    const low = Math.floor(Math.min(...logs) - 0.2);
    const high = Math.ceil(Math.max(...logs) + 0.2);
    const x = (t) => box.left + ((box.right - box.left) * (t - first)) / (last - first);
    const y = (value) => {
      const log = Math.min(Math.max(Math.log10(value), low), high);
      return box.bottom - ((box.bottom - box.top) * (log - low)) / (high - low);
    };
    const every = Math.ceil((high - low) / 7);
    for (let k = low; k <= high; k += every) {
      draw("line", { x1: box.left, x2: box.right, y1: y(10 ** k), y2: y(10 ** k), class: "fg-grid" }, box.svg);
      draw("text", { x: box.left - 6, y: y(10 ** k) + 4, "text-anchor": "end" }, box.svg, Math.abs(k) > 4 ? `1e${k}` : figures(10 ** k, 1));
    }
    const pace = [5, 10, 20, 50].find((k) => (last - first) / k <= 7) || 100;
    for (let t = Math.ceil(first / pace) * pace; t <= last; t += pace) {
      draw("text", { x: x(t), y: box.bottom + 16, "text-anchor": "middle" }, box.svg, figures(t));
    }
    this.axisNames(box, "storage, °C", unguard(given.unit));
    const path = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
    const band = [...lives.map((l) => [x(l.t), y(l.low)]), ...lives.map((l) => [x(l.t), y(l.high)]).reverse()];
    draw("path", { d: `${path(band)}Z`, class: "sl-band" }, box.svg);
    draw("path", { d: path(lives.map((l) => [x(l.t), y(l.time)])), class: "fg-curve" }, box.svg);
    for (const t of chosen.temperatures) {
      if (t >= first && t <= last) draw("line", { x1: x(t), x2: x(t), y1: box.bottom, y2: box.bottom - 8, class: "sl-tick" }, box.svg);
    }
    if (chosen.tg !== null && chosen.tg >= first && chosen.tg <= last) {
      const beyond = chosen.high >= chosen.tg ? [x(first), x(chosen.tg)] : [x(chosen.tg), x(last)];
      draw("rect", { x: beyond[0], y: box.top, width: beyond[1] - beyond[0], height: box.bottom - box.top, class: "sl-beyond" }, box.svg);
      draw("line", { x1: x(chosen.tg), x2: x(chosen.tg), y1: box.top, y2: box.bottom, class: "fg-limit" }, box.svg);
      draw("text", { x: x(chosen.tg) - 5, y: box.top + 12, "text-anchor": "end", class: "fg-halo" }, box.svg, "glass transition");
    }
    const { life, at } = this.now;
    if (life.refused) {
      draw("line", { x1: x(at), x2: x(at), y1: box.top, y2: box.bottom, class: "fg-grid" }, box.svg);
      draw("text", { x: x(at), y: (box.top + box.bottom) / 2, "text-anchor": "middle", class: "fg-halo" }, box.svg, "✗");
    } else {
      draw("line", { x1: x(at), x2: x(at), y1: y(life.low), y2: y(life.high), class: "sl-bar" }, box.svg);
      this.here(box, x(at), y(life.time));
    }
  }

  drawCourse() {
    const { life, at } = this.now;
    const { chosen, given, model } = this;
    const share = model.get("fraction");
    const order = model.get("model");
    const words = life.refused
      ? "No curve: there is no answer at this temperature."
      : `The share left falls from 1 to ${figures(share)} in ${figures(life.time)} ${unguard(given.unit)}.`;
    const box = this.frame(this.course, words, 46);
    if (life.refused) {
      this.nothing(box);
      return;
    }
    const points = chosen.points.filter(([, t]) => Math.abs(t - at) < 0.5);
    const end = points.length ? Math.max(chosen.last, life.time * 1.2) : life.time * 2;
    const k = rate(given, this.fit, at);
    const lowest = Math.min(remaining(order, k * end), share, ...points.map(([, , y]) => y));
    const low = Math.max(0, Math.floor(lowest * 10 - 0.5) / 10);
    const x = (t) => box.left + ((box.right - box.left) * t) / end;
    const y = (v) => box.bottom - ((box.bottom - box.top) * (v - low)) / (1.05 - low);
    for (let v = Math.round(low * 10); v <= 10; v += low < 0.45 ? 2 : 1) {
      draw("line", { x1: box.left, x2: box.right, y1: y(v / 10), y2: y(v / 10), class: "fg-grid" }, box.svg);
      draw("text", { x: box.left - 6, y: y(v / 10) + 4, "text-anchor": "end" }, box.svg, `${v * 10} %`);
    }
    for (let i = 0; i <= 4; i += 1) {
      draw("text", { x: x((end * i) / 4), y: box.bottom + 16, "text-anchor": i === 4 ? "end" : "middle" }, box.svg, figures((end * i) / 4, 2));
    }
    this.axisNames(box, unguard(given.unit), "left");
    const path = Array.from({ length: 81 }, (_, i) => [(end * i) / 80, remaining(order, (k * end * i) / 80)]);
    draw("path", { d: path.map(([t, v], i) => `${i ? "L" : "M"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`).join(""), class: "fg-curve" }, box.svg);
    draw("line", { x1: box.left, x2: box.right, y1: y(share), y2: y(share), class: "fg-limit" }, box.svg);
    draw("line", { x1: x(Math.min(life.low, end)), x2: x(Math.min(life.high, end)), y1: y(share), y2: y(share), class: "sl-bar" }, box.svg);
    for (const [t, , v] of points) draw("circle", { cx: x(t), cy: y(v), r: 4, class: "sl-point" }, box.svg);
    this.here(box, x(life.time), y(share));
  }
}

export const { mount, render } = doors(ShelfLifeFigure);
export default { render };
