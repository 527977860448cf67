// Says what is being done while a person waits. Chainlit's page shows a mark until the first tool has run, and nothing
// between a tool's end and the first word of the answer. It listens at the page's socket and decides nothing.
"use strict";

(() => {
  const PATIENCE_MS = 3000;
  const MOVES = new Set(["new_message", "update_message", "stream_start", "stream_token", "task_start"]);
  const STEPS = JSON.parse(document.querySelector("meta[name=anya-steps]")?.content ?? "{}"); // tool -> done, working
  const READING = "Reading your question…";
  const WRITING = "Writing the answer…";

  const line = document.createElement("div");
  const words = document.createElement("span");
  const clock = document.createElement("span");
  const running = new Map(); // id of a step whose tool is at work -> the tool's name
  let busy = false;
  let began = 0; // When the page last showed something new.
  let asked = 0; // When the turn began.
  let answering = false; // A tool of this turn has run, or its answer has begun.

  line.id = "waiting";
  line.setAttribute("role", "status");
  clock.setAttribute("aria-hidden", "true"); // Read out every second it would be noise.
  line.append(words, clock);

  function receive(name, body) {
    if (name === "task_start" && !busy) begin();
    if (name === "task_end") busy = false;
    if (body?.type === "tool") work(body);
    if (name === "stream_start") answering = true;
    if (MOVES.has(name)) began = Date.now();
    show();
  }

  function begin() {
    busy = true;
    answering = false;
    asked = Date.now();
    running.clear();
  }

  function work(step) {
    if (step.end) running.delete(step.id);
    else running.set(step.id, step.name);
    answering = true;
  }

  function said() {
    const tool = [...running.values()].pop();
    if (tool) return STEPS[tool]?.[1] ?? "Working on it…";
    return answering ? WRITING : READING;
  }

  // Only if it differs: a status is read out whenever it is written.
  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function show() {
    const composer = document.getElementById("message-composer");
    const late = busy && composer !== null && Date.now() - began >= PATIENCE_MS;
    write(words, late ? said() : "");
    write(clock, late ? ` ${Math.round((Date.now() - asked) / 1000)} s` : "");
    line.classList.toggle("shown", late);
    document.documentElement.classList.toggle("waiting", late);
    if (late) {
      const { left, top } = composer.getBoundingClientRect();
      line.style.left = `${left}px`;
      line.style.bottom = `${window.innerHeight - top}px`;
    }
  }

  document.body.append(line);
  window.anyaArrivals.listen(receive);
  setInterval(show, 1000);
})();
