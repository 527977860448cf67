// Thumbs under what a model has answered, and nowhere else: a card or a notice of the bank is not rated. The page
// itself draws them under every message, without names.
"use strict";

(() => {
  const DRAWN = new Set(["new_message", "update_message", "stream_start", "resume_thread"]);
  const UUID = /^[0-9a-f-]{36}$/;
  const NAMES = { positive: "Helpful", negative: "Not helpful" };
  const GATHER_MS = 50;

  const rated = new Set(); // ids of the answers that can be rated
  const sheet = new CSSStyleSheet();
  let naming = 0;

  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  function receive(event, body) {
    if (!DRAWN.has(event)) return;
    for (const step of body.steps ?? [body]) {
      if (step.metadata?.kind === "answer" && UUID.test(step.id)) letRate(step.id);
    }
  }

  // By a rule and not by a mark on the element, which the page draws anew.
  function letRate(id) {
    if (rated.has(id)) return;
    rated.add(id);
    sheet.insertRule(`[id="step-${id}"] button:is(.positive-feedback-off, .negative-feedback-off) { display: inline-flex; }`);
  }

  function name() {
    naming = 0;
    for (const [kind, label] of Object.entries(NAMES)) {
      for (const button of document.querySelectorAll(`button:is(.${kind}-feedback-on, .${kind}-feedback-off)`)) {
        const pressed = String(button.classList.contains(`${kind}-feedback-on`));
        if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
        if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
        const words = kind === "negative" && button.nextElementSibling?.tagName === "BUTTON" && button.nextElementSibling;
        if (words && !words.hasAttribute("aria-label")) words.setAttribute("aria-label", "Change my words");
      }
    }
  }

  window.anyaArrivals.listen(receive);
  new MutationObserver(() => {
    naming ||= setTimeout(name, GATHER_MS);
  }).observe(document.getElementById("root"), { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
})();
