// The page before a notebook: names the chapter that the reader came from.
(function () {
  "use strict";
  const wanted = new URLSearchParams(location.search).get("chapter");
  const link = [...document.querySelectorAll("a[data-chapter]")].find(
    (a) => a.dataset.chapter === wanted,
  );
  const problem = document.getElementById("sb-run-problem");
  if (location.protocol === "file:") {
    problem.textContent =
      "A notebook needs a web server: this page was opened from a disk. Try make serve, or the website.";
    return;
  }
  if (!("WebAssembly" in globalThis) || !("Worker" in globalThis)) {
    problem.textContent = "This browser cannot run Python: it lacks WebAssembly or workers.";
    return;
  }
  if (!navigator.onLine) problem.textContent = "This device is offline; the packages cannot be fetched.";
  if (!link) return;
  const start = document.getElementById("sb-run-start");
  const button = start.firstElementChild;
  button.href = link.href;
  button.textContent = `Start: ${link.textContent}`;
  start.hidden = false;
})();
