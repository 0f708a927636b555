// Binds allauth's WebAuthn script (window.allauth.webauthn) to the page, and says in words what went wrong.
// <form data-passkey="addForm" data-passkey-ids='{"add": "button's id", …}'>: the names are allauth's.
(() => {
  const WORDS = {
    NotAllowedError: "The browser did not get an answer: it was cancelled, or it took too long. Try again.",
    InvalidStateError: "This device has a passkey for your account already.",
    SecurityError: "Passkeys need https and this site's own name, not an IP address.",
    NotSupportedError: "This device can not make a passkey of this kind.",
  };

  const show = (text) => {
    for (const place of document.querySelectorAll("[data-passkey-trouble]")) {
      place.querySelector("span").textContent = text;
      place.hidden = false;
    }
  };

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const { name } = event.detail.exception;
    show(WORDS[name] ?? "The passkey could not be used. Try again, or sign in another way.");
  });

  document.addEventListener("DOMContentLoaded", () => {
    const able = "PublicKeyCredential" in window;
    for (const part of document.querySelectorAll("[data-passkey-button]")) part.hidden = !able;
    for (const form of document.querySelectorAll("[data-passkey]")) {
      if (able) window.allauth.webauthn.forms[form.dataset.passkey]({ ids: JSON.parse(form.dataset.passkeyIds) });
    }
    if (!able && document.querySelector("[data-passkey-only]")) show("This browser can not use passkeys.");
  });
})();
