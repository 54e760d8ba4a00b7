// The link of an e-mail. Nothing is sent before somebody presses the button: programs that look at
// links beforehand would use up what is good for one sign-in.

import { el, failed, show } from "./dom.js";

const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

async function signIn() {
  const answer = await fetch("/api/auth/email/verify", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ link: secret }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || `status ${answer.status}`);
  sessionStorage.setItem("souk.token", body.token);
  show(el("h1", {}, "You are signed in"), el("p", {}, `As ${body.email}, in this tab.`),
    el("p", {}, el("a", { href: "/" }, "To the shop")));
}

if (secret) {
  const button = el("button", { type: "button" }, "Sign in");
  button.addEventListener("click", () => {
    button.disabled = true;
    signIn().catch(failed);
  });
  show(el("h1", {}, "Sign in to Souk"), el("p", {}, button));
} else {
  failed(new Error("Open the link of the e-mail again: it was not whole."));
}
