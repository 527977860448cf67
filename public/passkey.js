// Asks the browser for a passkey: what the bank asks and what the browser answers, as JSON. The bank decides.
"use strict";

(() => {
  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const known = (listed) => (listed ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  function answered(credential) {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  }

  // Passkeys belong to the bank's name: on another address of the same server a browser has none.
  function usable(options) {
    const name = options?.rpId ?? options?.rp?.id;
    const here = window.location.hostname;
    return Boolean(name && window.PublicKeyCredential && (here === name || here.endsWith(`.${name}`)));
  }

  async function make(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
    return answered(await navigator.credentials.create({ publicKey }));
  }

  async function ask(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    };
    return answered(await navigator.credentials.get({ publicKey }));
  }

  window.anyaPasskey = { usable, make, ask };

  // The page that makes one: `/account/passkey`.
  const form = document.getElementById("make-passkey");
  if (!form) return;
  const options = JSON.parse(form.dataset.options);
  const button = form.querySelector("button");
  const problem = document.getElementById("passkey-problem");
  if (!usable(options)) {
    problem.textContent = "This browser makes no passkeys here. The codes of your app go on working.";
    return;
  }
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      form.elements.credential.value = await make(options);
      form.submit();
    } catch {
      problem.textContent = "No passkey was made. It may be that this device has one already, or that you stopped it.";
      button.disabled = false;
    }
  });
})();
