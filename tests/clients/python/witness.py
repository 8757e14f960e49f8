"""A witness of a ledger, from the text of C2SP tlog-witness and tlog-cosignature.

Written without looking at the gateway's own code, so that both would have to make the same mistake. It
forgets everything when it ends: a witness in earnest keeps its state on disk.

    witness.py NAME LOG_VKEY CERTIFICATE KEY    prints "ready ADDRESS VKEY", then serves until it is killed
    witness.py verify LOG_VKEY NOTE VKEY...     prints "MOMENT NAME" for every cosignature that holds
"""

import base64
import hashlib
import http.server
import ssl
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import rfc6962

LOG, COSIGNATURE = b"\x01", b"\x04"


def key_id(name: str, algorithm: bytes, key: bytes) -> bytes:
    """First four bytes of the hash over name, newline, algorithm and key."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + key).digest()[:4]


def parse_vkey(vkey: str, algorithm: bytes) -> tuple[str, bytes, Ed25519PublicKey]:
    """Name, id and public key of a line `name+id+base64`."""
    name, number, encoded = vkey.split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    assert data[:1] == algorithm and bytes.fromhex(number) == key_id(name, algorithm, data[1:])
    return name, bytes.fromhex(number), Ed25519PublicKey.from_public_bytes(data[1:])


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text, and name and bytes of each signature."""
    text, lines = note.rsplit("\n\n", 1)
    signatures = []
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        assert dash == "\u2014"
        signatures.append((name, base64.b64decode(encoded, validate=True)))
    return text + "\n", signatures


def is_signed(note: str, vkey: str) -> bool:
    """Whether the log of this key signed the note."""
    name, number, key = parse_vkey(vkey, LOG)
    text, signatures = split_note(note)
    for by, signature in signatures:
        if (by, signature[:4]) == (name, number):
            try:
                key.verify(signature[4:], text.encode())
            except InvalidSignature:
                return False
            return True
    return False


def message(text: str, moment: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def cosigned_at(note: str, vkey: str) -> int | None:
    """When the witness of this key cosigned the note; raises when a line in its name is false."""
    name, number, key = parse_vkey(vkey, COSIGNATURE)
    text, signatures = split_note(note)
    for by, signature in signatures:
        if (by, signature[:4]) == (name, number):
            moment = int.from_bytes(signature[4:12], "big")
            key.verify(signature[12:], message(text, moment))
            return moment
    return None


class Witness:
    """Keeps the newest checkpoint of one log."""

    def __init__(self, name: str, log: str) -> None:
        self.name, self.log = name, log
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes_raw()
        self.number = key_id(name, COSIGNATURE, public)
        encoded = base64.b64encode(COSIGNATURE + public).decode()
        self.vkey = f"{name}+{self.number.hex()}+{encoded}"
        self.size, self.root = 0, hashlib.sha256(b"").digest()

    def add_checkpoint(self, body: str) -> tuple[int, str]:
        """Status and body of the answer."""
        head, note = body.split("\n\n", 1)
        old, *proof = head.split("\n")
        old_size = int(old.removeprefix("old "))
        text, _ = split_note(note)
        origin, size, root = text.splitlines()
        if origin != self.log.split("+")[0]:
            return 404, ""
        if not is_signed(note, self.log):
            return 403, ""
        new_size, new_root = int(size), base64.b64decode(root, validate=True)
        if old_size > new_size:
            return 400, ""
        if old_size != self.size or (new_size == self.size and new_root != self.root):
            return 409, f"{self.size}\n"
        hashes = [base64.b64decode(line, validate=True) for line in proof]
        try:
            if self.size == 0:
                if hashes:
                    raise rfc6962.InvalidProof("a proof from nothing is empty")
            else:
                rfc6962.verify_consistency(self.size, self.root, new_size, new_root, hashes)
        except rfc6962.InvalidProof:
            return 422, ""
        self.size, self.root = new_size, new_root
        moment = int(time.time())
        signature = self.key.sign(message(text, moment))
        line = base64.b64encode(self.number + moment.to_bytes(8, "big") + signature).decode()
        return 200, f"\u2014 {self.name} {line}\n"


def serve(name: str, log: str, certificate: str, key: str) -> None:
    """Serves one witness over TLS on a port of its own."""
    witness = Witness(name, log)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = witness.add_checkpoint(body)
            data = answer.encode()
            self.send_response(status)
            kind = "text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"ready 127.0.0.1:{server.server_port} {witness.vkey}", flush=True)
    server.serve_forever()


def main() -> None:
    """Serves, or verifies."""
    if sys.argv[1] == "verify":
        _, _, log, note, *vkeys = sys.argv
        assert is_signed(note, log), "the log did not sign the note"
        for vkey in vkeys:
            print(cosigned_at(note, vkey), vkey.split("+")[0])
    else:
        serve(*sys.argv[1:])


main()
