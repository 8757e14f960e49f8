"""What one writes first: a gateway that stores each message in a transaction of its own.

Mutual TLS, a hash chain for a log, one durable SQLite commit for each request. No validation, no
policy, no encryption, no proofs.
"""

import argparse
import hashlib
import pathlib
import sqlite3
import sys
import threading
import time
from concurrent import futures

import grpc

METHOD = "/bench.Naive/Submit"


class Gateway(grpc.GenericRpcHandler):
    """Stores what comes and answers with the new head of the chain."""

    def __init__(self, path: pathlib.Path) -> None:
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute(
            "CREATE TABLE messages (id INTEGER PRIMARY KEY, received_at REAL, body BLOB, head BLOB)"
        )
        self.head = bytes(32)
        self.lock = threading.Lock()

    def service(self, call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if call_details.method != METHOD:
            return None
        return grpc.unary_unary_rpc_method_handler(self.submit)

    def submit(self, body: bytes, _context: grpc.ServicerContext) -> bytes:
        with self.lock:
            head = hashlib.sha256(self.head + body).digest()
            with self.database:
                self.database.execute("BEGIN IMMEDIATE")
                self.database.execute(
                    "INSERT INTO messages (received_at, body, head) VALUES (?, ?, ?)",
                    (time.time(), body, head),
                )
            self.head = head
        return head


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pki", type=pathlib.Path, required=True)
    arguments.add_argument("--database", type=pathlib.Path, required=True)
    given = arguments.parse_args()
    credentials = grpc.ssl_server_credentials(
        [
            (
                (given.pki / "server/localhost.key").read_bytes(),
                (given.pki / "server/localhost.pem").read_bytes(),
            )
        ],
        root_certificates=(given.pki / "ca/root.pem").read_bytes(),
        require_client_auth=True,
    )
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((Gateway(given.database),))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    print(f"ready grpc=127.0.0.1:{port}", file=sys.stderr, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
