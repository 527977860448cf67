// What Chainlit's page lacks: it speaks to screen readers, names the authors, and counts an approval's time down.
// It only adds attributes and text; the page works without it, and nothing is decided here.
"use strict";

(() => {
  const QUIET_MS = 800; // An answer is read out once it has not grown for this long.
  const HEARD_MS = 2000;
  const GONE_MS = 12000;
  const GATHER_MS = 50; // A long conversation is drawn in hundreds of changes, and each look reads all of it.
  const LOOK_MS = 1500; // The bank's side refuses a decision that comes sooner; the buttons show it.
  const STEPS = JSON.parse(document.querySelector("meta[name=anya-steps]")?.content ?? "{}"); // tool -> done, working
  const DECISIONS = 'button[id^="approve-"], button[id^="decline-"]';
  const ROOT = document.querySelector('meta[property="og:root_path"]')?.content ?? "";
  const NEW = ROOT ? `${ROOT}/chat` : "/"; // In the widget's frame the root finds out first who is there.
  const REFUSED = "This was not done."; // How ultracore/ai says it, before the reason.
  const LOST = "Couldn't resume chat"; // Chainlit's words, over a page that leads nowhere.
  // A card's last line in the language of the card, then what stands there when the time is over, and what the card is
  // to a screen reader: the same words as in ultracore/languages/data.
  const CARD_WORDS = [
    ["Time left to decide: ", "The time to decide is over.", "Waits for your decision."],
    ["Tiempo para decidir: ", "El tiempo para decidir ha terminado.", "Espera tu decisión."],
    ["剩余决定时间：", "决定时间已到。", "等待您的决定。"],
    ["الوقت المتبقي لاتخاذ القرار: ", "انتهى وقت اتخاذ القرار.", "بانتظار قرارك."],
    ["Thời gian còn lại để quyết định: ", "Đã hết thời gian quyết định.", "Chờ quyết định của bạn."],
    ["निर्णय के लिए शेष समय: ", "निर्णय का समय समाप्त हो गया।", "आपके निर्णय की प्रतीक्षा है।"],
  ];
  const CLOCK = new RegExp(`^(${CARD_WORDS.map(([left]) => left).join("|")})(?:(\\d+):)?(\\d+):(\\d\\d)$`);
  // Behind the mark that no text of a model can hold.
  const NUMBER = /^\+?\d[\d ]{1,22}$/; // As ultracore/ai/care writes them.
  const HANDOFF = /^\u25c8 The \w+ agent (is answering|has handed you over to the \w+ agent)\.$/;

  const live = document.createElement("div");
  live.className = "sr-only";
  live.setAttribute("role", "log");
  live.setAttribute("aria-live", "polite");
  live.setAttribute("aria-label", "Conversation");

  const refused = new Set(); // ids of steps whose tool did not do what it was asked for
  const announced = new Map(); // message id -> text that was read out
  const clocks = new Map(); // message id -> when it ends, and its text node
  const appeared = new Map(); // id of a card's button -> when it came onto the page
  let quiet = 0;
  let looking = 0;

  function announce(text) {
    const line = document.createElement("p");
    line.textContent = text.replaceAll("\u25c8", "").trim(); // The mark of our own texts says nothing to an ear.
    live.append(line);
    // It has been heard; twice on the page it would be found twice.
    setTimeout(() => line.remove(), HEARD_MS);
  }

  function nameAuthor(message) {
    const picture = message.querySelector('img[alt^="Avatar for "]');
    const body = message.lastElementChild;
    if (picture && body && !message.querySelector("[id^='step-'] button[aria-expanded]")) {
      body.dataset.author = picture.alt.slice("Avatar for ".length);
    }
  }

  // A step is called by its tool's name; a person reads what was done. React keeps the pieces of the label apart and
  // writes into them again when the step ends, so all stand in the first piece and the others are empty.
  function nameStep(label) {
    const names = STEPS[label.id.slice("step-".length)];
    if (!names) return;
    const [done, working] = names;
    const tried = `Tried: ${working[0].toLowerCase()}${working.slice(1).replace("…", "")}`;
    const step = label.parentElement.closest("[id^='step-']");
    // A refused call is drawn open; folded, it still is one.
    if (step && (step.textContent.includes(REFUSED) || label.classList.contains("text-red-500"))) refused.add(step.id);
    const running = label.classList.contains("loading-shimmer");
    const name = running ? working : step && refused.has(step.id) ? tried : done;
    const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    let text = name;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeValue !== text) node.nodeValue = text;
      text = "";
    }
  }

  // Who answers from here on is a quiet line, not an answer.
  function quietenHandoff(message) {
    const content = message.querySelector(".message-content");
    if (content && HANDOFF.test(content.textContent.trim())) message.classList.add("handoff");
  }

  // Chainlit's Markdown leaves no address in a link to a telephone; only our own texts have links that are numbers.
  function ringNumbers(message) {
    for (const link of message.querySelectorAll(".message-content a:not([href^='tel:'])")) {
      const number = link.textContent.trim();
      if (!NUMBER.test(number)) continue;
      link.href = `tel:${number.replaceAll(" ", "")}`;
      link.dir = "ltr";
      link.removeAttribute("target");
    }
  }

  // A file is asked for where this page's login is good: below the widget's root in its frame, and there without a
  // window of its own, which on another site's page would have no cookie of the frame.
  function placeFiles(message) {
    for (const link of message.querySelectorAll(".message-content a[href^='/documents/receipts/']")) {
      if (!ROOT) continue;
      link.href = ROOT + link.getAttribute("href");
      link.download = "";
      link.removeAttribute("target");
    }
  }

  function textNodeOf(message) {
    const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (CLOCK.test(node.nodeValue)) return node;
    }
    return null;
  }

  // What a screen reader calls the card: its own heading, without the mark of our own texts, which would be read out.
  function headingOf(message) {
    const heading = message.querySelector(".message-content [role=article]");
    return heading ? heading.textContent.replace("\u25c8", "").trim() : "A request";
  }

  function letLook(message) {
    for (const button of message.querySelectorAll(DECISIONS)) {
      if (!appeared.has(button.id)) {
        appeared.set(button.id, Date.now());
        setTimeout(look, LOOK_MS);
      }
      const wait = Date.now() - appeared.get(button.id) < LOOK_MS;
      if (wait) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  }

  function holdBack(event) {
    const button = event.target instanceof Element && event.target.closest(DECISIONS);
    if (button && button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }

  function prepareCard(message, id) {
    const open = message.querySelector('button[id^="approve-"]') !== null;
    if (!open) {
      if (message.getAttribute("role") === "alertdialog") {
        message.removeAttribute("role");
        message.removeAttribute("aria-label");
        message.removeAttribute("tabindex");
        // The pressed button is gone, and with it the focus.
        if (document.activeElement === document.body) document.getElementById("chat-input")?.focus();
      }
      clocks.delete(id);
      return;
    }
    letLook(message);
    const clock = clocks.get(id);
    if (clock && !clock.node.isConnected) clock.node = textNodeOf(message) || clock.node;
    if (message.getAttribute("role") === "alertdialog") return;
    message.classList.add("approval");
    message.setAttribute("role", "alertdialog");
    const node = textNodeOf(message);
    const found = node && node.nodeValue.match(CLOCK);
    const words = CARD_WORDS.find(([left]) => found && left === found[1]) || CARD_WORDS[0];
    message.setAttribute("aria-label", `${headingOf(message)}. ${words[2]}`);
    message.setAttribute("tabindex", "-1");
    if (found) {
      const [, , hours, minutes, seconds] = found;
      const left = Number(hours || 0) * 3600 + Number(minutes) * 60 + Number(seconds);
      clocks.set(id, { node, words, ends: Date.now() + left * 1000 });
    }
    // To the card, not to a button: somebody who is typing must not approve by the next key.
    const input = document.getElementById("chat-input");
    if (!input || !input.value.trim()) message.focus({ preventScroll: true });
    const seen = document.getElementById("message-composer")?.getBoundingClientRect().top ?? window.innerHeight;
    message.scrollIntoView({ block: message.getBoundingClientRect().bottom > seen ? "end" : "nearest" });
  }

  // One card can be open. After a restart of the bank's side an older one may still stand on the page: it is void.
  function retireCards() {
    const cards = document.querySelectorAll(".ai-message[role=alertdialog]");
    cards.forEach((card, number) => card.classList.toggle("void", number < cards.length - 1));
  }

  // A conversation that was deleted elsewhere, or was never this person's: on with a new one, and say so.
  function leaveLostConversation() {
    const toasts = [...document.querySelectorAll("[data-sonner-toast]")];
    if (toasts.some((toast) => toast.textContent.includes(LOST))) location.replace(`${NEW}?gone`);
  }

  function sayThatItIsGone() {
    const line = document.createElement("p");
    line.className = "page-notice";
    line.setAttribute("role", "status");
    line.textContent = "That conversation could not be opened: it is not in your list. This is a new one.";
    document.body.append(line);
    setTimeout(() => line.remove(), GONE_MS);
  }

  function look() {
    clearTimeout(looking);
    looking = 0;
    leaveLostConversation();
    document.querySelectorAll("button[id^='step-'], p[id^='step-']").forEach(nameStep);
    for (const step of document.querySelectorAll("[id^='step-']")) {
      const message = step.querySelector(":scope > .ai-message");
      if (message) {
        nameAuthor(message);
        quietenHandoff(message);
        ringNumbers(message);
        placeFiles(message);
        prepareCard(message, step.id);
      }
    }
    retireCards();
    clearTimeout(quiet);
    quiet = setTimeout(readOut, QUIET_MS);
  }

  function lookSoon() {
    looking ||= setTimeout(look, GATHER_MS);
  }

  function readOut() {
    for (const step of document.querySelectorAll("[id^='step-']")) {
      const content = step.querySelector(":scope > .ai-message .message-content");
      const text = content ? content.innerText.trim() : "";
      const before = announced.get(step.id);
      if (!text || text === before || CLOCK.test(text.split("\n").pop()) && before) continue;
      announced.set(step.id, text);
      announce(text);
    }
  }

  function clockText(left) {
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  }

  function tick() {
    for (const { node, words, ends } of clocks.values()) {
      const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
      const clock = clockText(left);
      node.nodeValue = left ? words[0] + clock : words[1];
    }
  }

  document.addEventListener("click", holdBack, true);
  document.body.append(live);
  if (location.search === "?gone") sayThatItIsGone();
  new MutationObserver(lookSoon).observe(document.getElementById("root"), { childList: true, subtree: true, characterData: true });
  setInterval(tick, 1000);
})();
