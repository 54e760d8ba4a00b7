// Everything shown is set as text, never as markup: titles and reasons were typed by strangers.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

export function show(...nodes) {
  document.getElementById("main").replaceChildren(...nodes.filter(Boolean));
}

// The smallest file that is large enough, as WebP where the browser reads it; without a picture
// the one that stands for none.
export function picture(image, variant) {
  if (!image) return el("img", { class: "picture", src: "/static/no-picture.svg", alt: "" });
  const address = (type) =>
    image.files.find((one) => one.variant === variant && one.media_type === type).url;
  return el("picture", {},
    el("source", { srcset: address("image/webp"), type: "image/webp" }),
    el("img", { class: "picture", src: address("image/jpeg"), alt: image.alt_text, loading: "lazy",
      width: image.width, height: image.height }));
}

export function money(value, symbol) {
  if (!value) return "–";
  const negative = value.amount.startsWith("-");
  const digits = value.amount.replace("-", "").padStart(value.exponent + 1, "0");
  const whole = digits.slice(0, digits.length - value.exponent);
  const part = value.exponent ? digits.slice(-value.exponent) : "";
  const short = value.exponent > 2 ? part.replace(/0+$/, "") : part;
  const unit = symbol || value.currency;
  return `${negative ? "-" : ""}${whole}${short ? "." + short : ""} ${unit}`;
}

export function when(instant) {
  return instant ? new Date(instant).toLocaleString() : "";
}

export async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok && !body.parts) throw new Error(body.detail || `status ${answer.status}`);
  return body;
}

export function table(heads, rows) {
  return el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", {}, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell))))));
}

export function failed(error) {
  show(el("h1", {}, "This page cannot be shown"), el("p", { class: "bad" }, error.message),
    el("p", {}, el("a", { href: "/" }, "Back to the shop")));
}
