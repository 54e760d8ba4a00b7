import { el, failed, money, picture, read, show, table } from "/static/dom.js";

function parts(ready) {
  return table(["part", "state", ""], Object.entries(ready.parts).map(([name, part]) => [
    name, el("span", { class: part.status === "ok" ? "good" : "bad" }, part.status), part.detail,
  ]));
}

function card(item) {
  return el("article", { class: "card" },
    picture(item.image, "card"),
    el("h3", {}, el("a", { href: `/listings/${item.id}` }, item.title)),
    el("div", {}, money(item.price)),
    el("div", { class: "quiet" }, item.seller ? item.seller.name : ""),
    el("div", { class: item.available > 0 ? "good" : "bad" },
      item.available > 0 ? `${item.available} in stock` : "sold out"));
}

try {
  const [ready, shop] = await Promise.all([read("/health/ready"), read("/api/marketplace/products")]);
  show(el("h1", {}, "What is running"), parts(ready), el("h2", {}, "For sale"),
    shop.data.length ? el("div", { class: "cards" }, shop.data.map(card))
      : el("p", { class: "quiet" }, "Nothing is for sale yet. `souk demo` lists some goods and sells them."));
} catch (error) { failed(error); }
