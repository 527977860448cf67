// Asks for a code or a passkey before a card is approved, if the bank's side wants one. Loaded only where the policy has it on.
// Nothing is decided here: a press without the proof is refused.
"use strict";

(() => {
  const ROOT = document.querySelector('meta[property="og:root_path"]')?.content ?? "";
  const APPROVE = 'button[id^="approve-"]';
  const LOST = "We could not reach the bank. Please check your connection and try again.";
  const through = new Set(); // ids of buttons whose next press goes on
  let busy = false;

  async function post(body) {
    const answer = await fetch(`${ROOT}/step-up`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    return { ok: answer.ok, ...(await answer.json()) };
  }

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function opened(...parts) {
    const dialog = element("dialog", "", { class: "step-up", "aria-labelledby": "step-up-title" });
    const form = element("form", "", { method: "dialog" });
    form.append(element("h2", "Is it you?", { id: "step-up-title" }), ...parts);
    dialog.append(form);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return { dialog, form };
  }

  function offerEnrolment() {
    const link = element("a", "Set up a second factor", { href: "/account#factor", target: "_blank", rel: "noopener" });
    const text = "This wants a code of your second factor, and you have none yet. Set one up, and ask again.";
    opened(element("p", text), link, element("button", "Close", { type: "submit" }));
  }

  function askForCode(button) {
    const approval_id = button.id.slice("approve-".length);
    const problem = element("p", "", { role: "alert", class: "problem" });
    const label = element("label", "Code of your app", { for: "step-up-code" });
    const input = element("input", "", {
      id: "step-up-code", type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "20", required: "",
    });
    const confirm = element("button", "Confirm", { type: "submit" });
    const cancel = element("button", "Cancel", { type: "button", class: "plain" });
    const passkey = element("button", "Use a passkey", { type: "button", hidden: "" });
    const buttons = element("div", "", { class: "beside" });
    buttons.append(confirm, cancel);
    const { dialog, form } = opened(
      element("p", "Your answer counts for this request alone."), problem, passkey, label, input, buttons,
    );
    let asked = null;
    const offer = async () => {
      const answer = await post({ approval_id, passkey: true }).catch(() => ({}));
      asked = window.anyaPasskey?.usable(answer.options) ? answer.options : null;
      passkey.hidden = asked === null;
    };
    // A challenge counts once: after a refusal there is a new one.
    const prove = async (proof) => {
      const answer = await post({ approval_id, ...proof }).catch(() => ({ ok: false, detail: LOST }));
      if (!answer.ok) {
        problem.textContent = answer.detail ?? LOST;
        if (proof.passkey) await offer();
        return false;
      }
      dialog.close();
      goOn(button);
      return true;
    };
    offer();
    passkey.addEventListener("click", async () => {
      passkey.disabled = true;
      problem.textContent = "";
      try {
        await prove({ passkey: await window.anyaPasskey.ask(asked) });
      } catch {
        problem.textContent = "No passkey answered. Please try again, or take a code of your app.";
      }
      passkey.disabled = false;
    });
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      confirm.disabled = true;
      const proved = await prove({ code: input.value });
      confirm.disabled = false;
      if (proved) return;
      input.value = "";
      input.focus();
    });
  }

  function goOn(button) {
    through.add(button.id);
    document.getElementById(button.id)?.click();
  }

  async function ask(button) {
    const approval_id = button.id.slice("approve-".length);
    // Whatever cannot be found out here is found out by the press itself.
    const look = await post({ approval_id }).catch(() => ({ ok: false }));
    if (!look.ok || !look.wanted) goOn(button);
    else if (look.enrolled) askForCode(button);
    else offerEnrolment();
  }

  function holdBack(event) {
    const button = event.target instanceof Element && event.target.closest(APPROVE);
    if (!button || button.getAttribute("aria-disabled") === "true" || through.delete(button.id)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (busy) return;
    busy = true;
    ask(button).finally(() => (busy = false));
  }

  document.addEventListener("click", holdBack, true);
})();
