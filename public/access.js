// What Chainlit's markup lacks for a keyboard and a screen reader: names of buttons, roles that fit, a way to every
// menu, and a link that skips to the composer. It adds attributes and two controls; nothing is decided here.
"use strict";

(() => {
  const GATHER_MS = 60;
  const NAMES = {
    "sidebar-trigger-button": "List of conversations",
    "search-chats-button": "Search conversations",
    "new-chat-button": "New conversation",
    "chat-submit": "Send message",
    "stop-button": "Stop this answer",
  };
  const SCROLLING = "#root [class*='overflow-auto'], #root [class*='overflow-y-auto'], #root .message-content";
  const COPYING = "svg:is([class*='lucide-copy'], [class*='lucide-check'])";
  const REACHABLE = "a[href], button, input, textarea, [tabindex]:not([tabindex='-1'])";
  const root = document.getElementById("root");
  const skip = Object.assign(document.createElement("a"), { href: "#chat-input", className: "skip" });
  let focused = null; // What had the focus last, outside of menus.
  let looking = 0;

  // Attributes only if they differ: the observer would see its own work otherwise.
  function give(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function nameButtons() {
    for (const button of document.querySelectorAll("button:not([aria-label])")) {
      if (button.textContent.trim()) continue;
      const name = NAMES[button.id] ?? (button.querySelector(COPYING) ? "Copy this answer" : "");
      if (name) give(button, "aria-label", name);
      // The one that is left stands above the composer while an older part of the conversation is in view.
      else if (button.querySelector("svg[class*='arrow-down']")) give(button, "aria-label", "Go to the newest message");
    }
  }

  // Lists whose children are groups of other lists are none.
  function mendLists() {
    for (const list of document.querySelectorAll("ul:has(> :not(li))")) give(list, "role", "presentation");
  }

  function nameDialogs() {
    for (const dialog of document.querySelectorAll("[role=dialog]:not([aria-label])")) {
      const label = document.getElementById(dialog.getAttribute("aria-labelledby") ?? "");
      if (!label) give(dialog, "aria-label", dialog.querySelector("h1, h2, h3")?.textContent.trim() || "Window");
    }
  }

  // What scrolls and holds nothing that takes the focus could not be scrolled by keys.
  function reachScrolling() {
    for (const box of document.querySelectorAll(SCROLLING)) {
      const scrolls = box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
      if (!scrolls || box.hasAttribute("tabindex") || box.querySelector(REACHABLE)) continue;
      const { overflowX, overflowY } = getComputedStyle(box);
      if (![overflowX, overflowY].some((one) => one === "auto" || one === "scroll")) continue;
      box.tabIndex = 0;
      give(box, "role", "group");
      give(box, "aria-label", box.querySelector("table") ? "Table" : "Conversation");
    }
  }

  // The menu of a conversation in the list hangs on a div inside a button, which no key reaches. Beside the link stands
  // a button that is seen while it has the focus, and opens the same menu.
  function reachMenus() {
    for (const place of document.querySelectorAll("[id='thread-options']")) {
      give(place, "role", "button");
      give(place, "aria-label", "Options");
      const entry = place.closest("li");
      if (!entry || entry.querySelector(":scope > .by-keyboard")) continue;
      const title = entry.querySelector(".truncate")?.textContent.trim() ?? "this conversation";
      const button = Object.assign(document.createElement("button"), { type: "button", className: "by-keyboard" });
      button.textContent = "Options";
      button.setAttribute("aria-label", `Options of ${title}`);
      button.setAttribute("aria-haspopup", "menu");
      button.addEventListener("click", () => openMenu(entry));
      entry.append(button);
    }
  }

  function openMenu(entry) {
    const place = entry.querySelector("[id='thread-options']");
    place?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
  }

  // While a menu is open the page behind it is hidden from screen readers; keys must not reach it either. Afterwards the
  // focus is back where it was, unless the menu has given it to something else.
  function closeBehindMenus() {
    const hidden = root.getAttribute("data-aria-hidden") === "true" && document.querySelector("[role=menu]") !== null;
    if (root.inert === hidden) return;
    root.inert = hidden;
    skip.inert = hidden;
    if (!hidden) setTimeout(() => document.activeElement === document.body && focused?.focus());
  }

  function addSkipLink() {
    skip.textContent = "Skip to the message box";
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("chat-input")?.focus();
    });
    document.body.prepend(skip);
  }

  function look() {
    looking = 0;
    nameButtons();
    mendLists();
    nameDialogs();
    reachScrolling();
    reachMenus();
  }

  addSkipLink();
  document.addEventListener("focusin", (event) => {
    if (root.contains(event.target)) focused = event.target;
  });
  new MutationObserver(() => {
    closeBehindMenus();
    looking ||= setTimeout(look, GATHER_MS);
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-aria-hidden"] });
  look();
})();
