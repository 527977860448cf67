// Hands every event that the server sends to the page's other scripts, parsed once: a name and its body. It also takes
// off the buttons of a page that comes back to another replica: that one does not know which the page still shows.
"use strict";

window.anyaArrivals = (() => {
  const EVENT = /^42(\[.*)$/s;
  const BUTTONS = ["approve", "decline", "choose", "ask"].map((name) => `button[id^="${name}-"]`).join();
  const listeners = [];
  const sockets = new WeakSet();
  const send = WebSocket.prototype.send;

  // On the prototype: Chainlit's bundle may have kept the constructor before this script ran.
  WebSocket.prototype.send = function (data) {
    if (!sockets.has(this)) {
      sockets.add(this);
      this.addEventListener("message", (event) => receive(event.data, this));
    }
    return send.call(this, data);
  };

  function receive(data, socket) {
    const found = typeof data === "string" && EVENT.exec(data);
    if (!found) return;
    let event;
    try {
      event = JSON.parse(found[1]);
    } catch {
      return;
    }
    if (event[0] === "forget_buttons") forgetButtons(socket);
    for (const listener of listeners) listener(...event);
  }

  // Only Chainlit's page can take a button off, and only if the server says so: it is told what a server would say.
  function forgetButtons(socket) {
    for (const { id } of document.querySelectorAll(BUTTONS)) {
      const data = `42${JSON.stringify(["remove_action", { id }])}`;
      socket.dispatchEvent(new MessageEvent("message", { data }));
    }
  }

  return { listen: (listener) => listeners.push(listener) };
})();
