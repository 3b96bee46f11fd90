/* Bring the widgets of a built page to life without a kernel.
 *
 * The page holds the saved state of its widgets as JSON, or names the file that holds it, so
 * that a long state does not keep the text waiting.  This script reads it when the browser has
 * nothing better to do, and draws
 *   - the book's own figures in place of their plain forms, with a script and a style from
 *     the folder this script came from, so that a strict content security policy holds; a
 *     place may ask for a module of MODULES and for no other;
 *   - other anywidgets from the module in their own state.
 * A widget is drawn when it comes near the viewport or when the address names it; until
 * then the plain table and its height stay.
 */
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const own =
    document.currentScript || document.querySelector('script[src*="widget-loader.js"]');
  globalThis.sbWidgets = true; // page.js gives the tables back where this script was lost
  const base = own ? own.src : document.baseURI;

  let states = null;
  const stateOf = (id) => {
    if (!states) {
      states = {};
      for (const script of document.querySelectorAll(STATE)) {
        Object.assign(states, JSON.parse(script.textContent).state);
      }
      for (const saved of globalThis.sbStates || []) Object.assign(states, saved.state);
    }
    return states[id];
  };

  // A script and not a fetch: a page opened from the file system may load no other kind.
  const load = (file) =>
    new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = file;
      script.onload = done;
      script.onerror = () => fail(new Error(`the data of the figures did not come: ${file}`));
      document.head.append(script);
    });
  let files = null;
  const statesReady = () => {
    files ??= Promise.all(
      [...document.querySelectorAll(`${STATE}[data-file]`)].map((s) => load(s.dataset.file)),
    );
    return files;
  };

  const models = new Map();
  const modelOf = (id) => {
    const saved = stateOf(id);
    if (!saved) return null;
    if (!models.has(id)) models.set(id, makeModel(saved));
    return models.get(id);
  };

  /** What the browser side of a widget needs of a model; nothing leaves the page. */
  function makeModel(saved) {
    const values = { ...saved.state };
    for (const { path, data, encoding } of saved.buffers || []) {
      const text = encoding === "hex" ? null : atob(data);
      const bytes = text
        ? Uint8Array.from(text, (c) => c.charCodeAt(0))
        : Uint8Array.from(data.match(/../g) || [], (pair) => parseInt(pair, 16));
      let at = values;
      path.slice(0, -1).forEach((step) => {
        at = at[step];
      });
      at[path[path.length - 1]] = new DataView(bytes.buffer);
    }
    const handlers = new Map();
    const fire = (event, ...args) => {
      for (const handler of [...(handlers.get(event) || [])]) handler(...args);
    };
    const model = {
      get: (key) => values[key],
      set(key, value) {
        const changes = typeof key === "object" ? key : { [key]: value };
        const changed = Object.keys(changes).filter((name) => values[name] !== changes[name]);
        Object.assign(values, changes);
        for (const name of changed) fire(`change:${name}`, model, values[name]);
        if (changed.length) fire("change", model);
      },
      on(events, handler) {
        for (const event of events.split(/\s+/)) {
          if (!handlers.has(event)) handlers.set(event, new Set());
          handlers.get(event).add(handler);
        }
      },
      off(events, handler) {
        if (!events) return handlers.clear();
        for (const event of events.split(/\s+/)) {
          if (handler) handlers.get(event)?.delete(handler);
          else handlers.delete(event);
        }
      },
      save_changes() {},
      send() {},
      widget_manager: { get_model: async (id) => modelOf(id.replace(/^IPY_MODEL_/, "")) },
    };
    return model;
  }

  const styles = new Map();
  function linkStyle(url) {
    // the page's one stylesheet holds the explorer's, so that its place is kept from the start
    const wanted = url.split("?")[0];
    const joined = wanted === new URL("explorer.css", base).href && new URL("styles.css", base).href;
    const there = [...document.querySelectorAll('link[rel="stylesheet"]')].some((link) =>
      [wanted, joined].includes(link.href.split("?")[0]),
    );
    if (there) return Promise.resolve();
    if (!styles.has(url)) {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = url;
      styles.set(url, new Promise((done) => {
        link.onload = link.onerror = done;
      }));
      document.head.append(link);
    }
    return styles.get(url);
  }

  // What stands for a figure until it is drawn.
  const MODULES = {
    explorer: ".ee-fallback",
    cycle: ".fg-fallback",
    shelf_life: ".fg-fallback",
    dose_calculator: ".fg-fallback",
  };
  const PLACES =
    ".secretome-explorer-static[data-explorer-model], [data-module][data-widget-model]";

  async function drawPlace(place) {
    const { module: asked = "explorer", explorerModel, explorerVersion } = place.dataset;
    if (!Object.hasOwn(MODULES, asked)) throw new Error(`there is no module ${asked}`);
    const model = modelOf(explorerModel || place.dataset.widgetModel);
    if (!model) throw new Error("the page holds no state for this figure");
    const version = explorerVersion || place.dataset.widgetVersion;
    const file = (name) => new URL(name + (version ? `?v=${version}` : ""), base).href;
    const [module] = await Promise.all([
      import(file(`${asked}.js`)),
      linkStyle(file(`${asked}.css`)),
    ]);
    const host = document.createElement("div");
    const fallback = place.querySelector(MODULES[asked]);
    // Laid out before the table goes, so that the explorer knows its width.
    place.prepend(host);
    if (fallback) fallback.hidden = true;
    try {
      module.mount(host, model, { address: true });
    } catch (error) {
      host.remove();
      if (fallback) fallback.hidden = false;
      throw error;
    }
    place.classList.add("ee-mounted");
    // Thousands of hidden cells would still slow down every step.
    fallback?.remove();
  }

  async function drawWidget(script) {
    const view = JSON.parse(script.textContent);
    const saved = stateOf(view.model_id);
    if (!saved || !saved.state._esm) return; // a classic widget: the html-manager's task
    const model = modelOf(view.model_id);
    const url = URL.createObjectURL(new Blob([saved.state._esm], { type: "text/javascript" }));
    const { default: given } = await import(url);
    URL.revokeObjectURL(url);
    const widget = typeof given === "function" ? await given() : given;
    if (saved.state._css) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(saved.state._css);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    }
    const host = document.createElement("div");
    script.after(host);
    await widget.initialize?.({ model });
    await widget.render?.({ model, el: host });
  }

  const begun = new WeakSet();
  function draw(place) {
    if (begun.has(place)) return;
    begun.add(place);
    const work = place.matches(VIEW) ? drawWidget : drawPlace;
    statesReady().then(() => work(place)).catch((error) => {
      place.classList.add("ee-failed"); // gives the plain table its full height back
      console.error("widget-loader:", error);
    });
  }

  const places = () => document.querySelectorAll(PLACES);

  function drawNamed() {
    const named = new Set(
      [...location.hash.matchAll(/[#&]explorer=([^&]*)/g)].map(([, name]) => {
        try {
          return decodeURIComponent(name);
        } catch {
          return name;
        }
      }),
    );
    for (const place of places()) if (named.has(place.dataset.explorerName)) draw(place);
  }

  function start() {
    drawNamed();
    window.addEventListener("hashchange", drawNamed);
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          draw(target.matches(PLACES) ? target : target.querySelector(VIEW));
        }
      },
      { rootMargin: "800px 0px" },
    );
    for (const place of places()) near.observe(place);
    // A script element has no box to come into view: watch the output around it.
    for (const script of document.querySelectorAll(VIEW)) near.observe(script.parentElement);
  }

  const whenIdle = () =>
    window.requestIdleCallback ? requestIdleCallback(start, { timeout: 1500 }) : setTimeout(start, 50);
  if (document.readyState === "complete") whenIdle();
  else window.addEventListener("load", whenIdle, { once: true });
})();
