"""E-mail addresses that are added to an account, over HTTP."""

from secrets import token_hex

import pytest
from sqlalchemy import text

from souk.core.errors import ProviderUnavailable
from souk.core.principal import Scope
from souk.modules.accounts.domain.emails import (
    MAX_ATTEMPTS,
    MAX_MESSAGES,
    MAX_MESSAGES_TO_ADD,
    enclosed,
)
from souk.modules.accounts.errors import KeyEnded
from souk.modules.accounts.service import (
    ApiKeys,
)
from tests.support.account_builders import a_message, a_wallet, sign_in
from tests.support.letterbox import EMAILS

ADA, EVE = "ada@buyers.example", "eve@buyers.example"


@pytest.fixture
def token(accounts):
    """Somebody's who has just signed in with a wallet."""
    return sign_in(accounts, a_wallet()).token


@pytest.fixture
def ask(api, sender):
    """Asks to add an address; the letter is sent at once."""

    def asked(token, email=ADA):
        body = {"email": email}
        answer = api("POST", "/api/auth/emails", body, token=token, key=token_hex(8))
        sender.send_due()
        return answer

    return asked


def by_code(api, token, challenge, code):
    body = {"challenge_id": challenge.json()["challenge_id"], "code": code}
    return api("POST", "/api/auth/emails/verify", body, token=token)


def by_link(api, token, link):
    return api("POST", "/api/auth/emails/verify", {"link": link}, token=token)


def listed(api, token):
    return [one["address"] for one in api("GET", "/api/auth/emails", token=token).json()["data"]]


def inside(engine, challenge):
    """What the letter holds, made as a worker does: of our key and of what is stored."""
    challenge_id = challenge.json()["challenge_id"]
    asked = text("SELECT seed FROM email_challenge WHERE id = :id")
    with engine.connect() as connection:
        seed = connection.execute(asked, {"id": challenge_id}).scalar_one()
    return enclosed(EMAILS, challenge_id, seed)


def refused(answer):
    return (answer.status_code, answer.json()["code"])


def step_up(accounts, token, wallet=None):
    """Another token of the same session."""
    wallet = wallet or a_wallet()
    message = a_message(accounts.issue_nonce(), wallet).render()
    return accounts.step_up(accounts.authenticate(token), message, wallet.sign(message)).token


def added(api, ask, accounts, letters, token, email=ADA):
    """The session's token once an address was added and it has proved itself anew."""
    ask(token, email)
    assert by_link(api, token, letters.link).status_code == 200
    return step_up(accounts, token)


@pytest.mark.parametrize("way", ["code", "link"])
def test_address_signs_in_to_the_account_once_it_is_proved(
    api, ask, letters, accounts, emails, sender, token, way
):
    challenge = ask(token)
    assert listed(api, token) == []
    if way == "link":
        answer = by_link(api, token, letters.link)
    else:
        answer = by_code(api, token, challenge, letters.code)
    account_id = accounts.authenticate(token).account_id
    assert answer.json() == {"account_id": account_id, "address": ADA}
    assert listed(api, token) == [ADA]
    emails.request(ADA)
    sender.send_due()
    assert emails.sign_in_by_link(letters.link).account_id == account_id


def test_asking_needs_a_proof_and_uses_it_up(api, ask, accounts, letters, token, clock):
    clock.advance(minutes=5)
    assert refused(ask(token)) == (403, "step_up_required")
    assert letters.sent == []
    token = step_up(accounts, token)
    assert ask(token).status_code == 202
    assert refused(ask(token, EVE)) == (403, "step_up_required")


def test_refused_request_leaves_the_proof(ask, token):
    assert refused(ask(token, "no address")) == (422, "malformed_email")
    assert ask(token).status_code == 202


def test_asking_again_under_one_key_sends_one_letter(api, sender, letters, token):
    body = {"email": ADA}
    answers = [api("POST", "/api/auth/emails", body, token=token, key="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert sender.send_due() == 1


def test_nobody_keeps_an_address_from_its_owner_by_asking_for_it(
    api, ask, letters, accounts, token
):
    eve = sign_in(accounts, a_wallet("eve")).token
    for _ in range(MAX_MESSAGES):
        ask(eve)
        eve = step_up(accounts, eve, a_wallet("eve"))
    assert refused(ask(eve)) == (429, "too_many_emails")
    assert ask(token).status_code == 202
    assert by_link(api, token, letters.link).status_code == 200


def test_address_is_sent_no_more_than_so_much_whoever_asks(ask, letters, accounts, clock):
    asked = MAX_MESSAGES_TO_ADD
    answers = [ask(sign_in(accounts, a_wallet(f"w{n}")).token) for n in range(asked + 1)]
    assert [answer.status_code for answer in answers] == [202] * asked + [429]
    assert len(letters.sent) == asked
    clock.advance(hours=1)
    assert ask(sign_in(accounts, a_wallet()).token).status_code == 202


@pytest.mark.parametrize("whose", ["another session of the account", "another account"])
def test_letter_is_good_in_no_session_but_the_one_that_asked(
    api, ask, letters, accounts, token, whose
):
    challenge = ask(token)
    other = sign_in(accounts, a_wallet() if "session" in whose else a_wallet("eve")).token
    assert refused(by_code(api, other, challenge, letters.code)) == (422, "email_proof_unusable")
    assert refused(by_link(api, other, letters.link)) == (422, "email_proof_unusable")
    assert by_link(api, token, letters.link).status_code == 200


def test_letter_is_good_in_the_session_under_its_next_token(api, ask, letters, accounts, token):
    ask(token)
    assert by_link(api, step_up(accounts, token), letters.link).status_code == 200


def test_letter_that_adds_does_not_sign_in(api, ask, letters, token):
    challenge = ask(token)
    body = {"challenge_id": challenge.json()["challenge_id"], "code": letters.code}
    for proof in (body, {"link": letters.link}):
        answer = api("POST", "/api/auth/email/verify", proof)
        assert refused(answer) == (422, "email_proof_unusable")


def test_letter_that_signs_in_does_not_add(api, letters, sender, emails, token):
    challenge = emails.request(ADA).challenge_id
    sender.send_due()
    body = {"challenge_id": challenge, "code": letters.code}
    for proof in (body, {"link": letters.link}):
        answer = api("POST", "/api/auth/emails/verify", proof, token=token)
        assert refused(answer) == (422, "email_proof_unusable")


def test_right_code_is_refused_when_too_many_wrong_ones_were_tried(api, ask, letters, token):
    challenge = ask(token)
    for _ in range(MAX_ATTEMPTS):
        by_code(api, token, challenge, "none")
    assert by_code(api, token, challenge, letters.code).status_code == 422
    assert listed(api, token) == []


def test_address_of_another_account_is_answered_alike_and_told_to_its_owner(
    ask, letters, accounts, emails, sender, token
):
    emails.request(EVE)
    sender.send_due()
    emails.sign_in_by_link(letters.link)
    known = ask(token, EVE)
    unknown = ask(step_up(accounts, token), "nobody@buyers.example")
    assert (known.status_code, unknown.status_code) == (202, 202)
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["expires_at"] == unknown.json()["expires_at"]
    (to, body), (_other, code) = letters.sent[-2:]
    assert to == EVE
    assert "signs in to an account already" in body
    assert "#" not in body
    assert "#" in code


def test_address_that_was_taken_meanwhile_stays_where_it_is(
    api, ask, letters, accounts, token, clock
):
    ask(token)
    mine = letters.link
    eve = sign_in(accounts, a_wallet("eve")).token
    ask(eve)
    theirs = letters.link
    assert by_link(api, eve, theirs).status_code == 200
    assert refused(by_link(api, token, mine)) == (422, "email_proof_unusable")
    assert (listed(api, eve), listed(api, token)) == ([ADA], [])


def test_code_that_nobody_was_sent_adds_nothing_when_it_is_guessed(
    api, ask, letters, emails, sender, engine, token
):
    emails.request(EVE)
    sender.send_due()
    emails.sign_in_by_link(letters.link)
    letters.failure = ProviderUnavailable("the mail server cannot be reached")
    challenge = ask(token, EVE)
    code = inside(engine, challenge).code
    assert refused(by_code(api, token, challenge, code)) == (422, "email_proof_unusable")
    assert listed(api, token) == []


def test_own_address_is_not_added_twice(api, ask, letters, accounts, token):
    token = added(api, ask, accounts, letters, token)
    assert refused(ask(token, ADA.upper())) == (409, "email_already_added")


def test_adding_ends_the_proofs_of_other_sessions(api, ask, letters, accounts, token):
    other = sign_in(accounts, a_wallet()).token
    ask(token)
    by_link(api, token, letters.link)
    assert accounts.authenticate(other).step_up_at is None


def test_older_link_signs_in_to_no_account_once_the_address_is_added(
    api, ask, letters, emails, sender, token
):
    emails.request(ADA)
    sender.send_due()
    older = letters.link
    ask(token)
    by_link(api, token, letters.link)
    assert api("POST", "/api/auth/email/verify", {"link": older}).status_code == 422


def test_removed_address_signs_in_no_more(api, ask, letters, accounts, emails, sender, token):
    token = added(api, ask, accounts, letters, token)
    emails.request(ADA)
    sender.send_due()
    opened = emails.sign_in_by_link(letters.link)
    emails.request(ADA)
    sender.send_due()
    assert api("DELETE", f"/api/auth/emails/{ADA}", token=token).status_code == 204
    assert listed(api, token) == []
    assert api("GET", "/api/auth/session", token=opened.token).status_code == 401
    body = {"link": letters.link}
    assert api("POST", "/api/auth/email/verify", body).status_code == 422


def test_key_of_unknown_making_ends_with_any_address(
    api, ask, letters, accounts, committing_uow, engine, token
):
    token = added(api, ask, accounts, letters, token)
    principal = accounts.authenticate(token)
    key = ApiKeys(committing_uow).create(principal, name="Old", scopes=[Scope.ORDERS_READ]).token
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_key SET wallet = NULL, email = NULL"))
    token = step_up(accounts, token)
    assert api("DELETE", f"/api/auth/emails/{ADA}", token=token).status_code == 204
    with pytest.raises(KeyEnded):
        accounts.authenticate(key)


def test_removing_needs_a_proof_and_one_of_ones_own(api, ask, letters, accounts, token):
    token = added(api, ask, accounts, letters, token)
    eve = sign_in(accounts, a_wallet("eve")).token
    assert refused(api("DELETE", f"/api/auth/emails/{ADA}", token=eve)) == (404, "email_not_found")
    assert api("DELETE", f"/api/auth/emails/{ADA}", token=token).status_code == 204
    answer = api("DELETE", f"/api/auth/emails/{ADA}", token=token)
    assert refused(answer) == (403, "step_up_required")


def test_last_way_in_is_not_removed(api, emails, letters, sender):
    emails.request(ADA)
    sender.send_due()
    token = emails.sign_in_by_link(letters.link).token
    answer = api("DELETE", f"/api/auth/emails/{ADA}", token=token)
    assert refused(answer) == (409, "last_way_in")
    assert listed(api, token) == [ADA]


def test_account_without_a_wallet_may_change_its_address(api, ask, emails, letters, sender):
    emails.request(ADA)
    sender.send_due()
    token = emails.sign_in_by_link(letters.link).token
    ask(token, EVE)
    assert by_link(api, token, letters.link).status_code == 200
    emails.request(EVE)
    sender.send_due()
    token = emails.sign_in_by_link(letters.link).token
    assert api("DELETE", f"/api/auth/emails/{ADA}", token=token).status_code == 204
    assert listed(api, token) == [EVE]


def test_no_key_of_a_program_does_any_of_it(api, committing_uow, accounts, token):
    keys, principal = ApiKeys(committing_uow), accounts.authenticate(token)
    key = keys.create(principal, name="Program", scopes=list(Scope)).token
    asked = [
        api("GET", "/api/auth/emails", token=key),
        api("POST", "/api/auth/emails", {"email": ADA}, token=key, key="k"),
        by_link(api, key, "made-up"),
        api("DELETE", f"/api/auth/emails/{ADA}", token=key),
    ]
    assert {refused(answer) for answer in asked} == {(403, "key_lacks_scope")}


def test_no_code_is_stored(ask, letters, engine, token):
    letters.failure = ProviderUnavailable("the mail server cannot be reached")
    challenge = ask(token)
    with engine.connect() as connection:
        rows = [
            connection.execute(text(f"SELECT t::text FROM {table} AS t")).all()
            for table in ("email_challenge", "idempotency_key", "outbox")
        ]
    hidden = inside(engine, challenge)
    assert challenge.json()["challenge_id"] in str(rows)
    assert hidden.code not in str(rows)
    assert hidden.link not in str(rows)
