"""Requests and responses about e-mail addresses."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.accounts.domain.emails import MAX_LENGTH, LetterState

_ID = "eml_01h455vb4pex5vsknk084sn02q"
_SPACES = re.compile(r"[\s-]")


class EmailRequest(RequestModel):
    """Where to send a code and a link."""

    email: Annotated[str, Field(min_length=3, max_length=MAX_LENGTH, examples=["ada@example.com"])]


class EmailChallengeOut(ResponseModel):
    """What to send back with the code; a link needs nothing more."""

    challenge_id: Annotated[str, Field(examples=[_ID])]
    expires_at: InstantOut


class EmailChallengeStateOut(ResponseModel):
    """How far a letter is, whoever it goes to. `waiting`: it is sent in a moment. `delayed`: the
    mail server does not take it yet, and it is tried again until `expires_at`; sign in by wallet,
    or wait. `sent`: look for it also among what is unwanted; should it not come, check the address
    and ask again. `over`: ask again."""

    challenge_id: Annotated[str, Field(examples=[_ID])]
    state: LetterState
    expires_at: InstantOut


class ProvedEmailOut(ResponseModel):
    """One e-mail address of an account."""

    address: Annotated[str, Field(examples=["ada@example.com"])]
    proved_at: InstantOut


class EmailList(ResponseModel):
    """The addresses that sign in to an account, the oldest first."""

    data: list[ProvedEmailOut]


class EmailOut(ResponseModel):
    """An address that signs in to the caller's account from now on."""

    account_id: str
    address: Annotated[str, Field(examples=["ada@example.com"])]


class EmailVerify(RequestModel):
    """Either the code with the challenge that it belongs to, or the link's secret."""

    challenge_id: Annotated[str | None, Field(max_length=64, examples=[_ID])] = None
    code: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=20,
            description="Eight digits; spaces and hyphens do not matter.",
            examples=["1234 5678"],
        ),
        AfterValidator(lambda code: None if code is None else _SPACES.sub("", code)),
    ] = None
    link: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=64,
            description="What follows the # in the link.",
            examples=["Zk3T0mB4o2v8gQyN1cXw7sLr5uJhPd9eAfKiM6bVtGY"],
        ),
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        by_code = self.code is not None and self.challenge_id is not None
        if by_code == (self.link is not None) or (self.code is None) != (self.challenge_id is None):
            raise ValueError("send challenge_id and code, or link")
        return self
