"""What can go wrong while signing in.

RejectedError
+-- SignInRefused               the signed message does not prove what signing in needs
    +-- MalformedSignInMessage  it is not a message of EIP-4361
    +-- WrongScheme             it was signed for another URI scheme
    +-- WrongDomain             it was signed for another site
    +-- WrongUri                it is about another resource
    +-- WrongChain              it names a chain that is not served here
    +-- IssuedInFuture          it claims to have been made later than now
    +-- MessageTooOld           it was made longer ago than a nonce lives
    +-- MessageExpired          its own expiration time is over
    +-- MessageNotYetValid      its own not-before time is still to come
    +-- NonceUnusable           its nonce was never given out, is used, or is too old
    +-- MalformedSignature      the signature has no form that a wallet produces
    +-- WrongWallet             it is of another wallet than the one that has to sign
    +-- SignatureMismatch       another key made the signature, or the text was altered
    +-- WalletFactoryUnknown    the wallet does not stand yet, and its maker is not trusted here
    +-- WalletOfAnotherChain    the wallet is a contract that was proved on another chain
+-- MalformedEmail              the text is no e-mail address
+-- EmailProofUnusable          the code or link is wrong, used or too old
NotFoundError
+-- AccountNotFound             nobody has signed in as that
+-- EmailChallengeNotFound      no letter was asked for under this id
+-- EmailNotFound               the caller's account has no such address
+-- KeyNotFound                 the caller has no such API key
+-- SessionNotFound             the caller has no such session
+-- WalletNotFound              the caller's account has no such wallet
ConflictError
+-- WalletOfAnotherAccount      the wallet signs in to another account
+-- EmailAlreadyAdded           the address signs in to the caller's account already
+-- LastAdmin                   nobody could name an admin any more
+-- LastWayIn                   nobody could sign in to the account any more
+-- TooManyKeys                 the account has as many API keys as it may have
ForbiddenError
+-- AdminsOnly                  only an admin says who is staff
+-- StepUpRequired              the caller has to prove anew who they are
LimitedError
+-- TooManySignIns              this client address asked too often
+-- TooManyEmails               this address was sent too many messages
+-- TooManyRequests             this API key was used too often
UnauthenticatedError
+-- SessionEnded                the token is unknown, revoked or too old
+-- KeyEnded                    the API key is unknown, revoked or too old
"""

from souk.core.errors import (
    ConflictError,
    ForbiddenError,
    LimitedError,
    NotFoundError,
    RejectedError,
    UnauthenticatedError,
)


class SignInRefused(RejectedError):
    """The signed message does not prove what signing in needs."""

    code = "sign_in_refused"


class MalformedSignInMessage(SignInRefused):
    """The text does not follow the grammar of EIP-4361; `context` names the field."""

    code = "malformed_sign_in_message"

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(
            f"this is no sign-in message of EIP-4361: {field} {rule}",
            context={"pointer": "/message", "field": field},
        )


class WrongScheme(SignInRefused):
    """The message was signed for a page reached by another URI scheme."""

    code = "wrong_scheme"


class WrongDomain(SignInRefused):
    """The message was signed for another site, which may be replaying it here."""

    code = "wrong_domain"


class WrongUri(SignInRefused):
    """The message is about another resource."""

    code = "wrong_uri"


class WrongChain(SignInRefused):
    """The message names a chain that is not served here."""

    code = "wrong_chain"


class IssuedInFuture(SignInRefused):
    """The message claims to have been made later than now."""

    code = "issued_in_future"


class MessageTooOld(SignInRefused):
    """The message was made longer ago than a nonce lives."""

    code = "message_too_old"


class MessageExpired(SignInRefused):
    """The expiration time that the message states is over."""

    code = "message_expired"


class MessageNotYetValid(SignInRefused):
    """The not-before time that the message states is still to come."""

    code = "message_not_yet_valid"


class NonceUnusable(SignInRefused):
    """The nonce was never given out here, has been used, or is too old."""

    code = "nonce_unusable"


class MalformedSignature(SignInRefused):
    """The signature has no form that a wallet produces."""

    code = "malformed_signature"


class WrongWallet(SignInRefused):
    """The message is of another wallet than the one that has to sign. Nothing was changed."""

    code = "wrong_wallet"


class SignatureMismatch(SignInRefused):
    """Another key made the signature, or the text was altered after signing."""

    code = "signature_mismatch"


class WalletFactoryUnknown(SignInRefused):
    """The wallet does not stand on the chain yet, and what would make it is not trusted here.

    Send a first transaction from the wallet, which makes it, and sign again."""

    code = "wallet_factory_unknown"


class WalletOfAnotherChain(SignInRefused):
    """The wallet is a contract that was proved on another chain, where alone it is known whose it
    is."""

    code = "wallet_of_another_chain"


class WalletOfAnotherAccount(ConflictError):
    """The wallet signs in to another account."""

    code = "wallet_of_another_account"


class EmailAlreadyAdded(ConflictError):
    """The address signs in to the caller's account already."""

    code = "email_already_added"


class MalformedEmail(RejectedError):
    """The text is no e-mail address."""

    code = "malformed_email"


class EmailProofUnusable(RejectedError):
    """The code or link is wrong, used, too old, or was tried too often."""

    code = "email_proof_unusable"


class AccountNotFound(NotFoundError):
    """Nobody has signed in as that."""

    code = "account_not_found"


class EmailChallengeNotFound(NotFoundError):
    """No letter was asked for under this id, or it was long ago."""

    code = "email_challenge_not_found"


class EmailNotFound(NotFoundError):
    """The caller's account has no such address."""

    code = "email_not_found"


class KeyNotFound(NotFoundError):
    """The caller has no such API key, or it is revoked."""

    code = "key_not_found"


class SessionNotFound(NotFoundError):
    """The caller has no such session, or it has ended."""

    code = "session_not_found"


class WalletNotFound(NotFoundError):
    """The caller's account has no such wallet."""

    code = "wallet_not_found"


class LastWayIn(ConflictError):
    """Without this wallet or address nobody could sign in to the account any more."""

    code = "last_way_in"


class LastAdmin(ConflictError):
    """Without this admin nobody could name another any more."""

    code = "last_admin"


class AdminsOnly(ForbiddenError):
    """Only an admin sees and says who is staff."""

    code = "admins_only"


class StepUpRequired(ForbiddenError):
    """A token alone must not do this: whoever holds it may have found it.

    Have a wallet of the account sign a message around a fresh nonce, send that to
    `POST /api/auth/step-up`, and repeat the request with the new token within five minutes."""

    code = "step_up_required"


class TooManyKeys(ConflictError):
    """The account has as many API keys as it may have."""

    code = "too_many_keys"


class TooManyEmails(LimitedError):
    """This address was sent as many messages as it may be for now."""

    code = "too_many_emails"


class TooManyRequests(LimitedError):
    """This API key was used too often."""

    code = "too_many_requests_of_key"


class TooManySignIns(LimitedError):
    """This client address asked too often."""

    code = "too_many_sign_ins"


class SessionEnded(UnauthenticatedError):
    """The token is unknown, revoked or too old."""

    code = "session_ended"


class KeyEnded(UnauthenticatedError):
    """The API key is unknown, revoked or too old."""

    code = "key_ended"
