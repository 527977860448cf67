// The loader of Anya's widget, for a page of the bank: a launcher, a frame, and window.Anya. It sets no cookie, reads
// nothing of the conversation, and styles what it draws in a shadow of its own, by rules that no policy has to allow.
"use strict";

(() => {
  if (window.Anya) return;
  const script = document.currentScript || document.querySelector("script[src*='/widget.'][data-anya]");
  if (!script) return;
  const options = script.dataset;
  const home = new URL(script.src).origin;
  const EVENTS = ["ready", "open", "close", "unread", "signin", "signout", "error"];
  const KEPT = "anya:open"; // In this page's session storage: whether the widget was open on the page before.
  const LONGEST = 500;
  const PATIENCE_MS = 20000;
  const WORDS = {
    label: options.label || "Chat with Anya",
    title: options.title || "Anya, the bank's assistant",
    close: options.closeLabel || "Minimise",
    unread: options.unreadLabel || "There is a new message",
    slow: options.slowLabel || "Anya is taking a while to load. Please check your connection.",
    again: options.againLabel || "Try again",
  };
  const STYLE = `
    :host { all: initial; color-scheme: light dark; position: fixed; z-index: var(--anya-z-index, 2147483000);
      inset: auto max(1rem, env(safe-area-inset-right)) max(1rem, env(safe-area-inset-bottom)) auto;
      font: 600 1rem/1.3 var(--anya-font, system-ui, sans-serif); }
    :host([side=left]) { inset: auto auto max(1rem, env(safe-area-inset-bottom)) max(1rem, env(safe-area-inset-left)); }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .launcher { display: flex; align-items: center; gap: .6rem; min-height: 3.25rem; padding: .75rem 1.15rem;
      border: 2px solid transparent; border-radius: 999px; cursor: pointer; font: inherit; position: relative;
      color: var(--anya-on-accent, #fff); background: var(--anya-accent, #14514a);
      box-shadow: 0 4px 14px rgb(0 0 0 / .28); }
    .launcher:hover { filter: brightness(1.12); }
    .launcher svg { width: 1.4rem; height: 1.4rem; flex: none; }
    :focus-visible { outline: 3px solid var(--anya-focus, #f2b84b); outline-offset: 3px; }
    .badge { position: absolute; top: -.2rem; inset-inline-end: .1rem; width: 1rem; height: 1rem; border-radius: 50%;
      background: var(--anya-badge, #c5221f); border: 2px solid Canvas; }
    .panel { width: min(26rem, calc(100vw - 2rem)); height: min(42rem, calc(100dvh - 2rem)); overflow: hidden;
      border: 1px solid rgb(128 128 128 / .45); border-radius: var(--anya-radius, 1rem); position: relative;
      background: Canvas; color: CanvasText; box-shadow: 0 10px 34px rgb(0 0 0 / .3); display: flex; flex-direction: column; }
    .bar { display: flex; align-items: center; gap: .5rem; flex: none; padding: .35rem .4rem .35rem .9rem;
      color: var(--anya-on-accent, #fff); background: var(--anya-accent, #14514a); }
    .bar span { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .bar button { width: 2.75rem; height: 2.75rem; border: 0; border-radius: .6rem; cursor: pointer; color: inherit;
      background: transparent; font: inherit; }
    .bar button:hover { background: rgb(255 255 255 / .16); }
    .bar svg { width: 1.25rem; height: 1.25rem; }
    iframe { flex: 1; width: 100%; border: 0; display: block; background: Canvas; }
    .slow { padding: 1rem; font-weight: 400; }
    .slow button { font: inherit; padding: .5rem 1rem; }
    @media (prefers-reduced-motion: no-preference) { .panel { animation: rise .18s ease-out; } }
    @keyframes rise { from { transform: translateY(.75rem); opacity: .4; } }
    @media (max-width: 480px), (max-height: 420px) {
      :host([open]) { inset: 0; }
      .panel { width: 100vw; height: var(--anya-height, 100dvh); border: 0; border-radius: 0;
        padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left); }
    }
    @media (forced-colors: active) { .launcher, .bar button, .panel { border: 2px solid ButtonText; } .badge { background: Highlight; forced-color-adjust: none; } }
    @media print { :host { display: none; } }`;
  const SPEECH = '<path d="M4 4h16a1.5 1.5 0 0 1 1.5 1.5v10A1.5 1.5 0 0 1 20 17H9l-5 4v-4H4a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 4 4Z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/>';
  const DOWN = '<path d="M5 9l7 7 7-7" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>';

  const listeners = new Map(EVENTS.map((name) => [name, new Set()]));
  let host, root, launcher, badge, panel, frame, slow, timer;
  let open = false;
  let spoken = false; // The frame has said hello: before that its window is still this page's own.
  let ready = false;
  let waiting = null; // What `ask` was given before the composer was there.
  let focused = null; // What had the focus when the widget was opened.

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function icon(path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.innerHTML = path; // Our own constant, above.
    return svg;
  }

  // Told without anything of the conversation: a name of the closed list, and no argument.
  function tell(name) {
    for (const listener of listeners.get(name)) {
      try {
        listener();
      } catch (error) {
        setTimeout(() => { throw error; });
      }
    }
  }

  function post(type, more) {
    if (spoken && frame.contentWindow) frame.contentWindow.postMessage({ anya: 1, type, ...more }, home);
  }

  function keep(value) {
    try {
      if (value) sessionStorage.setItem(KEPT, "1");
      else sessionStorage.removeItem(KEPT);
    } catch { /* A browser may keep nothing for this site: the widget then begins closed on every page. */ }
  }

  function wasOpen() {
    try {
      return sessionStorage.getItem(KEPT) === "1";
    } catch {
      return false;
    }
  }

  function isModal() {
    return matchMedia("(max-width: 480px), (max-height: 420px)").matches;
  }

  function build() {
    host = element("anya-widget", options.side === "left" ? { side: "left" } : {});
    if (options.language) host.lang = options.language;
    root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    badge = element("i", { class: "badge" });
    badge.hidden = true;
    launcher = element("button", { type: "button", class: "launcher", "aria-expanded": "false" }, icon(SPEECH), WORDS.label, badge);
    launcher.addEventListener("click", () => show(true));
    const down = element("button", { type: "button", title: WORDS.close, "aria-label": WORDS.close }, icon(DOWN));
    down.addEventListener("click", () => hide());
    slow = element("div", { class: "slow", role: "alert" });
    slow.hidden = true;
    // The focus goes round inside: what stands at both ends sends it back in.
    const first = element("div", { tabindex: "0" });
    const last = element("div", { tabindex: "0" });
    first.addEventListener("focus", () => (ready ? post("focus", { at: "last" }) : down.focus()));
    last.addEventListener("focus", () => down.focus());
    panel = element("div", { class: "panel", role: "dialog", "aria-label": WORDS.title },
      first, element("div", { class: "bar" }, element("span", {}, WORDS.title), down), slow, last);
    panel.hidden = true;
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        hide();
      }
    });
    root.append(launcher, panel);
    document.body.append(host);
  }

  function load() {
    if (frame) frame.remove();
    ready = spoken = false;
    slow.hidden = true;
    frame = element("iframe", { title: WORDS.title, src: `${home}/widget`, allow: "clipboard-write" });
    panel.insertBefore(frame, panel.lastElementChild);
    clearTimeout(timer);
    timer = setTimeout(complain, PATIENCE_MS);
  }

  function complain() {
    const again = element("button", { type: "button" }, WORDS.again);
    again.addEventListener("click", load);
    slow.replaceChildren(element("p", {}, WORDS.slow), again);
    slow.hidden = false;
    tell("error");
  }

  function fit() {
    // The on-screen keyboard covers the lower part of the page; the composer must stay above it.
    if (open && window.visualViewport) panel.style.setProperty("--anya-height", `${visualViewport.height}px`);
  }

  function show(byPerson) {
    if (open) return;
    open = true;
    focused = byPerson ? document.activeElement : null;
    if (!frame) load();
    host.setAttribute("open", "");
    panel.hidden = false;
    panel.toggleAttribute("aria-modal", isModal());
    if (isModal()) panel.setAttribute("aria-modal", "true");
    launcher.hidden = true;
    launcher.setAttribute("aria-expanded", "true");
    unread(false);
    fit();
    keep(true);
    if (byPerson) {
      root.querySelector(".bar button").focus();
      post("shown", { focus: true });
    } else {
      post("shown");
    }
    tell("open");
  }

  function hide() {
    if (!open) return;
    const within = root.activeElement !== null;
    open = false;
    host.removeAttribute("open");
    panel.hidden = true;
    launcher.hidden = false;
    launcher.setAttribute("aria-expanded", "false");
    keep(false);
    post("hidden");
    // Back to where the person was; not if they have gone on elsewhere on the page by now.
    if (within || document.activeElement === document.body || document.activeElement === host) {
      const back = focused && focused !== document.body && focused !== host && focused.isConnected ? focused : launcher;
      back.focus();
    }
    tell("close");
  }

  function unread(there) {
    badge.hidden = !there;
    launcher.setAttribute("aria-label", there ? `${WORDS.label}. ${WORDS.unread}.` : WORDS.label);
  }

  // The bank's own server signs who is signed in here. The challenge binds the code to this frame.
  async function launch(challenge) {
    if (!options.codeUrl || typeof challenge !== "string") return post("anonymous");
    try {
      const answer = await fetch(options.codeUrl, {
        method: "POST",
        credentials: "same-origin",
        cache: "no-store",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ challenge }),
      });
      const told = answer.status === 200 ? await answer.json() : {};
      if (typeof told.code === "string") return post("code", { code: told.code });
      post(answer.ok || answer.status === 401 || answer.status === 403 ? "anonymous" : "failed");
    } catch {
      post("failed");
    }
  }

  function heard(event) {
    const data = event.data;
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    if (typeof data !== "object" || data === null || data.anya !== 1) return;
    switch (data.type) {
      case "hello":
        clearTimeout(timer);
        slow.hidden = true;
        spoken = true;
        post("host", { signUrl: options.signInUrl || "", shown: open, focus: open && root.activeElement !== null });
        break;
      case "launch":
        launch(data.challenge);
        break;
      case "ready":
        if (!ready) tell("ready");
        ready = true;
        if (waiting !== null) post("ask", { text: waiting });
        waiting = null;
        break;
      case "unread":
        if (!open && !badge.hidden) break;
        if (!open) {
          unread(true);
          tell("unread");
        }
        break;
      case "signin":
      case "signout":
      case "error":
        tell(data.type);
        break;
      case "minimise":
        hide();
        break;
      case "tab":
        root.querySelector(".bar button").focus();
        break;
      case "sign-in-page":
        if (options.signInUrl) location.assign(new URL(options.signInUrl, location.href));
        break;
    }
  }

  function start() {
    build();
    addEventListener("message", heard);
    if (window.visualViewport) visualViewport.addEventListener("resize", fit);
    if (wasOpen()) show(false);
  }

  window.Anya = Object.freeze({
    open: () => show(true),
    close: () => hide(),
    // Fills the composer, sends nothing.
    ask(text) {
      const question = String(text).slice(0, LONGEST);
      if (ready) post("ask", { text: question });
      else waiting = question;
      show(true);
    },
    on(event, listener) {
      if (!listeners.has(event)) throw new TypeError(`Anya has no event ${event}; it has ${EVENTS.join(", ")}`);
      listeners.get(event).add(listener);
      return () => listeners.get(event).delete(listener);
    },
  });

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
