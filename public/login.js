// Signs in without leaving the page, so that a refusal is read out and the user name stays. Without this script the
// form works too.
"use strict";

// A page that sent somebody here gets them back; any other address would be somebody else's to choose.
const wanted = new URLSearchParams(window.location.search).get("next") || "";
const next = /^\/(admin|account|desk)(\/[\w.@+-]+)*$/.test(wanted) ? wanted : "/";

const form = document.querySelector("form");
const problem = document.getElementById("problem");
const button = form.querySelector('button[type="submit"]');
const passkey = document.getElementById("passkey");
let asked = null; // what a passkey is asked for, once the password was right

// The field that was wrong is emptied, and the next key goes into it: the code if one is asked for, else the password.
function complain(sentence, asksCode) {
  problem.textContent = sentence;
  const second = document.getElementById("second");
  second.hidden = !asksCode && second.hidden;
  const wrong = document.getElementById(asksCode ? "code" : "password");
  wrong.value = "";
  wrong.focus();
}

function offer(options) {
  asked = window.anyaPasskey?.usable(options) ? options : null;
  passkey.hidden = asked === null;
}

async function send(answer) {
  problem.textContent = "";
  const body = new FormData(form);
  if (answer) body.set("passkey", answer);
  button.disabled = true;
  try {
    const reply = await fetch("/login", { method: "POST", body, headers: { Accept: "application/json" } });
    if (reply.ok) {
      window.location.replace(next);
      return;
    }
    const { detail, code, passkey: options } = await reply.json();
    offer(options);
    complain(detail, code === true);
    if (asked !== null) passkey.focus();
  } catch {
    complain("We could not reach the bank. Please check your connection and try again.");
  }
  button.disabled = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

passkey.addEventListener("click", async () => {
  passkey.disabled = true;
  try {
    await send(await window.anyaPasskey.ask(asked));
  } catch {
    problem.textContent = "No passkey answered. Please try again, or take a code of your app.";
  }
  passkey.disabled = false;
});
