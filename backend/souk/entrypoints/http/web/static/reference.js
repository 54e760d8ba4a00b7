import { el, failed, read, show } from "/static/dom.js";

function operation(path, verb, entry) {
  return el("details", {},
    el("summary", {}, el("span", { class: "verb" }, verb.toUpperCase()), el("code", {}, path), ` ${entry.summary || ""}`),
    el("p", {}, entry.description || ""),
    el("ul", {}, (entry.parameters || []).map((p) => el("li", {}, el("code", {}, p.name), ` (${p.in}) ${p.description || ""}`))),
    el("p", { class: "quiet" }, "Answers: " + Object.entries(entry.responses).map(([code, r]) => `${code} ${r.description}`).join(" · ")));
}

try {
  const schema = await read("/openapi.json");
  const groups = {};
  for (const [path, verbs] of Object.entries(schema.paths)) {
    for (const [verb, entry] of Object.entries(verbs)) {
      const tag = (entry.tags || ["other"])[0];
      (groups[tag] ||= []).push(operation(path, verb, entry));
    }
  }
  show(el("h1", {}, `${schema.info.title} ${schema.info.version}`), el("p", {}, schema.info.summary || ""),
    el("p", {}, el("a", { href: "/openapi.json" }, "openapi.json")),
    ...Object.entries(groups).flatMap(([tag, items]) => [el("h2", {}, tag), ...items]));
} catch (error) { failed(error); }
