// Hands every event that the server sends to the page's other scripts, parsed once: a name and its body.
"use strict";

window.anyaArrivals = (() => {
  const EVENT = /^42(\[.*)$/s;
  const listeners = [];
  const sockets = new WeakSet();
  const send = WebSocket.prototype.send;

  // On the prototype: Chainlit's bundle may have kept the constructor before this script ran.
  WebSocket.prototype.send = function (data) {
    if (!sockets.has(this)) {
      sockets.add(this);
      this.addEventListener("message", (event) => receive(event.data));
    }
    return send.call(this, data);
  };

  function receive(data) {
    const found = typeof data === "string" && EVENT.exec(data);
    if (!found) return;
    let event;
    try {
      event = JSON.parse(found[1]);
    } catch {
      return;
    }
    for (const listener of listeners) listener(...event);
  }

  return { listen: (listener) => listeners.push(listener) };
})();
