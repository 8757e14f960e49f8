"""What a receiver can check without trusting the gateway: ledger entries, receipts and commitments."""

import base64
import hashlib
import hmac
import re
import struct
from types import SimpleNamespace
from typing import Any

import rfc6962
from ketenpoort_client import Unexpected, check
from tlog_proof import Checkpoint, InvalidNote, Note, TlogProof, VerifierKey

PAYLOAD_LABEL = b"ketenpoort/v1/commitment/payload"


class Ledger:
    """The ledger as seen from outside: its key, and all checkpoints that it ever showed us."""

    def __init__(self, caller: Any) -> None:
        self.ledger_key = VerifierKey.parse(caller.ledger_vkey)
        self.receipt_key = VerifierKey.parse(caller.receipt_vkey)
        check(caller.ledger_vkey != caller.receipt_vkey, "ledger and receipts should have keys of their own")
        self.checkpoints: dict[int, Checkpoint] = {}
        self.entries: dict[int, bytes] = {}

    def accept_entry(self, receipt: Any) -> None:
        """Checks that the entry is in the ledger where the receipt says, under a signed checkpoint."""
        try:
            proof = TlogProof.parse(receipt.tlog_proof)
            checkpoint = proof.verify(receipt.entry, self.ledger_key)
        except (InvalidNote, rfc6962.InvalidProof) as error:
            raise Unexpected(f"the proof of entry {receipt.index} is wrong: {error}") from None
        check(proof.index == receipt.index, "a receipt and its proof should name the same index")
        known = self.entries.setdefault(receipt.index, receipt.entry)
        check(known == receipt.entry, f"entry {receipt.index} should never change")
        self._remember(checkpoint)

    def accept_checkpoint(self, response: Any) -> Checkpoint:
        """Checks the signature of the latest checkpoint, and that the answer repeats what it says."""
        try:
            checkpoint = Checkpoint.verify(response.checkpoint, self.ledger_key)
        except InvalidNote as error:
            raise Unexpected(f"the checkpoint is wrong: {error}") from None
        said = (response.tree_size, response.root_hash)
        check(said == (checkpoint.size, checkpoint.root), "GetCheckpoint should repeat its checkpoint")
        self._remember(checkpoint)
        return checkpoint

    def accept_growth(self, first: Checkpoint, second: Checkpoint, hashes: list[bytes]) -> None:
        """Checks that the second checkpoint only adds to the first."""
        try:
            rfc6962.verify_consistency(first.size, first.root, second.size, second.root, hashes)
        except rfc6962.InvalidProof as error:
            raise Unexpected(f"sizes {first.size} and {second.size} are not one ledger: {error}") from None

    def accept_receipt(self, note: str) -> str:
        """The text of a receipt that the gateway signed with its receipt key."""
        try:
            return Note.parse(note).verify(self.receipt_key)
        except InvalidNote as error:
            raise Unexpected(f"the receipt is wrong: {error}") from None

    def _remember(self, checkpoint: Checkpoint) -> None:
        known = self.checkpoints.setdefault(checkpoint.size, checkpoint)
        check(known == checkpoint, f"there are two ledgers of size {checkpoint.size}")


def commitment(opening: bytes, value: bytes) -> bytes:
    """What stands in an entry in place of the payload: HMAC-SHA-256 keyed with the opening, over label
    and value, each behind its length in 8 bytes."""
    parts = (struct.pack(">Q", len(part)) + part for part in (PAYLOAD_LABEL, value))
    return hmac.digest(opening, b"".join(parts), "sha256")


def commits_to(receipt: Any, value: bytes) -> bool:
    """Whether the entry holds the commitment to this value. Nobody finds 32 such bytes by chance, so it
    does not matter where in the entry they stand."""
    return len(receipt.payload_opening) == 32 and commitment(receipt.payload_opening, value) in receipt.entry


def digests_in(text: str) -> list[bytes]:
    """Everything in a text that can be a SHA-256 digest, in hexadecimal or base64."""
    in_hex = re.findall(r"\b[0-9a-f]{64}\b", text)
    in_base64 = re.findall(r"[A-Za-z0-9+/]{43}=", text)
    return [bytes.fromhex(word) for word in in_hex] + [base64.b64decode(word) for word in in_base64]


def disclosed_value(pb: SimpleNamespace, view: Any, person: Any) -> bytes:
    """The value that the entry about a person of a view commits to (RequestSummaryResponse.view)."""
    parts = []
    if person.family_name:
        names = f"{person.family_name}|{person.given_names}|{person.birth_date}"
        parts.append((pb.CATEGORY_IDENTIFICATION, "identification", person.person_key, names))
    for section in view.sections:
        if section.category != pb.CATEGORY_IDENTIFICATION and person.person_key in section.about_person_keys:
            parts.append((section.category, section.section_id, section.title, section.text))
    value = b""
    for category, *texts in parts:
        value += struct.pack(">H", category)
        for text, length in zip((text.encode() for text in texts), (">H", ">H", ">I"), strict=True):
            value += struct.pack(length, len(text)) + text
    return value


def fingerprint(chain_pem: bytes) -> str:
    """SHA-256 of the first certificate in a PEM file, in hexadecimal."""
    body = chain_pem.split(b"-----BEGIN CERTIFICATE-----")[1].split(b"-----END CERTIFICATE-----")[0]
    return hashlib.sha256(base64.b64decode(body)).hexdigest()
