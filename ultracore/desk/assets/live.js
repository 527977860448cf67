// Asks again for the page and replaces what is marked as live: <div data-live="5"> every five seconds. What a person
// is using at that moment, or what has not changed, stays as it is.
(() => {
  const seconds = Number(document.querySelector("[data-live]")?.dataset.live || 0);
  if (!seconds) return;

  async function ask() {
    if (document.hidden) return;
    // The server knows by this header that no person acts, and lets the idle time of the login run on.
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
    // Whose right has ended keeps nothing of it on the screen.
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (!now || old.contains(document.activeElement) || old.innerHTML === now.innerHTML) continue;
      const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 40;
      old.replaceChildren(...now.childNodes);
      if (atEnd) old.scrollTop = old.scrollHeight;
    }
  }

  for (const one of document.querySelectorAll("[data-live]")) one.scrollTop = one.scrollHeight;
  setInterval(() => ask().catch(() => {}), seconds * 1000);
  document.addEventListener("visibilitychange", () => ask().catch(() => {}));
})();
