// Sphinx puts this before its own search: how results are ordered, and what of a page is quoted.
var Scorer = {
  // A page that explains comes before one that lists.
  score: ([docname, , , , score]) =>
    score - (/^(chapters\/reference\/(?!glossary)|chapters\/teach\/quiz-bank|genindex)/.test(docname) ? 4 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const whole = Search.htmlToText;
  Search.htmlToText = (text, anchor) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of page.querySelectorAll(".cell, table, .bd-header-article, .sb-facts, .sb-cite")) part.remove();
    return whole(page.documentElement.outerHTML, anchor);
  };
});
