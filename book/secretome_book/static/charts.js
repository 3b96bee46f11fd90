// Brings the static charts to life.
// The rule: nothing happens until the reader first moves (scroll, pointer, key or focus), because
// until then the picture says the same.  From then on, a chart is drawn when it is in view or
// within 200 px of it, and the first one fetches Vega, from this site.  Charts further down wait.
// Expressions are interpreted, not compiled, so that the content security policy needs no
// 'unsafe-eval'.
(function () {
  "use strict";
  const here = document.currentScript.src;
  let vega;

  function load() {
    vega ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("vendor/vega/vega-bundle.js", here).href;
      script.onload = () => resolve(globalThis.vegaEmbed);
      script.onerror = () => reject(new Error("the chart library did not load"));
      document.head.append(script);
    });
    return vega;
  }

  const dark = () => document.documentElement.dataset.theme === "dark";

  function config() {
    const ink = dark() ? "#dfe3e8" : "#24292f";
    const line = dark() ? "#6b7480" : "#8a939c";
    const grid = dark() ? "#333a42" : "#e4e7ea";
    return {
      background: "transparent",
      axis: { labelColor: ink, titleColor: ink, domainColor: line, tickColor: line, gridColor: grid },
      legend: { labelColor: ink, titleColor: ink },
      header: { labelColor: ink, titleColor: ink },
      title: { color: ink, subtitleColor: ink },
      text: { color: ink },
      rule: { color: ink },
      view: { stroke: grid },
    };
  }

  // marks that were drawn in the ink of the light theme follow the theme
  function recolour(value) {
    if (!dark()) return value;
    const text = JSON.stringify(value).replaceAll('"#24292f"', '"#dfe3e8"');
    return JSON.parse(text.replaceAll('"#e4e7ea"', '"#333a42"'));
  }

  async function draw(figure) {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const live = figure.querySelector(".sb-chart-live");
    const still = figure.querySelector(".sb-chart-static");
    try {
      const embed = await load();
      figure.sbView?.finalize();
      live.hidden = false;
      const result = await embed(live, recolour(spec), {
        actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
        ast: true,
        renderer: (figure.dataset.marks ?? 0) > 1500 ? "canvas" : "svg",
        config: config(),
        i18n: { CLICK_TO_VIEW_ACTIONS: "Save this chart", SVG_ACTION: "Save as SVG", PNG_ACTION: "Save as PNG" },
      });
      figure.sbView = result;
      const drawing = live.querySelector("svg, canvas");
      if (drawing) {
        drawing.setAttribute("role", "img");
        drawing.setAttribute("aria-label", still.getAttribute("aria-label"));
        for (const part of drawing.querySelectorAll("[role], [aria-label], [aria-roledescription]")) {
          part.removeAttribute("role");
          part.removeAttribute("aria-label");
          part.removeAttribute("aria-roledescription");
        }
      }
      const summary = live.querySelector("summary");
      if (summary) summary.setAttribute("aria-label", "Save this chart");
      figure.classList.add("sb-chart-on");
    } catch (error) {
      // the static picture stays; nothing is lost but the tooltips
      live.hidden = true;
      figure.classList.remove("sb-chart-on");
    }
  }

  function start() {
    const figures = [...document.querySelectorAll("figure.sb-chart")];
    if (!figures.length) return;
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          seen.unobserve(entry.target);
          draw(entry.target);
        }
      },
      { rootMargin: "200px" },
    );
    figures.forEach((figure) => seen.observe(figure));
    new MutationObserver(() => {
      figures.filter((f) => f.classList.contains("sb-chart-on")).forEach(draw);
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  const signs = ["scroll", "pointermove", "pointerdown", "keydown", "focusin"];
  function first() {
    for (const sign of signs) removeEventListener(sign, first);
    start();
  }
  for (const sign of signs) addEventListener(sign, first, { passive: true });
})();
