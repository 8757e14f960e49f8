"""C2SP formats: verifier keys, signed notes, checkpoints and tlog-proofs, read and checked.

Formats: c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof. Only Ed25519 signatures
(type 0x01) are checked; lines of other signers, for example witnesses, are passed over.
`python tlog_proof.py --self-test` makes notes and proofs and checks that tampering is noticed.
"""

import base64
import binascii
import hashlib
import sys
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import rfc6962

ED25519 = 0x01
KEY_ID_BYTES = 4
SIGNATURE_MARK = "\u2014 "
PROOF_HEADER = "c2sp.org/tlog-proof@v1"


class InvalidNote(Exception):
    """A text does not have its format, or is not signed by whom it should be."""


@dataclass(frozen=True)
class VerifierKey:
    """Who signs, and with which key."""

    name: str
    key_id: bytes
    public_key: Ed25519PublicKey

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Reads `name+key id in hex+base64(type || public key)`."""
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not _is_name(parts[0]):
            raise InvalidNote("a verifier key has a name, a key id and a key")
        name, key_id, encoded = parts
        key = _base64(encoded)
        if len(key) != 33 or key[0] != ED25519:
            raise InvalidNote("the verifier key is not an Ed25519 key")
        expected = _key_id(name, key)
        if key_id != expected.hex():
            raise InvalidNote("the key id does not belong to the name and key")
        return cls(name, expected, Ed25519PublicKey.from_public_bytes(key[1:]))


@dataclass(frozen=True)
class Note:
    """A signed note: its text with the newline at the end, and its signature lines."""

    text: str
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Splits text and signatures. Checks no signature."""
        if any(ord(c) < 0x20 and c != "\n" for c in note):
            raise InvalidNote("a note has no control characters")
        text, blank, signature_lines = note.rpartition("\n\n")
        if not blank or not signature_lines.endswith("\n"):
            raise InvalidNote("a note has a text, an empty line and signatures")
        lines = signature_lines[:-1].split("\n")
        return cls(text + "\n", tuple(_signature(line) for line in lines))

    def verify(self, key: VerifierKey) -> str:
        """Returns the text when this key signed it."""
        own = [sig for name, sig in self.signatures if name == key.name and sig[:KEY_ID_BYTES] == key.key_id]
        if not own:
            raise InvalidNote("the note is not signed by the expected key")
        for signature in own:
            try:
                key.public_key.verify(signature[KEY_ID_BYTES:], self.text.encode())
            except InvalidSignature:
                raise InvalidNote("a signature of the note is wrong") from None
        return self.text


@dataclass(frozen=True)
class Checkpoint:
    """Signed state of a ledger."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def verify(cls, note: str, key: VerifierKey) -> "Checkpoint":
        """Reads a checkpoint that this key signed, of the ledger that the key is named after."""
        lines = Note.parse(note).verify(key).split("\n")
        if len(lines) != 4 or lines[3] != "":
            raise InvalidNote("a checkpoint here has exactly an origin, a size and a root")
        origin, size, root = lines[0], _decimal(lines[1]), _hash(lines[2])
        if origin != key.name:
            raise InvalidNote("the checkpoint is of another ledger")
        return cls(origin, size, root)


@dataclass(frozen=True)
class TlogProof:
    """Proof that an entry is in a ledger, with the checkpoint it leads to."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """Reads the format. Checks no signature and no hash."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != PROOF_HEADER:
            raise InvalidNote("a tlog-proof begins with its version and ends with a checkpoint")
        if lines and lines[0].startswith("extra "):
            # Not authenticated, so of no use here; but it has to be base64.
            _base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise InvalidNote("a tlog-proof names an index")
        index = _decimal(lines.pop(0).removeprefix("index "))
        return cls(index, tuple(_hash(line) for line in lines), checkpoint)

    def verify(self, entry: bytes, key: VerifierKey) -> Checkpoint:
        """Returns the checkpoint when the key signed it and its ledger holds exactly this entry."""
        checkpoint = Checkpoint.verify(self.checkpoint, key)
        leaf = rfc6962.leaf_hash(entry)
        rfc6962.verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:KEY_ID_BYTES]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
    if not line.startswith(SIGNATURE_MARK) or not space or not _is_name(name):
        raise InvalidNote("a signature line has a dash, a name and a signature")
    signature = _base64(encoded)
    if len(signature) <= KEY_ID_BYTES:
        raise InvalidNote("a signature line holds a key id and a signature")
    return name, signature


def _base64(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidNote("not base64") from None
    # One spelling for each value: unused bits are zero.
    if base64.b64encode(value).decode() != text:
        raise InvalidNote("not base64 as it must be written")
    return value


def _hash(text: str) -> bytes:
    value = _base64(text)
    if len(value) != rfc6962.HASH_BYTES:
        raise InvalidNote("a hash has 32 bytes")
    return value


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or (text != "0" and text.startswith("0")):
        raise InvalidNote("a number is decimal and has no leading zero")
    return int(text)


# What follows signs, for the self test only.


def sign(text: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """A note with one signature."""
    key = bytes([ED25519]) + private_key.public_key().public_bytes_raw()
    signature = base64.b64encode(_key_id(name, key) + private_key.sign(text.encode())).decode()
    return f"{text}\n{SIGNATURE_MARK}{name} {signature}\n"


def verifier_key(name: str, private_key: Ed25519PrivateKey) -> str:
    """The vkey of a private key."""
    key = bytes([ED25519]) + private_key.public_key().public_bytes_raw()
    return f"{name}+{_key_id(name, key).hex()}+{base64.b64encode(key).decode()}"


def checkpoint_text(origin: str, entries: list[bytes]) -> str:
    """The text of the checkpoint of a ledger with these entries."""
    root = base64.b64encode(rfc6962.tree_root(entries)).decode()
    return f"{origin}\n{len(entries)}\n{root}\n"


def proof_text(index: int, entries: list[bytes], checkpoint: str) -> str:
    """The tlog-proof of one of these entries."""
    hashes = rfc6962.inclusion_proof(index, entries)
    lines = [PROOF_HEADER, f"index {index}", *(base64.b64encode(h).decode() for h in hashes), "", checkpoint]
    return "\n".join(lines)


def _refused(check, *arguments) -> None:
    try:
        check(*arguments)
    except (InvalidNote, rfc6962.InvalidProof):
        return
    raise AssertionError(f"{check.__qualname__} accepted what is wrong")


def self_test() -> None:
    """A published note, then our own proof, whole and with every character changed in turn."""
    # The example of the Go package golang.org/x/mod/sumdb/note.
    published = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6"
        "RyyBwJnAM=\n"
    )
    assert Note.parse(note).verify(published).startswith("If you think")
    _refused(Note.parse(note.replace("cryptography", "Cryptography")).verify, published)

    origin, private_key = "log.example/test", Ed25519PrivateKey.generate()
    key = VerifierKey.parse(verifier_key(origin, private_key))
    entries = [f"entry {n}".encode() for n in range(11)]
    signed = sign(checkpoint_text(origin, entries), origin, private_key)
    for index, entry in enumerate(entries):
        proof = TlogProof.parse(proof_text(index, entries, signed))
        assert proof.verify(entry, key) == Checkpoint(origin, 11, rfc6962.tree_root(entries))
        _refused(proof.verify, entry + b"x", key)

    def check(text: str) -> None:
        TlogProof.parse(text).verify(entries[5], key)

    text = proof_text(5, entries, signed)
    check(text)
    check(text.replace("\nindex", "\nextra AAAA\nindex"))
    check(text + f"{SIGNATURE_MARK}witness.example {'A' * 12}\n")
    for at, c in enumerate(text):
        _refused(check, text[:at] + ("B" if c == "A" else "A") + text[at + 1 :])
        _refused(check, text[:at])
    other = Ed25519PrivateKey.generate()
    _refused(check, proof_text(5, entries, sign(checkpoint_text(origin, entries), origin, other)))
    _refused(check, proof_text(5, entries, sign(checkpoint_text("log.example/other", entries), origin, private_key)))


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit("usage: tlog_proof.py --self-test")
    self_test()
