// What a person typed is not lost: it stays in the composer when the page replaces it, and a message that the bank's
// side never had is marked. The page itself acknowledges nothing, so this listens at its socket.
"use strict";

(() => {
  const SETTLE_MS = 4000; // Another process may still be writing down what the lost connection brought it.
  const HELD = "Your message is sent by itself when the time is over. Change it if it is not to be sent.";
  const NOT_SENT = "This did not reach us. Please send it again.";
  const KEPT = 20; // Messages whose text is still at hand if the bank's side asks to wait.
  const TRIES = 3; // A page that is left open does not go on for ever.
  const EVENT = /^42(\[.*)$/s;

  const pending = new Map(); // message id -> its text, and the socket that took it
  const lost = new Set(); // ids of messages that stay marked
  const told = new Map(); // message id -> its text, until the person sends something
  const sent = new Map(); // message id -> its text, of the messages that left this page last
  const sockets = new WeakSet();
  const send = WebSocket.prototype.send;
  let composer = null;
  let draft = "";
  let last = ""; // What was sent last from this page.
  let held = null; // The text that is sent by itself, when it is due, and how often it left.
  let writing = false; // The composer had the focus when it was last seen.

  function eventOf(data) {
    const found = typeof data === "string" && EVENT.exec(data);
    if (!found) return [];
    try {
      return JSON.parse(found[1]);
    } catch {
      return [];
    }
  }

  // On the prototype: Chainlit's bundle may have kept the constructor before this script ran.
  WebSocket.prototype.send = function (data) {
    if (!sockets.has(this)) {
      sockets.add(this);
      this.addEventListener("message", (event) => receive(this, event.data));
    }
    const [name, body] = eventOf(data);
    if (name === "client_message") leave(body.message, this);
    if (name === "clear_session") draft = "";
    return send.call(this, data);
  };

  function leave(message, socket) {
    // A message may leave late; what was typed since then is the next one.
    if (draft === message.output) draft = "";
    last = message.output;
    pending.set(message.id, { text: message.output, socket });
    sent.set(message.id, message.output);
    if (sent.size > KEPT) sent.delete(sent.keys().next().value);
    if (held && held.text === message.output) settleHeld();
    else release();
    told.clear();
    tell();
  }

  // Without its conversation's address, a reload would begin another conversation. Chainlit's list gives it by going to
  // another page, which draws the whole conversation anew: a press at that moment falls between two buttons. On a
  // phone the list is not there until it is opened. Chainlit leaves an address alone that is given already.
  function address(threadId) {
    const listed = document.getElementById("sidebar-trigger-button") !== null;
    if (listed && threadId && location.pathname === "/") {
      history.replaceState(history.state, "", `/thread/${threadId}`);
    }
  }

  function receive(socket, data) {
    if (typeof data === "string" && data.startsWith('42["first_interaction"')) address(eventOf(data)[1].thread_id);
    if (typeof data === "string" && data.includes('"held"')) hold(eventOf(data)[1]?.metadata?.held);
    if (!pending.size && !lost.size) return;
    const [name, body] = eventOf(data);
    if (name === "message_refused") return lose(body.id);
    // Any event that names a message shows that it is known.
    for (const id of [...pending.keys(), ...lost]) {
      if (data.includes(id)) settle(id);
    }
    if (name === "page_drawn") setTimeout(() => judge(socket), SETTLE_MS);
  }

  // All that is known has been drawn: what an earlier connection took and nothing shows has not arrived.
  function judge(socket) {
    for (const [id, message] of pending) {
      if (message.socket !== socket) lose(id);
    }
  }

  function settle(id) {
    pending.delete(id);
    if (!lost.delete(id)) return;
    told.delete(id);
    document.getElementById(`step-${id}`)?.removeAttribute("data-not-sent");
    tell();
  }

  function lose(id) {
    const message = pending.get(id);
    if (!message) return;
    pending.delete(id);
    lost.add(id);
    told.set(id, message.text);
    // What somebody is typing meanwhile is theirs.
    if (!draft) write(message.text);
    mark();
    tell();
  }

  function mark() {
    for (const id of lost) document.getElementById(`step-${id}`)?.setAttribute("data-not-sent", "");
  }

  // Apart from the messages too: a conversation that is drawn anew has no place for what was never part of it.
  function tell() {
    document.getElementById("not-sent")?.remove();
    if (!told.size) return;
    const notice = document.createElement("div");
    notice.id = "not-sent";
    notice.className = "page-notice";
    notice.setAttribute("role", "alert");
    for (const text of [NOT_SENT, ...[...told.values()].map((said) => `\u201c${said}\u201d`)]) {
      notice.append(Object.assign(document.createElement("p"), { textContent: text }));
    }
    document.body.append(notice);
  }

  // As if it were typed: React keeps the value of the field by itself.
  function write(text) {
    if (!composer) return;
    draft = text;
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    set.call(composer, text);
    composer.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Too many messages in a minute: the text is back in the composer and leaves by itself, unless it is changed. Drawn
  // anew, the notice finds no text here.
  function hold(wanted) {
    const text = wanted && sent.get(wanted.id);
    if (text === undefined || draft) return;
    sent.delete(wanted.id);
    const tries = held && held.text === text ? held.tries + 1 : 1;
    if (tries > TRIES) return release();
    write(text);
    held = { text, tries, left: false, due: Date.now() + (Math.ceil(wanted.seconds) + 1) * 1000 };
    countDown();
  }

  function countDown() {
    if (!held || held.left) return;
    if (draft !== held.text) return release();
    const left = Math.ceil((held.due - Date.now()) / 1000);
    if (left > 0) return tellHeld(left);
    document.getElementById("held")?.remove();
    const submit = document.getElementById("chat-submit");
    // While an answer is under way its place is taken by Stop; the next look finds it again.
    if (submit && !submit.disabled) submit.click();
  }

  // It has left the page, and is remembered only to count how often it did.
  function settleHeld() {
    held.left = true;
    document.getElementById("held")?.remove();
  }

  function tellHeld(left) {
    let notice = document.getElementById("held");
    if (!notice) {
      notice = Object.assign(document.createElement("div"), { id: "held", className: "page-notice" });
      notice.setAttribute("role", "status");
      const clock = Object.assign(document.createElement("p"), { className: "clock" });
      clock.setAttribute("aria-hidden", "true"); // Read out every second it would be noise.
      notice.append(Object.assign(document.createElement("p"), { textContent: HELD }), clock);
      document.body.append(notice);
    }
    notice.querySelector(".clock").textContent = `${left} s`;
  }

  function release() {
    held = null;
    document.getElementById("held")?.remove();
  }

  // Chainlit makes the composer anew with the first message, and when the page gets its conversation's address.
  function keepDraft() {
    const found = document.getElementById("chat-input");
    if (found && found !== composer) {
      composer = found;
      if (draft && !found.value) write(draft);
      if (writing && document.activeElement === document.body) found.focus();
    }
    mark();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "chat-input") return;
    draft = event.target.value;
    if (held && !held.left && draft !== held.text) release();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "chat-input") return;
    // Safari ends a composition before it tells of the Enter that chose the word; only the code is left to know it by.
    if (event.key === "Enter" && event.keyCode === 229) event.stopImmediatePropagation();
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    if (event.key === "ArrowUp" && plain && last && !event.target.value) {
      event.preventDefault();
      write(last);
    }
  }, true);
  document.addEventListener("focusin", (event) => {
    writing = event.target.id === "chat-input";
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target !== composer) writing = false;
  }, true);
  setInterval(countDown, 1000);
  new MutationObserver(keepDraft).observe(document.getElementById("root"), { childList: true, subtree: true });
})();
