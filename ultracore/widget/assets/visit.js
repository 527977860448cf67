// A visitor's conversation on the frame's first page, before anybody has signed in. Answers are texts of ours; still
// nothing of them becomes markup but lists, bold names and links to telephones.
"use strict";

(() => {
  const ROOT = "/widget";
  const MARKS = /\[([^\]]+)\]\(tel:([+\d]+)\)|\*\*([^*]+)\*\*/g;
  const WORKING_MS = 300;
  const AWAY = "We could not reach the bank. Please check your connection and try again.";
  let log, form, input, host;

  function withMarks(text) {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const found of text.matchAll(MARKS)) {
      const [, number, call, strong] = found;
      parts.append(text.slice(end, found.index));
      if (strong) parts.append(Object.assign(document.createElement("strong"), { textContent: strong }));
      else parts.append(Object.assign(document.createElement("a"), { href: `tel:${call}`, textContent: number }));
      end = found.index + found[0].length;
    }
    parts.append(text.slice(end));
    return parts;
  }

  function drawn(text, own) {
    const message = document.createElement("div");
    message.className = own ? "own" : "hers";
    let list = null;
    for (const line of text.split("\n")) {
      const item = !own && line.startsWith("- ");
      if (!item) list = null;
      if (item && !list) message.append((list = document.createElement("ul")));
      if (!line.trim()) continue;
      const place = document.createElement(item ? "li" : "p");
      place.append(own ? line : withMarks(item ? line.slice(2) : line));
      (list ?? message).append(place);
    }
    return message;
  }

  function add(text, own) {
    const message = drawn(text, own);
    log.append(message);
    return message;
  }

  async function ask(text) {
    // The question stays in view, above its answer.
    const question = add(text, true);
    question.scrollIntoView({ block: "start" });
    const waiting = setTimeout(() => log.setAttribute("aria-busy", "true"), WORKING_MS);
    for (const button of document.querySelectorAll("#topics button, #send")) button.disabled = true;
    const told = await answered(text);
    clearTimeout(waiting);
    log.removeAttribute("aria-busy");
    for (const button of document.querySelectorAll("#topics button, #send")) button.disabled = false;
    for (const old of log.querySelectorAll("button")) old.remove();
    const answer = add(told.text, false);
    const signIn = document.getElementById("sign-in");
    if (told.sign_in && !signIn.hidden) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Sign in" });
      button.addEventListener("click", () => signIn.click());
      answer.append(button);
    }
    question.scrollIntoView({ block: "start" });
    return told.sent;
  }

  async function answered(text) {
    try {
      const answer = await fetch(`${ROOT}/ask`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ host, text }),
      });
      const told = await answer.json();
      return answer.ok ? { ...told, sent: true } : { text: told.detail ?? AWAY, sent: false };
    } catch {
      return { text: AWAY, sent: false };
    }
  }

  async function send(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text || document.getElementById("send").disabled) return;
    input.value = "";
    // What could not be answered is still there to be sent again, unless something else was typed meanwhile.
    if (!(await ask(text)) && !input.value) input.value = text;
    input.focus();
  }

  async function drawAgain() {
    try {
      const known = await (await fetch(`${ROOT}/visit`, { cache: "no-store" })).json();
      log.replaceChildren(...known.items.map((one) => drawn(one.text, one.own)));
      log.lastElementChild?.scrollIntoView({ block: "end" });
    } catch {
      // Without a connection the first message says so.
    }
  }

  // For the frame's other script, which knows the page around us.
  window.anyaVisit = {
    begin(origin) {
      host = origin;
      log = document.getElementById("visit");
      form = document.getElementById("ask");
      input = document.getElementById("visit-input");
      form.addEventListener("submit", send);
      for (const button of document.querySelectorAll("#topics button")) {
        button.addEventListener("click", () => ask(button.textContent));
      }
      drawAgain();
    },
    fill(text) {
      if (!input) return;
      input.focus();
      if (!input.value.trim()) input.value = text;
    },
  };
})();
