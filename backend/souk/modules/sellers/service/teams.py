"""Who acts for a store: invited by its owner, joined by their own word."""

from datetime import timedelta

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain.team import INVITATION_DAYS, Member, Permission, TeamRole
from souk.modules.sellers.errors import InvitationNotFound, MemberExists, MemberNotFound
from souk.modules.sellers.repository import team as team_rows
from souk.modules.sellers.service.finding import Finding

# Who may act for whom is decided by people: a key that could invite would be worth every other.
_BY_HAND = None


class Teams(Finding):
    """Invites, lets in, and sends away."""

    def invite(
        self,
        principal: Principal,
        reference: str,
        wallet: Address,
        role: TeamRole,
        receipt: Receipt = NO_RECEIPT,
    ) -> Member:
        """Let whoever proves this wallet join the team. Raises `SellerNotFound`, `NotYours`,
        `RoleTooSmall`, `KeyLacksScope`, `StepUpRequired`, `MemberExists`."""
        principal.require_scope(_BY_HAND)
        with self._uow.begin() as tx:
            seller = self._lock(tx, principal, reference, Permission.TEAM)
            # A member stays when the token that invited them is long ended.
            self._accounts.require_step_up(tx, principal)
            if self._accounts.owns_wallet(tx, seller.account_id, wallet):
                raise MemberExists("this wallet is the owner's", context={"pointer": "/wallet"})
            invited = team_rows.add(tx, seller.id, wallet, role, principal.account_id)
            if invited is None:
                raise MemberExists(
                    "this wallet is in the team, or invited, already; change its role instead",
                    context={"pointer": "/wallet"},
                )
            receipt.store(tx, invited)
            tx.commit()
        return invited

    def accept(self, principal: Principal, member_id: str) -> Member:
        """Join the team of a store that has invited a wallet of the caller's; harmless when they
        have. Raises `InvitationNotFound`, `KeyLacksScope`, `MemberExists`."""
        principal.require_scope(_BY_HAND)
        with self._uow.begin() as tx:
            member = self._invitation(tx, principal, member_id)
            if member.account_id is None:
                if self.find_role(tx, member.seller_id, principal.account_id) is TeamRole.OWNER:
                    raise MemberExists("this store is yours already")
                joined = team_rows.accept(tx, member, principal.account_id)
                if joined is None:
                    raise MemberExists("you are in the team already, by another of your wallets")
                member = joined
            tx.commit()
        return member

    def decline(self, principal: Principal, member_id: str) -> None:
        """Do not join, or leave again. Raises `InvitationNotFound`."""
        with self._uow.begin() as tx:
            team_rows.end(tx, self._invitation(tx, principal, member_id))
            tx.commit()

    def change_role(
        self, principal: Principal, reference: str, member_id: str, role: TeamRole
    ) -> Member:
        """Give somebody in the team, or invited, another role. Raises `SellerNotFound`,
        `NotYours`, `RoleTooSmall`, `KeyLacksScope`, `StepUpRequired`, `MemberNotFound`."""
        with self._uow.begin() as tx:
            member = self._lock_member(tx, principal, reference, member_id)
            self._accounts.require_step_up(tx, principal)
            changed = team_rows.change_role(tx, member, role)
            tx.commit()
        return changed

    def remove(self, principal: Principal, reference: str, member_id: str) -> None:
        """Send somebody away, or take an invitation back: by a token alone too, as it gives nobody
        anything. Raises `SellerNotFound`, `NotYours`, `RoleTooSmall`, `KeyLacksScope`,
        `MemberNotFound`."""
        with self._uow.begin() as tx:
            team_rows.end(tx, self._lock_member(tx, principal, reference, member_id))
            tx.commit()

    def _lock_member(
        self, tx: Transaction, principal: Principal, reference: str, member_id: str
    ) -> Member:
        principal.require_scope(_BY_HAND)
        seller = self._lock(tx, principal, reference, Permission.TEAM)
        member = team_rows.lock(tx, require_id("mem", member_id))
        if member is None or member.seller_id != seller.id:
            raise MemberNotFound("nobody of this id is in the team")
        return member

    def _invitation(self, tx: Transaction, principal: Principal, member_id: str) -> Member:
        """Locked, and for the caller: by the wallet until it is accepted, by the account after."""
        member = team_rows.lock(tx, require_id("mem", member_id))
        if member is None or not self._is_for(tx, principal, member):
            raise InvitationNotFound("no such invitation is open for you")
        return member

    def _is_for(self, tx: Transaction, principal: Principal, member: Member) -> bool:
        if member.account_id is not None:
            return member.account_id == principal.account_id
        fresh = tx.age(member.invited_at) <= timedelta(days=INVITATION_DAYS)
        return fresh and self._accounts.owns_wallet(tx, principal.account_id, member.wallet)
