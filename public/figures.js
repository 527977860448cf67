// Below an answer with figures a link to the page that tells where they come from. It opens beside the conversation.
"use strict";

(() => {
  const DRAWN = new Set(["new_message", "update_message", "resume_thread"]);
  const PATH = /^figures\/[\w-]+\/\d+$/;
  const ROOT = document.querySelector('meta[property="og:root_path"]')?.content ?? "";
  const GATHER_MS = 50;
  const WORDS = "Where these figures come from";
  const paths = new Map(); // id of an answer -> the path of its page, and the link's words
  let looking = 0;

  function receive(event, body) {
    if (!DRAWN.has(event)) return;
    for (const step of body.steps ?? [body]) {
      const { figures: path, figures_words: words } = step.metadata ?? {};
      if (typeof path === "string" && PATH.test(path)) paths.set(step.id, [path, words || WORDS]);
    }
    look();
  }

  function look() {
    looking ||= setTimeout(link, GATHER_MS);
  }

  // Beside what the page itself draws, which it draws anew as it likes: a link that went with it is put back.
  function link() {
    looking = 0;
    for (const [id, [path, words]] of paths) {
      const content = document.getElementById(`step-${id}`)?.querySelector(".message-content");
      if (!content || content.parentElement.querySelector(":scope > .figures-link")) continue;
      const address = `${ROOT.replace(/\/$/, "")}/${path}`;
      const made = Object.assign(document.createElement("a"), { href: address, className: "figures-link" });
      made.target = "_blank";
      made.rel = "noopener";
      made.dir = "auto";
      made.textContent = words;
      content.after(made);
    }
  }

  window.anyaArrivals.listen(receive);
  new MutationObserver(look).observe(document.getElementById("root"), { childList: true, subtree: true });
})();
