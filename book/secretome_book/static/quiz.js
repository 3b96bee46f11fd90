// Quizzes: an option chosen opens its explanation. Answers stay on this device.
(function () {
  "use strict";
  const key = (form) => `secretome-quiz-${form.dataset.quiz}`;

  function remembered(form) {
    try {
      return localStorage.getItem(key(form));
    } catch {
      return null; // storage may be switched off; the quiz works without it
    }
  }

  function show(form, value) {
    for (const answer of form.querySelectorAll(".sb-answer")) {
      const mine = answer.dataset.option === value;
      answer.classList.toggle("sb-shown", mine);
      if (mine) form.querySelector(".sb-quiz-status").textContent = answer.textContent;
    }
    try {
      localStorage.setItem(key(form), value);
    } catch {
      // not remembered, no harm
    }
  }

  for (const form of document.querySelectorAll("form.sb-quiz")) {
    form.classList.add("sb-quiz-on");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => show(form, event.target.value));
    const value = remembered(form);
    const option = value === null ? null : form.querySelector(`input[value="${CSS.escape(value)}"]`);
    if (option) {
      option.checked = true;
      show(form, value);
    }
  }
})();
