"""Merkle tree proofs, checked from the text of RFC 6962 section 2.1 and RFC 9162 section 2.1.3 and 2.1.4.

Written without looking at the gateway's own code, so that both would have to make the same mistake.
Uses nothing but the standard library. `python rfc6962.py --self-test` checks it against the eight leaves
that certificate transparency projects use as test vectors.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence

HASH_BYTES = 32


class InvalidProof(Exception):
    """A proof does not show what it should."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry. The prefix keeps a leaf from passing as an inner node (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raises unless the tree with this size and root holds the leaf hash at this index (RFC 9162 2.1.3.2)."""
    _require_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise InvalidProof("the index lies outside the tree")
    node, last = index, size - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            raise InvalidProof("the inclusion proof is too long")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            # On the right edge a node without a sibling moves up unchanged.
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the inclusion proof is too short")
    if computed != root:
        raise InvalidProof("the inclusion proof leads to another root")


def verify_consistency(
    first_size: int, first_root: bytes, second_size: int, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises unless the second tree is the first one with entries added at its end (RFC 9162 2.1.4.2)."""
    _require_hashes(first_root, second_root, *proof)
    if not 0 < first_size <= second_size:
        raise InvalidProof("the sizes are not in order")
    if first_size == second_size:
        if proof or first_root != second_root:
            raise InvalidProof("two trees of one size differ")
        return
    path = list(proof)
    if first_size & (first_size - 1) == 0:
        # A complete first tree is itself a node of the second one, so the proof leaves it out.
        path.insert(0, first_root)
    if not path:
        raise InvalidProof("the consistency proof is empty")
    node, last = first_size - 1, second_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first_computed = second_computed = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise InvalidProof("the consistency proof is too long")
        if node & 1 or node == last:
            first_computed = node_hash(sibling, first_computed)
            second_computed = node_hash(sibling, second_computed)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second_computed = node_hash(second_computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the consistency proof is too short")
    if first_computed != first_root:
        raise InvalidProof("the consistency proof leads to another first root")
    if second_computed != second_root:
        raise InvalidProof("the consistency proof leads to another second root")


def _require_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise InvalidProof("a hash does not have 32 bytes")


# What follows makes trees and proofs straight from the definitions, for the self test only.

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]

ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

# Inclusion of leaf 1 in the tree of 8, and consistency of the trees of 6 and 8.
INCLUSION_1_OF_8 = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
CONSISTENCY_6_OF_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def tree_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = _split(len(entries))
    return node_hash(tree_root(entries[:split]), tree_root(entries[split:]))


def inclusion_proof(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(entries) <= 1:
        return []
    split = _split(len(entries))
    if index < split:
        return [*inclusion_proof(index, entries[:split]), tree_root(entries[split:])]
    return [*inclusion_proof(index - split, entries[split:]), tree_root(entries[:split])]


def consistency_proof(size: int, entries: Sequence[bytes], complete: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF of RFC 6962 section 2.1.2."""
    if size == len(entries):
        return [] if complete else [tree_root(entries)]
    split = _split(len(entries))
    if size <= split:
        return [*consistency_proof(size, entries[:split], complete), tree_root(entries[split:])]
    return [*consistency_proof(size - split, entries[split:], False), tree_root(entries[:split])]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _damaged(proof: Sequence[bytes]) -> Iterator[list[bytes]]:
    flipped = [bytes([value[0] ^ 1]) + value[1:] for value in proof]
    for at in range(len(proof)):
        yield [*proof[:at], flipped[at], *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
    yield [*proof, bytes(HASH_BYTES)]


def _refused(check, *arguments) -> None:
    try:
        check(*arguments)
    except InvalidProof:
        return
    raise AssertionError(f"{check.__name__} accepted what is wrong")


def self_test() -> None:
    """Published vectors, then every proof in every tree of up to 24 leaves, whole and damaged."""
    roots = [bytes.fromhex(text) for text in ROOTS]
    assert [tree_root(LEAVES[: n + 1]) for n in range(8)] == roots
    inclusion = [bytes.fromhex(text) for text in INCLUSION_1_OF_8]
    verify_inclusion(1, 8, leaf_hash(LEAVES[1]), inclusion, roots[7])
    consistency = [bytes.fromhex(text) for text in CONSISTENCY_6_OF_8]
    verify_consistency(6, roots[5], 8, roots[7], consistency)

    entries = [bytes([n]) * n for n in range(24)]
    wrong = bytes(HASH_BYTES)
    for size in range(1, len(entries) + 1):
        root = tree_root(entries[:size])
        for index in range(size):
            leaf = leaf_hash(entries[index])
            proof = inclusion_proof(index, entries[:size])
            verify_inclusion(index, size, leaf, proof, root)
            _refused(verify_inclusion, index, size, wrong, proof, root)
            _refused(verify_inclusion, index, size, leaf, proof, wrong)
            _refused(verify_inclusion, size, size, leaf, proof, root)
            for damaged in _damaged(proof):
                _refused(verify_inclusion, index, size, leaf, damaged, root)
        for first in range(1, size + 1):
            first_root = tree_root(entries[:first])
            proof = consistency_proof(first, entries[:size])
            verify_consistency(first, first_root, size, root, proof)
            _refused(verify_consistency, first, wrong, size, root, proof)
            _refused(verify_consistency, first, first_root, size, wrong, proof)
            for damaged in _damaged(proof):
                _refused(verify_consistency, first, first_root, size, root, damaged)
    _refused(verify_consistency, 0, tree_root([]), 1, tree_root(entries[:1]), [])


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit("usage: rfc6962.py --self-test")
    self_test()
