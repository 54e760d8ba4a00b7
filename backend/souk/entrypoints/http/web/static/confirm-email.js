// The link of an e-mail that adds its address to an account. It is good for whoever asked alone, in
// the tab that is signed in, and nothing is sent before somebody presses the button.

import { el, failed, show } from "./dom.js";

const secret = location.hash.slice(1);
const token = sessionStorage.getItem("souk.token");
history.replaceState(null, "", location.pathname);

async function confirm() {
  const answer = await fetch("/api/auth/emails/verify", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      Authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ link: secret }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || `status ${answer.status}`);
  show(el("h1", {}, "The address was added"), el("p", {}, `${body.address} signs in to your account.`));
}

if (!secret) {
  failed(new Error("Open the link of the e-mail again: it was not whole."));
} else if (!token) {
  failed(new Error("This tab is not signed in. Type the code of the e-mail where you asked for it."));
} else {
  const button = el("button", { type: "button" }, "Add the address");
  button.addEventListener("click", () => {
    button.disabled = true;
    confirm().catch(failed);
  });
  show(el("h1", {}, "Add an e-mail address"), el("p", {}, button));
}
