// The frame's side of the widget, on its first page and on the conversation's. It speaks with the page that shows it,
// if that is a listed host, and tells it names of events and nothing of the conversation.
"use strict";

(() => {
  const ROOT = "/widget";
  const LONGEST = 500;
  const SILENT_MS = 15000;
  const hosts = JSON.parse(document.querySelector("meta[name=anya-hosts]").content);
  const isFirst = document.documentElement.dataset.page === "first";
  let host = null; // The origin of the page that shows us, once it has spoken.
  let shown = true;
  let signUrl = "";
  let verifier = null;

  // Opened by itself, there is nobody to speak with: the bank's own page does the same, and more.
  if (window.top === window) {
    location.replace("/");
    return;
  }

  function post(type, more) {
    if (host) window.parent.postMessage({ anya: 1, type, ...more }, host);
  }

  addEventListener("message", (event) => {
    if (event.source !== window.parent) return;
    // Chainlit would pass every message of the page around us on to the server.
    event.stopImmediatePropagation();
    const data = event.data;
    if (!hosts.includes(event.origin) || (host !== null && event.origin !== host)) return;
    if (typeof data !== "object" || data === null || data.anya !== 1) return;
    host = event.origin;
    heard(data);
  });

  function heard(data) {
    switch (data.type) {
      case "host":
        shown = data.shown === true;
        signUrl = typeof data.signUrl === "string" ? data.signUrl : "";
        if (isFirst) askWhoItIs();
        else whenReady(() => arrive(data.focus === true));
        break;
      case "code":
        if (isFirst && typeof data.code === "string") exchange(data.code);
        break;
      case "anonymous":
        if (isFirst) leave();
        break;
      case "failed":
        if (isFirst) say("problem", "Your bank could not be asked who you are. Please try again.");
        break;
      case "shown":
        shown = true;
        if (data.focus === true) whenReady(focusComposer);
        break;
      case "hidden":
        shown = false;
        break;
      case "ask":
        if (typeof data.text !== "string") break;
        if (isFirst) window.anyaVisit.fill(data.text.slice(0, LONGEST));
        else whenReady(() => fill(data.text.slice(0, LONGEST)));
        break;
      case "focus":
        focusEdge(data.at);
        break;
    }
  }

  // --- the first page: who is it? -----------------------------------------------------------------------------

  function encoded(bytes) {
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  async function askWhoItIs() {
    if (verifier !== null) return;
    verifier = encoded(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    post("launch", { challenge: encoded(new Uint8Array(digest)) });
  }

  function claimsOf(code) {
    try {
      return JSON.parse(atob(code.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))) || {};
    } catch {
      return {};
    }
  }

  async function exchange(code) {
    // A code that another site had signed would sign this person in under that site's name.
    if (claimsOf(code).iss !== host || verifier === null) return say("problem", "You could not be signed in here.");
    const own = verifier;
    verifier = null;
    try {
      const answer = await fetch(`${ROOT}/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ code, verifier: own }),
      });
      const told = await answer.json();
      if (!answer.ok) {
        post("error");
        return say("problem", told.detail);
      }
      const known = await fetch(`${ROOT}/user`, { cache: "no-store" });
      if (!known.ok) return say("blocked", "");
      post("signin");
      location.replace(told.conversation ? `${ROOT}/thread/${told.conversation}` : `${ROOT}/chat`);
    } catch {
      say("problem", "We could not reach the bank. Please check your connection and try again.");
      addEventListener("online", () => location.reload(), { once: true });
    }
  }

  // The page around us says that nobody is signed in: so nobody is, here.
  async function leave() {
    try {
      await fetch(`${ROOT}/leave`, { method: "POST" });
    } catch {
      return say("problem", "We could not reach the bank. Please check your connection and try again.");
    }
    say("anonymous", "");
    window.anyaVisit.begin(host);
    post("signout");
  }

  function say(what, sentence) {
    document.getElementById("waiting").hidden = true;
    for (const part of document.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== what;
    if (sentence) document.getElementById("problem").textContent = sentence;
    document.getElementById("sign-in").hidden = !signUrl;
    post("ready");
  }

  function startFirst() {
    document.getElementById("again").addEventListener("click", () => location.reload());
    document.getElementById("sign-in").addEventListener("click", () => post("sign-in-page"));
    setTimeout(() => {
      if (host === null) say("problem", "The page around this window does not answer. Please reload it.");
    }, SILENT_MS);
  }

  // --- the conversation ---------------------------------------------------------------------------------------

  // With the greeting Chainlit puts another composer in the place of the first one, and what was in that is lost.
  function isReady() {
    return isFirst || (document.getElementById("chat-input") && !document.getElementById("welcome-screen"));
  }

  function whenReady(act) {
    if (isReady()) return act();
    const watch = new MutationObserver(() => {
      if (!isReady()) return;
      watch.disconnect();
      act();
    });
    watch.observe(document.documentElement, { childList: true, subtree: true });
  }

  function arrive(wantsFocus) {
    post("ready");
    if (wantsFocus) focusComposer();
  }

  function focusComposer() {
    const place = document.getElementById("chat-input") || document.querySelector("button:not([hidden])");
    // A card that waits has taken the focus, and keeps it.
    if (place && !document.querySelector(".ai-message[role=alertdialog]:focus-within")) place.focus();
  }

  // What a person has typed stays: a question of the page around us is put into an empty composer only.
  function fill(text) {
    const input = document.getElementById("chat-input");
    input.focus();
    if (!input.value.trim()) document.execCommand("insertText", false, text);
  }

  function places() {
    const all = "a[href], button:not([disabled]), input, textarea, [contenteditable=true], [tabindex]:not([tabindex='-1'])";
    return [...document.querySelectorAll(all)].filter((one) => one.getClientRects().length > 0);
  }

  function focusEdge(at) {
    const found = places();
    const place = at === "last" ? found[found.length - 1] : found[0];
    if (place) place.focus();
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      // A menu, a dialog or a running answer is what Escape ends first.
      if (document.querySelector("[role=dialog], [role=menu], [role=listbox]")) return;
      const stop = document.getElementById("stop-button");
      if (stop) stop.click();
      else post("minimise");
    }
  });

  function watchAnswers() {
    let seen = 0;
    new MutationObserver(() => {
      const answers = document.querySelectorAll(".ai-message").length;
      if (answers > seen && !shown) post("unread");
      seen = answers;
    }).observe(document.documentElement, { childList: true, subtree: true });
  }

  // --- approving on our own page ------------------------------------------------------------------------------

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // The ticket goes in a form's body: in an address it would stay in histories and logs.
  function offerPage(ticket) {
    const dialog = element("dialog", "", { class: "step-up", "aria-labelledby": "approve-title" });
    const form = element("form", "", { method: "post", action: "/approve", target: "_blank", rel: "noopener" });
    const buttons = element("div", "", { class: "beside" });
    const cancel = element("button", "Cancel", { type: "button", class: "plain" });
    buttons.append(element("button", "Open the page", { type: "submit" }), cancel);
    form.append(
      element("h2", "Approve on our own page", { id: "approve-title" }),
      element("p", "Your bank has requests approved on a page that shows nothing else. It opens within a minute from now, once."),
      element("input", "", { type: "hidden", name: "ticket", value: ticket }),
      buttons,
    );
    dialog.append(form);
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", () => setTimeout(() => dialog.close()));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function offerProblem(sentence) {
    const dialog = element("dialog", "", { class: "step-up" });
    const form = element("form", "", { method: "dialog" });
    form.append(element("p", sentence, { role: "alert" }), element("button", "Close", { type: "submit" }));
    dialog.append(form);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  async function askForTicket(button) {
    try {
      const answer = await fetch(`${ROOT}/approval-ticket`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ approval_id: button.id.slice("approve-".length) }),
      });
      const told = await answer.json();
      if (answer.ok) offerPage(told.ticket);
      else offerProblem(told.detail);
    } catch {
      offerProblem("We could not reach the bank. Please check your connection and try again.");
    }
  }

  let asking = false;
  function holdBack(event) {
    const button = event.target instanceof Element && event.target.closest('button[id^="approve-"]');
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    askForTicket(button).finally(() => (asking = false));
  }

  // Nothing is decided here: where the bank wants its own page, a press of the frame approves nothing.
  if (document.querySelector("meta[name=anya-approve]")?.content === "page") {
    document.addEventListener("click", holdBack, true);
  }

  document.documentElement.classList.add("in-widget");
  // To any page, since it says nothing: the answer tells whose page it is.
  window.parent.postMessage({ anya: 1, type: "hello" }, "*");
  addEventListener("DOMContentLoaded", () => (isFirst ? startFirst() : watchAnswers()));
})();
