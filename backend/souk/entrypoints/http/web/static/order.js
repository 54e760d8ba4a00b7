import { el, failed, money, read, show, table, when } from "/static/dom.js";

const id = location.pathname.split("/").pop();
const key = new URLSearchParams(location.search).get("key") || "";
const api = `/api/orders/${encodeURIComponent(id)}/timeline?key=${encodeURIComponent(key)}`;
const stream = `/api/orders/${encodeURIComponent(id)}/events?key=${encodeURIComponent(key)}`;

function step(row) {
  return el("li", {}, el("strong", {}, row.to), ` · ${row.actor} · `,
    el("span", { class: "quiet" }, when(row.occurred_at)), el("div", {}, row.reason),
    row.evidence && row.evidence.transaction_hash
      ? el("code", {}, row.evidence.transaction_hash) : null);
}

function attempt(row) {
  const wanted = row.finality && row.finality.awaited !== "confirmed" ? row.finality : null;
  const confirmed = wanted ? `${wanted.reached || "not seen"}, has to be ${wanted.awaited}` : row.confirmations
    ? `${Math.min(row.confirmations.have, row.confirmations.need)} of ${row.confirmations.need} confirmations` : "";
  return [row.method, el("span", { class: "badge" }, row.status), money(row.total, row.symbol),
    confirmed, row.transaction_hash ? el("code", {}, row.transaction_hash) : ""];
}

function render(order) {
  document.title = `Order ${order.status} · Souk`;
  show(el("h1", {}, "Order ", el("code", {}, order.id)),
    el("p", {}, el("span", { class: "badge" }, order.status), " ",
      el("span", { class: "badge" }, order.payment_status), " ", money(order.total)),
    table(["what", "each", "how many"], order.lines.map((line) => [line.title, money(line.unit_price), String(line.quantity)])),
    el("h2", {}, "Timeline"), el("ol", { class: "timeline" }, order.history.map(step)),
    el("h2", {}, "Payments"),
    table(["method", "state", "amount", "", "transaction"], order.attempts.map(attempt)),
    el("h2", {}, "Where the money is"),
    table(["", "seen", "held", "released", "refunded", "fee"], order.money.map((row) => [row.symbol,
      ...["pending", "held", "released", "refunded", "fee"].map((name) => money(row[name], row.symbol))])));
}

async function refresh() {
  try { render(await read(api)); } catch (error) { failed(error); }
}

await refresh();
// A change is announced by its name only; the page then reads the order anew.
// A stream that merely ended is opened anew by the browser, one that was refused by us.
function follow() {
  const events = new EventSource(stream);
  events.addEventListener("order", refresh);
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 30_000);
  });
}

follow();
