"""What the pages look like: plain HTML without scripts, so that any browser will do."""

from collections.abc import Iterable
from html import escape

from souk.embedded.stripe_sandbox.cards import BANK, METHODS, TestMethod
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.wire import Reply

_HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--go:#0a6b52;--no:#b3261e}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:0 auto;padding:0 1rem 3rem}
.ribbon{background:#f5c518;color:#222;margin:0 -1rem 1.5rem;padding:.4rem 1rem;font-size:.9rem}
h1{font-size:1.2rem;margin:0}h2{font-size:1rem;margin:1.2rem 0 .3rem}
.amount{font-size:2.2rem;font-weight:650;margin:.2rem 0 .6rem}
.what{color:#777;margin:0}
.error{border-left:4px solid var(--no);background:var(--soft);padding:.6rem .9rem;margin:1rem 0}
label.card{display:flex;gap:.7rem;align-items:baseline;padding:.45rem .6rem;
border:1px solid var(--line);border-bottom:0;cursor:pointer}
label.card:first-of-type{border-radius:.4rem .4rem 0 0}
label.card:last-of-type{border-bottom:1px solid var(--line);border-radius:0 0 .4rem .4rem}
label.card:has(input:checked){background:var(--soft)}
.number{font-family:ui-monospace,monospace;white-space:nowrap}
.does{color:#777;margin-left:auto;text-align:right;font-size:.9rem}
input[type=text]{font:inherit;width:100%;padding:.5rem .6rem}
button{font:inherit;font-weight:600;width:100%;padding:.7rem 1rem;margin-top:.8rem;border:0;
border-radius:.4rem;background:var(--go);color:#fff;cursor:pointer}
a{color:inherit}button.no{background:none;color:inherit;border:1px solid var(--line)}
table{width:100%;border-collapse:collapse}td{padding:.3rem 0;border-bottom:1px solid var(--line)}
td:last-child{text-align:right}
"""


def page(title: str, body: str, status: int = 200) -> Reply:
    """A whole page; `body` is markup."""
    return Reply(
        status,
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width,initial-scale=1'><style>{_STYLE}</style>"
        "<div class=ribbon>Sandbox of the card rail: no money moves, and no real card is taken."
        f"</div><main><h1>{escape(title)}</h1>{body}</main></html>",
        "text/html; charset=utf-8",
        [*_HEADERS],
    )


def amount(item: Object) -> str:
    """An amount with its currency."""
    return cents(item["amount"], item["currency"])


def cents(number: int, currency: str) -> str:
    """The same of a number of cents."""
    return f"{number / 100:,.2f} {currency.upper()}"


def paragraph(text: str, kind: str = "") -> str:
    """One sentence or more."""
    return f"<p class='{kind}'>{escape(text)}</p>"


def rows(pairs: Iterable[tuple[str, str]]) -> str:
    """A table of two columns."""
    cells = "".join(f"<tr><td>{escape(a)}<td>{escape(b)}" for a, b in pairs)
    return f"<table>{cells}</table>"


def hidden(values: dict[str, str]) -> str:
    """What a form carries along."""
    return "".join(
        f"<input type=hidden name={name} value='{escape(text, quote=True)}'>"
        for name, text in values.items()
    )


def way_back(url: str) -> str:
    """For who has thought better of it."""
    if not url.startswith(("http://", "https://")):
        return ""
    return f"<p><a href='{escape(url, quote=True)}'>Back to the shop without paying</a></p>"


def test_methods(kinds: Iterable[str], chosen: str | None) -> str:
    """The test cards and accounts of these kinds, by what comes of them; to choose from, unless
    `chosen` is `None`."""
    found: dict[str, list[str]] = {}
    for id_, test in METHODS.items():
        if test.kind in kinds:
            found.setdefault(_group(test), []).append(_choice(id_, test, chosen))
    return "".join(f"<h2>{title}</h2><div>{''.join(each)}</div>" for title, each in found.items())


def _group(test: TestMethod) -> str:
    if test.kind == BANK:
        return "A bank account, which answers later"
    if test.authenticate:
        return "Asks whether it is you (3-D Secure)"
    if test.decline:
        return "Is declined"
    return "Pays, and trouble comes later" if test.disputed or test.refund else "Pays"


def _choice(id_: str, test: TestMethod, chosen: str | None) -> str:
    checked = " checked" if id_ == chosen else ""
    button = f"<input type=radio name=payment_method value={id_}{checked}>"
    return (
        f"<label class=card>{'' if chosen is None else button}"
        f"<span class=number>{_grouped(test)}</span>"
        f"<span class=does>{escape(_outcome(test))}</span></label>"
    )


def _grouped(test: TestMethod) -> str:
    if test.kind == BANK:
        return test.number
    return " ".join(test.number[at : at + 4] for at in range(0, len(test.number), 4))


def _outcome(test: TestMethod) -> str:
    """What comes of a method, in words."""
    if not test.answers:
        return "the bank never answers"
    notes = []
    if test.authenticate:
        notes.append("is declined all the same" if test.decline else "pays when you say yes")
    elif test.decline:
        notes.append(test.decline.replace("generic_decline", "no_reason_given").replace("_", " "))
    if test.disputed:
        kind = "inquired into" if test.inquiry else "disputed"
        notes.append(f"{kind}: {test.disputed.replace('_', ' ')}")
    if test.kind != BANK and test.refund:
        notes.append("a refund fails" if test.refund == "fails" else "a refund takes a while")
    if test.at_once:
        notes.append("available at once")
    if not notes:
        notes.append("the debit succeeds" if test.kind == BANK else _looks(test))
    return "; ".join(notes)


def _looks(test: TestMethod) -> str:
    return f"{test.brand.capitalize()} {test.funding}"
