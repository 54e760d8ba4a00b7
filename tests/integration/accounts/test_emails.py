"""Signing in by e-mail, over HTTP."""

import re

import pytest
from sqlalchemy import text

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.modules.accounts.domain.emails import MAX_ATTEMPTS, MAX_MESSAGES
from souk.modules.accounts.models import EmailRow
from tests.support.account_builders import a_wallet, sign_in

ADA = "ada@buyers.example"


@pytest.fixture
def ask(api, sender):
    """Asks for a letter, which is sent at once."""

    def asked(email=ADA):
        answer = api("POST", "/api/auth/email/request", {"email": email})
        sender.send_due()
        return answer

    return asked


def by_code(api, challenge, code):
    body = {"challenge_id": challenge.json()["challenge_id"], "code": code}
    return api("POST", "/api/auth/email/verify", body)


def by_link(api, link):
    return api("POST", "/api/auth/email/verify", {"link": link})


def wrong(code):
    """Another code of the same form."""
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08d}"


def test_code_opens_a_session_of_a_new_account(api, ask, letters):
    signed_in = by_code(api, ask(), letters.code).json()
    session = api("GET", "/api/auth/session", token=signed_in["token"]).json()
    assert (session["email"], session["wallet"], session["wallets"]) == (ADA, None, [])
    assert (session["account_id"], session["roles"]) == (signed_in["account_id"], ["buyer"])


def test_link_opens_a_session_of_the_same_account(api, ask, letters):
    first = by_code(api, ask(), letters.code).json()
    ask(ADA.upper())
    second = by_link(api, letters.link).json()
    assert second["account_id"] == first["account_id"]


@pytest.mark.parametrize("way", ["code", "link"])
def test_neither_is_good_twice(api, ask, letters, way):
    challenge = ask()
    code, link = letters.code, letters.link
    assert (by_link(api, link) if way == "link" else by_code(api, challenge, code)).is_success
    assert by_code(api, challenge, code).json()["code"] == "email_proof_unusable"
    assert by_link(api, link).json()["code"] == "email_proof_unusable"


def test_signing_in_uses_up_older_messages(api, ask, letters):
    ask()
    older = letters.link
    ask()
    by_link(api, letters.link)
    assert by_link(api, older).status_code == 422


def test_code_is_refused_after_fifteen_minutes_and_the_link_is_not(api, ask, letters, clock):
    challenge = ask()
    clock.advance(minutes=15)
    assert by_code(api, challenge, letters.code).status_code == 422
    assert by_link(api, letters.link).status_code == 200


def test_link_is_refused_after_an_hour(api, ask, letters, clock):
    ask()
    clock.advance(hours=1)
    assert by_link(api, letters.link).status_code == 422


def test_nobody_is_kept_out_by_others_who_ask_for_letters_to_them(api, ask, letters, clock):
    for _ in range(MAX_MESSAGES):
        ask()
    clock.advance(minutes=40)
    refused = api("POST", "/api/auth/email/request", {"email": "ada@buyers.example"})
    assert refused.status_code == 429
    assert by_link(api, letters.link).status_code == 200
    ask()


def test_code_is_refused_in_the_same_words_whatever_is_wrong(api, ask, letters):
    challenge = ask()
    body = {"challenge_id": "eml_01h455vb4pex5vsknk084sn02q", "code": "1234 5678"}
    answers = [
        by_code(api, challenge, wrong(letters.code)),
        by_code(api, challenge, "1"),
        by_link(api, "nothing"),
        api("POST", "/api/auth/email/verify", body),
    ]
    assert len({(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}) == 1


def test_right_code_is_refused_when_too_many_wrong_ones_were_tried(api, ask, letters):
    challenge = ask()
    for _ in range(MAX_ATTEMPTS):
        by_code(api, challenge, wrong(letters.code))
    assert by_code(api, challenge, letters.code).json()["code"] == "email_proof_unusable"


def test_right_code_is_good_at_the_last_attempt(api, ask, letters):
    challenge = ask()
    for _ in range(MAX_ATTEMPTS - 1):
        by_code(api, challenge, wrong(letters.code))
    assert by_code(api, challenge, letters.code).is_success


def test_code_of_another_message_is_refused(api, ask, letters):
    first = ask()
    ask("eve@evil.example")
    assert by_code(api, first, letters.code).status_code == 422


def test_request_answers_alike_whether_the_address_is_known(api, ask, letters):
    by_code(api, ask(), letters.code)
    known, unknown = ask(), ask("nobody@buyers.example")
    assert (known.status_code, unknown.status_code) == (202, 202)
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["expires_at"] == unknown.json()["expires_at"]
    bodies = [re.sub(r"[0-9]{4} [0-9]{4}|#\S+", "", body) for _to, body in letters.sent[-2:]]
    assert bodies[0] == bodies[1]


def test_request_answers_alike_when_the_mail_server_never_takes_the_address(api, ask, letters):
    letters.failure = ProviderRejected("no such user")
    assert ask().status_code == 202


def state(api, challenge):
    return api("GET", f"/api/auth/email/{challenge.json()['challenge_id']}").json()["state"]


def test_state_tells_whoever_waits_how_far_the_letter_is(api, sender, letters, clock):
    letters.failure = ProviderUnavailable("the mail server cannot be reached")
    challenge = api("POST", "/api/auth/email/request", {"email": ADA})
    assert (challenge.status_code, state(api, challenge)) == (202, "waiting")
    sender.send_due()
    assert state(api, challenge) == "delayed"
    letters.failure = None
    clock.advance(seconds=2)
    sender.send_due()
    assert state(api, challenge) == "sent"
    clock.advance(minutes=15)
    assert state(api, challenge) == "over"


@pytest.mark.parametrize("rejected", [False, True])
def test_state_does_not_tell_whether_an_address_exists_or_signs_in(api, ask, letters, rejected):
    letters.failure = ProviderRejected("no such user") if rejected else None
    challenge = ask()
    if not rejected:
        by_link(api, letters.link)
    assert state(api, challenge) == "sent"


@pytest.mark.parametrize(
    ("known", "code"),
    [("eml_01h455vb4pex5vsknk084sn02q", "email_challenge_not_found"), ("1", "unknown_id")],
)
def test_state_refuses_when_no_letter_was_asked_for(api, known, code):
    refusal = api("GET", f"/api/auth/email/{known}")
    assert (refusal.status_code, refusal.json()["code"]) == (404, code)


def test_request_refuses_when_the_address_was_sent_enough(api, ask, letters, clock):
    for _ in range(MAX_MESSAGES):
        ask()
        clock.advance(minutes=1)
    refusal = ask(ADA.title())
    assert (refusal.status_code, refusal.json()["code"]) == (429, "too_many_emails")
    assert refusal.headers["retry-after"] == str(55 * 60 + 1)
    assert ask("other@buyers.example").status_code == 202
    clock.advance(minutes=56)
    assert ask().status_code == 202


def test_request_refuses_what_is_no_address(api, ask, letters):
    refusal = ask("ada@example.com\nBcc: eve@evil.example")
    assert (refusal.status_code, refusal.json()["code"]) == (422, "malformed_email")
    assert letters.sent == []


@pytest.mark.parametrize(
    "body",
    [{}, {"code": "1"}, {"challenge_id": "eml_1"}, {"link": "l", "code": "1", "challenge_id": "e"},
     {"link": "l", "code": "1"}],
    ids=str,
)  # fmt: skip
def test_verify_refuses_when_it_is_neither_code_nor_link(api, body):
    assert api("POST", "/api/auth/email/verify", body).status_code == 422


def test_nothing_that_signs_in_is_stored(api, ask, letters, engine):
    challenge = ask()
    token = by_code(api, challenge, letters.code).json()["token"]
    tables = ("email_challenge", "email_address", "session")
    with engine.connect() as connection:
        stored = str([connection.execute(text(f"SELECT * FROM {t}")).all() for t in tables])
    assert ADA in stored
    for secret in (letters.code.replace(" ", ""), letters.link, token):
        assert secret not in stored


def test_email_proves_less_when_the_account_has_a_wallet(
    api, ask, letters, accounts, committing_uow
):
    account_id = sign_in(accounts, a_wallet()).account_id
    with committing_uow.begin() as tx:
        row = EmailRow(id=tx.new_id("ema"), account_id=account_id, address=ADA, proved_at=tx.now)
        tx.session.add(row)
        tx.session.commit()
    signed_in = by_code(api, ask(), letters.code).json()
    assert signed_in["account_id"] == account_id
    assert accounts.authenticate(signed_in["token"]).step_up_at is None


def test_email_proves_enough_when_the_account_has_no_wallet(api, ask, letters, accounts, clock):
    token = by_code(api, ask(), letters.code).json()["token"]
    assert accounts.authenticate(token).step_up_at == clock.now()


def test_forget_expired_keeps_what_still_counts(api, ask, emails, clock):
    ask()
    clock.advance(minutes=61)
    ask()
    assert emails.forget_expired() == 1
    assert emails.forget_expired() == 0
