// What every page needs beyond the theme: two buttons and frames that scroll.
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest(".btn-download-pdf-button")) window.print();
    if (event.target.closest(".btn-fullscreen-button")) globalThis.toggleFullScreen?.();
  });

  // a frame that does not scroll is no stop for the keyboard
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const frame of document.querySelectorAll(".pst-scrollable-table-container, .sb-scroll")) {
    watch.observe(frame);
  }
})();
