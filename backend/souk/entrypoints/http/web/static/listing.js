import { el, failed, money, picture, read, show } from "/static/dom.js";

try {
  const id = location.pathname.split("/").pop();
  const item = await read(`/api/marketplace/products/${encodeURIComponent(id)}`);
  document.title = `${item.title} · Souk`;
  show(el("h1", {}, item.title), el("p", {}, money(item.price)),
    el("p", { class: "quiet" }, item.seller ? `sold by ${item.seller.name}` : ""),
    el("div", { class: "pictures" },
      (item.images.length ? item.images : [null]).map((image) => picture(image, "page"))),
    el("p", {}, item.description),
    el("p", { class: item.available > 0 ? "good" : "bad" },
      item.available > 0 ? `${item.available} in stock` : "sold out"),
    item.kind === "physical"
      ? el("p", { class: "quiet" }, `sent within ${item.handling_days} days, ${item.transit_days} days on the way at most`)
      : el("p", { class: "quiet" }, "digital, delivered at once"));
} catch (error) { failed(error); }
