"""A client of the gateway as a partner would write it: from the folder `proto/` and a certificate, no more.

The stubs are generated on the spot with `proto/` and the well-known types of grpcio-tools as the whole
include path, so that a third-party import in the contract shows itself here.
`python ketenpoort_client.py --self-test --proto DIR` generates them and checks the reading of errors.
"""

import argparse
import contextlib
import importlib
import importlib.resources
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
from grpc_tools import protoc

# Where an organisation finds its credentials, below the directory given with --pki: the layout of
# `ketenpoort pki`.
CHAIN = "client/{slug}.pem"
KEY = "client/{slug}.key"
ROOT = "ca/root.pem"

# The name in the server's certificate, when it differs from the host in the address.
SERVER_NAME = None

CALL_SECONDS = 20


class Unexpected(Exception):
    """The gateway did something else than it should. The text holds no personal data."""


def check(condition: object, sentence: str) -> None:
    """Raises with a sentence that says what should have been so."""
    if not condition:
        raise Unexpected(sentence)


def load_contract(proto: Path) -> SimpleNamespace:
    """Everything that the contract defines, under one name: messages, enums and stubs."""
    files = sorted(str(path.relative_to(proto)) for path in proto.rglob("*.proto"))
    check(files, f"{proto} holds no .proto files")
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    contract = SimpleNamespace()
    with tempfile.TemporaryDirectory(prefix="ketenpoort-stubs-") as stubs:
        options = [f"-I{proto}", f"-I{well_known}", f"--python_out={stubs}", f"--grpc_python_out={stubs}"]
        check(protoc.main(["protoc", *options, *files]) == 0, "the contract does not compile on its own")
        sys.path.insert(0, stubs)
        for file in files:
            stem = file.removesuffix(".proto").replace("/", ".")
            for module in (f"{stem}_pb2", f"{stem}_pb2_grpc"):
                names = vars(importlib.import_module(module)).items()
                vars(contract).update({name: value for name, value in names if name[0].isupper()})
        sys.path.remove(stubs)
    return contract


def connect(address: str, pki: Path, slug: str, fast_reconnect: bool = False) -> grpc.Channel:
    """A channel with mutual TLS, as the organisation that owns the certificate."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(pki / ROOT).read_bytes(),
        private_key=(pki / KEY.format(slug=slug)).read_bytes(),
        certificate_chain=chain_path(pki, slug).read_bytes(),
    )
    options: list[tuple[str, Any]] = []
    if SERVER_NAME:
        options.append(("grpc.ssl_target_name_override", SERVER_NAME))
    if fast_reconnect:
        options += [(f"grpc.{which}_reconnect_backoff_ms", 200) for which in ("initial", "min", "max")]
    return grpc.secure_channel(address, credentials, options)


def chain_path(pki: Path, slug: str) -> Path:
    """The certificate chain of an organisation, its own certificate first."""
    return pki / CHAIN.format(slug=slug)


def call(method: grpc.UnaryUnaryMultiCallable, request: Any) -> Any:
    """The response; a refusal is unexpected."""
    try:
        return method(request, timeout=CALL_SECONDS)
    except grpc.RpcError as error:
        raise Unexpected(f"{_name(request)} was refused: {Refusal.of(error).summary()}") from None


def watched(method: grpc.UnaryStreamMultiCallable, request: Any, wanted: Callable[[Any], bool]) -> Any:
    """The first wanted message of a watch; every message before it has a token to resume from."""
    stream = method(request, timeout=CALL_SECONDS)
    try:
        for message in stream:
            check(message.resume_token, "every message of a watch should have a token to resume from")
            if wanted(message):
                return message
    except grpc.RpcError as error:
        raise Unexpected(f"{_name(request)} should stay open: {Refusal.of(error).summary()}") from None
    finally:
        stream.cancel()
    raise Unexpected(f"{_name(request)} should not end before it gave what was asked for")


def refused(method: grpc.UnaryUnaryMultiCallable, request: Any, code: grpc.StatusCode, reason: str) -> "Refusal":
    """The refusal with this status and ErrorInfo reason; anything else is unexpected."""
    try:
        method(request, timeout=CALL_SECONDS)
    except grpc.RpcError as error:
        refusal = Refusal.of(error)
        found = (refusal.code, refusal.reason, refusal.domain)
        should = f"{_name(request)} should be refused with {code.name} {reason}"
        check(found == (code, reason, "ketenpoort.nl"), f"{should}, not {refusal.summary()}")
        return refusal
    raise Unexpected(f"{_name(request)} should be refused with {code.name} {reason}, but it was answered")


@dataclass(frozen=True)
class FieldViolation:
    """One wrong field: where, and which rule it breaks."""

    path: str
    reason: str
    description: str


@dataclass(frozen=True)
class Refusal:
    """What a refused call says: google.rpc.Status with ErrorInfo and BadRequest."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    domain: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: tuple[FieldViolation, ...] = ()
    retry_info: bool = False

    @classmethod
    def of(cls, error: grpc.RpcError) -> "Refusal":
        """Reads the details by hand: google.rpc is not part of the contract's include path."""
        trailers = dict(error.trailing_metadata() or ())
        details: dict[str, Any] = {}
        with _wire_errors_are_unexpected():
            for entry in _repeated(trailers.get("grpc-status-details-bin", b""), 3):
                kind = _text(entry, 1).rpartition("/")[2]
                value = _bytes(entry, 2)
                check(kind not in details, f"the error detail {kind} comes twice")
                details[kind] = value
            info = details.get("google.rpc.ErrorInfo", b"")
            bad_request = details.get("google.rpc.BadRequest", b"")
            return cls(
                code=error.code(),
                message=error.details() or "",
                reason=_text(info, 1),
                domain=_text(info, 2),
                metadata={_text(pair, 1): _text(pair, 2) for pair in _repeated(info, 3)},
                violations=tuple(
                    FieldViolation(path=_text(v, 1), description=_text(v, 2), reason=_text(v, 3))
                    for v in _repeated(bad_request, 1)
                ),
                retry_info="google.rpc.RetryInfo" in details,
            )

    def summary(self) -> str:
        """Code, reason and field paths. Never the message: a faulty gateway might quote a value in it."""
        if self.code == grpc.StatusCode.UNAVAILABLE and not self.reason:
            # Not from the gateway but from our own end, which says why there is no connection.
            return f"UNAVAILABLE: {self.message}"
        paths = ", ".join(violation.path for violation in self.violations)
        return f"{self.code.name} {self.reason or 'without a reason'} [{paths}]"


# A reader of the protobuf wire format (protobuf.dev, "Encoding"), for the few messages of google.rpc.

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def _fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Number, wire type and value of each field."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, kind, value
            continue
        if kind == LENGTH:
            length, at = _varint(message, at)
        else:
            length = {FIXED64: 8, FIXED32: 4}[kind]
        if at + length > len(message):
            raise ValueError("a field ends after its message")
        yield number, kind, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 0x80:
            return value, at


def _repeated(message: bytes, wanted: int) -> list[bytes]:
    return [value for number, kind, value in _fields(message) if number == wanted and kind == LENGTH]


def _bytes(message: bytes, wanted: int) -> bytes:
    # The last one counts when a field that is not repeated comes more than once.
    return (_repeated(message, wanted) or [b""])[-1]


def _text(message: bytes, wanted: int) -> str:
    return _bytes(message, wanted).decode()


@contextlib.contextmanager
def _wire_errors_are_unexpected() -> Iterator[None]:
    try:
        yield
    except (ValueError, IndexError, KeyError):
        raise Unexpected("grpc-status-details-bin is not a google.rpc.Status") from None


def _name(request: Any) -> str:
    return request.DESCRIPTOR.name.removesuffix("Request")


def self_test(proto: Path) -> None:
    """The contract compiles on its own, and the wire reader reads what protobuf writes."""
    pb = load_contract(proto)
    stubs = [name for name in vars(pb) if name.endswith("ServiceStub")]
    assert len(stubs) >= 5, stubs
    page = pb.ListNoticesRequest(page_size=300, page_token="token")
    assert list(_fields(page.SerializeToString())) == [(1, VARINT, 300), (2, LENGTH, b"token")]
    for damaged in (b"\x0a", b"\x0a\x05abc", b"\x80", b"\x0b"):
        try:
            with _wire_errors_are_unexpected():
                list(_fields(damaged))
        except Unexpected:
            continue
        raise AssertionError("accepted a damaged message")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--self-test", action="store_true", required=True)
    parser.add_argument("--proto", type=Path, required=True)
    self_test(parser.parse_args().proto)
