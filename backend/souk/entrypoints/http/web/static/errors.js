import { el, failed, read, show } from "/static/dom.js";

function row(entry) {
  return el("tr", { id: entry.code },
    el("td", {}, el("code", {}, entry.code)), el("td", {}, String(entry.status)),
    el("td", {}, entry.meaning), el("td", {}, entry.retryable ? "may succeed later" : ""));
}

try {
  const { data } = await read("/api/errors");
  show(el("h1", {}, "Errors"),
    el("p", { class: "quiet" }, "The code of a refusal never changes; programs decide by it. Its detail says what to do."),
    el("table", {}, el("thead", {}, el("tr", {}, ["code", "status", "meaning", ""].map((head) => el("th", {}, head)))),
      el("tbody", {}, data.map(row))));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) { failed(error); }
