"""The organisations of a journey, connected to one gateway, and what they learned of its ledger."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from evidence import Ledger, fingerprint
from ketenpoort_client import call, chain_path, check, connect
from scenario import Messages, moment
from tlog_proof import Checkpoint

# The organisations of DOMAIN section 10 that take part, by the name of their credentials.
POLICE = "police"
STEUNPUNT = "steunpunt"
GGZ = "ggz"

CLOCK_SKEW_MAX = timedelta(minutes=5)


class Organisation:
    """One organisation, connected with its own certificate."""

    def __init__(self, pb: SimpleNamespace, slug: str, address: str, pki: Path) -> None:
        channel = connect(address, pki, slug)
        self.directory = pb.DirectoryServiceStub(channel)
        self.referrals = pb.ReferralServiceStub(channel)
        self.cases = pb.CaseServiceStub(channel)
        self.consents = pb.ConsentServiceStub(channel)
        self.disclosures = pb.DisclosureServiceStub(channel)
        self.caller = call(self.directory.GetCaller, pb.GetCallerRequest())
        self.oin = self.caller.organisation.oin
        own = fingerprint(chain_path(pki, slug).read_bytes())
        check(self.caller.certificate_fingerprint == own, f"GetCaller should name the certificate of {slug}")
        check(self.caller.organisation.standing == pb.Organisation.STANDING_ACTIVE, f"{slug} should take part")


class World:
    """Everybody who takes part."""

    def __init__(self, pb: SimpleNamespace, address: str, pki: Path) -> None:
        self.pb = pb
        self.police, self.steunpunt, self.ggz = (
            Organisation(pb, slug, address, pki) for slug in (POLICE, STEUNPUNT, GGZ)
        )
        self.messages = Messages(pb, moment(self.police.caller.server_time))
        self.ledger = Ledger(self.police.caller)

    def everybody_is_known(self) -> None:
        """Roles, keys and clock are what they should be."""
        pb = self.pb
        for who, role in (
            (self.police, pb.ORGANISATION_ROLE_POLICE),
            (self.steunpunt, pb.ORGANISATION_ROLE_STEUNPUNT),
            (self.ggz, pb.ORGANISATION_ROLE_MENTAL_HEALTH),
        ):
            check(who.caller.organisation.role == role, f"{who.oin} should have role {role}")
            same_keys = (who.caller.ledger_vkey, who.caller.receipt_vkey)
            ours = (self.police.caller.ledger_vkey, self.police.caller.receipt_vkey)
            check(same_keys == ours, "everybody should be told the same keys")
        here = datetime.now(timezone.utc).replace(tzinfo=None)
        check(abs(here - self.messages.now) < CLOCK_SKEW_MAX, "the gateway's clock should be near ours")

    def checkpoint(self) -> Checkpoint:
        """The latest checkpoint, checked."""
        response = call(self.ggz.disclosures.GetCheckpoint, self.pb.GetCheckpointRequest())
        return self.ledger.accept_checkpoint(response)

    def ledger_only_grew(self, first: Checkpoint, last: Checkpoint) -> None:
        """Every checkpoint seen since the first one only adds to it."""
        pb = self.pb
        for second in sorted(self.ledger.checkpoints.values(), key=lambda checkpoint: checkpoint.size):
            if second.size >= first.size:
                request = pb.GetConsistencyProofRequest(first_tree_size=first.size, second_tree_size=second.size)
                proof = call(self.ggz.disclosures.GetConsistencyProof, request)
                said = (proof.second_tree_size, proof.second_root_hash)
                check(said == (second.size, second.root), "a consistency proof should lead to the size asked for")
                self.ledger.accept_growth(first, second, list(proof.hashes))
        check(last.size > first.size, "the journey should have left entries in the ledger")


def to_bytes(message: Any) -> bytes:
    """The one encoding of a message."""
    return message.SerializeToString(deterministic=True)
