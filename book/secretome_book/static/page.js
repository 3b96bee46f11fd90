// What every page needs beyond the theme: two buttons, cards that open, frames that scroll.
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest(".btn-download-pdf-button")) window.print();
    if (event.target.closest(".btn-fullscreen-button")) globalThis.toggleFullScreen?.();
  });

  // the theme takes the focus from these buttons when they are pressed; it comes back, at once or
  // when the panel that they open is closed, or a keyboard would begin again at the top
  const pressed = ".sidebar-toggle, .search-button, .theme-switch-button";
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest(pressed);
      if (!button) return;
      setTimeout(() => {
        const panel = document.querySelector("dialog[open]");
        const keyboard = event.detail === 0;
        const back = () => {
          button.focus();
          // a finger is not told what the button does, after the fact and over the text
          if (!keyboard) button.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
        };
        if (panel) panel.addEventListener("close", back, { once: true });
        else if (keyboard) back();
      });
    },
    { capture: true },
  );

  // where the script that draws explorers was lost on the way, their tables get their full height
  window.addEventListener("load", () => {
    if (globalThis.sbWidgets) return;
    for (const place of document.querySelectorAll(".secretome-explorer-static")) {
      place.classList.add("ee-failed");
    }
  });

  // a link to a study opens its card
  const openNamed = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named?.matches("details")) named.open = true;
  };
  window.addEventListener("hashchange", openNamed);
  openNamed();

  // a frame that does not scroll is no stop for the keyboard; one that is unfolded later may be
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  const frames =
    ".pst-scrollable-table-container, .sb-scroll, .bd-article pre, .cell_output > .output";
  for (const frame of document.querySelectorAll(frames)) watch.observe(frame);
})();
