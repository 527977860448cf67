// Signs in without leaving the page, so that a refusal is read out and the user name stays. Without this script the
// form works too.
"use strict";

// A page that sent somebody here gets them back; any other address would be somebody else's to choose.
const wanted = new URLSearchParams(window.location.search).get("next") || "";
const next = /^\/(admin|account|desk)(\/[\w.@+-]+)*$/.test(wanted) ? wanted : "/";

const form = document.querySelector("form");
const problem = document.getElementById("problem");
const button = form.querySelector("button");

// The field that was wrong is emptied, and the next key goes into it: the code if one is asked for, else the password.
function complain(sentence, asksCode) {
  problem.textContent = sentence;
  const second = document.getElementById("second");
  second.hidden = !asksCode && second.hidden;
  const wrong = document.getElementById(asksCode ? "code" : "password");
  wrong.value = "";
  wrong.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const body = new FormData(form);
  button.disabled = true;
  try {
    const answer = await fetch("/login", { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) {
      window.location.replace(next);
      return;
    }
    const { detail, code } = await answer.json();
    complain(detail, code === true);
  } catch {
    complain("We could not reach the bank. Please check your connection and try again.");
  }
  button.disabled = false;
});
