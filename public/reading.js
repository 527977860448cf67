// Keeps the question in view: it stands at the top of the conversation with the answer's first words below it, and
// stays there while the answer grows. Chainlit's own scrolling goes to the end of an answer, and is off.
"use strict";

(() => {
  const ABOVE = 16; // Between the edge and the question.
  const MOST = 0.4; // Of the height may belong to a question; the end of a longer one is shown.
  const PAGES = new Set(["PageUp", "PageDown"]);
  const KEYS = new Set(["ArrowUp", "ArrowDown", "Home", "End", " "]);
  const DECISIONS = 'button[id^="approve-"], button[id^="decline-"]';
  const LEFT = Symbol("left"); // A person scrolls, or a card has come into view: until the next question.
  const ASKED = Symbol("asked"); // The question is held at the top.
  const DECIDED = Symbol("decided"); // What comes after a decision is brought into view.

  let mode = LEFT;
  let question = null; // id of the last question's step
  let box = null; // what scrolls
  let looking = 0;

  const last = (selector) => [...document.querySelectorAll(selector)].pop();

  function look() {
    looking = 0;
    const asked = last("[data-step-type=user_message]");
    if (asked) notice(asked);
    else question = null;
    if (last('button[id^="approve-"]') && mode === ASKED) mode = LEFT; // public/anya.js goes to the card.
    if (asked && box && mode === ASKED) hold(asked);
    if (mode === DECIDED) follow(last(".ai-message"));
  }

  function notice(asked) {
    const { id } = asked.closest("[id^='step-']") ?? asked;
    if (id === question) return;
    question = id;
    const found = asked.closest(".overflow-y-auto");
    if (!found) return;
    if (found !== box) watch(found);
    box = found;
    mode = ASKED;
  }

  function watch(found) {
    for (const hand of ["wheel", "touchmove", "focusin"]) found.addEventListener(hand, leaveAlone, { passive: true });
  }

  // How far the question is from its place; positive if it is too low.
  function distance(asked) {
    const [edge, { top, bottom }] = [box.getBoundingClientRect().top, asked.getBoundingClientRect()];
    return Math.max(top - edge - ABOVE, bottom - edge - box.clientHeight * MOST);
  }

  function hold(asked) {
    const far = distance(asked);
    // A short answer leaves the conversation too short to scroll so far.
    const place = Math.max(0, box.scrollTop + far);
    box.firstElementChild.style.setProperty("--room", `${Math.ceil(place + box.clientHeight)}px`);
    if (Math.abs(far) > 1) move(place);
  }

  function follow(message) {
    if (!message || !box) return;
    const [view, place] = [box.getBoundingClientRect(), message.getBoundingClientRect()];
    const far = Math.min(place.bottom - view.bottom, place.top - view.top) + ABOVE;
    if (far > ABOVE) move(box.scrollTop + far);
  }

  // At once, not smoothly: nothing moves that somebody could be reading, or would be made sick by.
  function move(place) {
    box.scrollTop = place;
  }

  // By a wheel, a finger, a key, the bar at the side, or Chainlit's arrow. Not told from where it stands: what is above
  // the question changes its height too.
  function leaveAlone() {
    mode = LEFT;
  }

  function press({ target }) {
    if (target === box || (target instanceof Element && box?.parentElement.contains(target) && !box.contains(target))) {
      leaveAlone();
    }
  }

  function type({ key, target }) {
    const writes = target instanceof Element && target.closest("textarea, input, [contenteditable=true]");
    if (PAGES.has(key) || (!writes && KEYS.has(key))) leaveAlone();
  }

  function decide(event) {
    if (event.target instanceof Element && event.target.closest(DECISIONS)) {
      mode = DECIDED;
    }
  }

  function lookSoon() {
    looking ||= requestAnimationFrame(look);
  }

  document.addEventListener("click", decide);
  document.addEventListener("pointerdown", press);
  document.addEventListener("keydown", type);
  window.addEventListener("resize", look);
  new MutationObserver(lookSoon).observe(document.getElementById("root"), { childList: true, subtree: true, characterData: true });
})();
