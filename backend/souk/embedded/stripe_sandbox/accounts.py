"""Connected accounts: https://docs.stripe.com/connect. Whoever opens the link that an AccountLink
gives may say that all papers are in order."""

from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World

_LINK_SECONDS = 300
_DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]


def create(world: World, params: Params) -> Object:
    """`POST /v1/accounts`."""
    kind = params.choice("type", "custom", "express", "standard") or "express"
    asked = _capabilities(params)
    schedule = _schedule(params)
    params.forget("business_profile", "controller", "tos_acceptance")
    item: Object = {
        "id": new_id("acct", 16),
        "object": "account",
        "business_profile": {"mcc": None, "name": None, "product_description": None, "url": None},
        "business_type": params.text("business_type"),
        "capabilities": dict.fromkeys(asked, "inactive"),
        "charges_enabled": False,
        "controller": _controller(kind),
        "country": params.text("country") or "US",
        "created": world.now(),
        "default_currency": "usd",
        "details_submitted": False,
        "email": params.text("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": "/v1/accounts/external_accounts",
        },
        "future_requirements": _requirements([]),
        "metadata": params.metadata(),
        "payouts_enabled": False,
        "requirements": _requirements(_DUE),
        "settings": _settings(schedule or "daily"),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }
    params.finish()
    return world.store.put(item)


def _capabilities(params: Params) -> list[str]:
    group = params.group("capabilities")
    asked = []
    for name in ("card_payments", "transfers") if group else ():
        inner = group.group(name) if group else None
        if inner is not None and inner.flag("requested"):
            asked.append(name)
    if group is not None:
        group.finish()
    return asked


def _schedule(params: Params) -> str | None:
    """`settings[payouts][schedule][interval]`; everything else there changes nothing here."""
    settings = params.group("settings")
    payouts = settings.group("payouts") if settings else None
    schedule = payouts.group("schedule") if payouts else None
    return schedule.choice("interval", "manual", "daily", "weekly", "monthly") if schedule else None


def _controller(kind: str) -> Object:
    by_platform = kind != "standard"
    payer = "application" if by_platform else "account"
    return {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": "application" if by_platform else "stripe"},
        "requirement_collection": "application" if kind == "custom" else "stripe",
        "stripe_dashboard": {"type": {"standard": "full", "express": "express"}.get(kind, "none")},
        "type": "application",
    }


def _requirements(due: list[str]) -> Object:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def _settings(interval: str) -> Object:
    schedule = {"delay_days": 2, "interval": interval}
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": dict.fromkeys(
            ("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji")
        ),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": schedule,
            "statement_descriptor": None,
        },
    }


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/accounts/{id}`."""
    params.finish()
    return world.find_account(id_)


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/accounts/{id}`."""
    item = world.find_account(id_)
    before = {name: item[name] for name in ("capabilities", "email", "metadata", "settings")}
    for name in _capabilities(params):
        state = "active" if item["details_submitted"] else "inactive"
        item["capabilities"] = {name: state, **item["capabilities"]}
    if (interval := _schedule(params)) is not None:
        item["settings"] = _settings(interval)
    item["email"] = params.text("email") or item["email"]
    item["metadata"] = {**item["metadata"], **params.metadata()}
    params.forget("business_profile", "business_type", "tos_acceptance")
    params.finish()
    world.store.put(item)
    world.emit("account.updated", item, account=id_, before=before)
    return item


def delete(world: World, params: Params, id_: str) -> Object:
    """`DELETE /v1/accounts/{id}`."""
    params.finish()
    world.find_account(id_)
    world.store.remove(id_)
    return {"id": id_, "object": "account", "deleted": True}


def log_in(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/accounts/{id}/login_links`: where a seller sees the money."""
    params.finish()
    account = world.find_account(id_)
    if not account["details_submitted"]:
        raise Refusal(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    url = f"{world.settings.url}/sandbox/account/{id_}"
    return {"object": "login_link", "created": world.now(), "url": url}


def link(world: World, params: Params) -> Object:
    """`POST /v1/account_links`: where the seller hands in the papers."""
    account = world.find_account(params.need("account"))
    params.need("type")
    back = params.need("return_url")
    params.forget("refresh_url", "collect", "collection_options")
    params.finish()
    world.store.put({**account, "_return_url": back})
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": world.now() + _LINK_SECONDS,
        "url": f"{world.settings.url}/sandbox/onboarding/{account['id']}",
    }


def complete(world: World, id_: str) -> Object:
    """The papers are in order: money can come and go."""
    account = world.find_account(id_)
    before = {name: account[name] for name in ("charges_enabled", "payouts_enabled")}
    account.update(
        capabilities=dict.fromkeys(account["capabilities"], "active"),
        charges_enabled=True,
        details_submitted=True,
        payouts_enabled=True,
        requirements=_requirements([]),
    )
    world.store.put(account)
    world.emit("account.updated", account, account=id_, before=before)
    return account


def restrict(world: World, id_: str) -> Object:
    """More papers are wanted: until they are there, no money comes or goes."""
    account = world.find_account(id_)
    before = {name: account[name] for name in ("charges_enabled", "payouts_enabled")}
    account.update(
        capabilities=dict.fromkeys(account["capabilities"], "inactive"),
        charges_enabled=False,
        payouts_enabled=False,
        requirements=_requirements(["individual.verification.document"]),
    )
    world.store.put(account)
    world.emit("account.updated", account, account=id_, before=before)
    return account
