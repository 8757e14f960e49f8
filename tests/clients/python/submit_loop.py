"""Submits referrals without end and keeps a journal, so that a test can kill the gateway at any moment and
look afterwards whether everything that was acknowledged is still there.

    python submit_loop.py --proto proto --address 127.0.0.1:8443 --pki DIR --journal FILE

Lines of the journal, each on disk before the loop goes on:

    sending <request_id>
    acked <request_id> <referral_id> <index>,<index>,...

When the connection is lost, the same request is sent again until it is answered.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc

from ketenpoort_client import Refusal, Unexpected, call, connect, load_contract
from scenario import Messages, moment
from world import POLICE

# The answer did not come, or the gateway asks to come back: the outcome is found by asking again.
RETRIED = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
ATTEMPT_SECONDS = 5
PAUSE_SECONDS = 0.05


class Journal:
    """A file to which lines are added, durably."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def write(self, line: str) -> None:
        """Returns when the line is on disk."""
        self._file.write(line + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def answered(method: grpc.UnaryUnaryMultiCallable, request: Any) -> Any:
    """The answer to this very request, however many attempts it takes."""
    while True:
        try:
            return method(request, timeout=ATTEMPT_SECONDS)
        except grpc.RpcError as error:
            if error.code() not in RETRIED:
                raise Unexpected(f"a referral was refused: {Refusal.of(error).summary()}") from None
            time.sleep(PAUSE_SECONDS)


def run(pb: SimpleNamespace, channel: grpc.Channel, journal: Journal, count: int | None) -> None:
    """Submits `count` referrals, or referrals without end."""
    caller = call(pb.DirectoryServiceStub(channel).GetCaller, pb.GetCallerRequest())
    messages = Messages(pb, moment(caller.server_time))
    submit = pb.ReferralServiceStub(channel).SubmitReferral
    submitted = 0
    while count is None or submitted < count:
        request = messages.submit_about_strangers(caller.organisation.oin)
        journal.write(f"sending {request.request_id}")
        answer = answered(submit, request)
        indexes = ",".join(str(entry.index) for entry in answer.entries)
        journal.write(f"acked {request.request_id} {answer.status.referral_id} {indexes}")
        submitted += 1


def main() -> int:
    """Runs the loop until it is killed or `--count` is reached."""
    parser = argparse.ArgumentParser(description="Submit referrals without end and keep a journal.")
    parser.add_argument("--proto", type=Path, required=True, help="folder with the contract")
    parser.add_argument("--address", required=True, help="host:port of the gateway")
    parser.add_argument("--pki", type=Path, required=True, help="folder with the credentials of the organisations")
    parser.add_argument("--journal", type=Path, required=True, help="file to add lines to")
    parser.add_argument("--count", type=int, help="stop after so many referrals")
    arguments = parser.parse_args()
    try:
        channel = connect(arguments.address, arguments.pki, POLICE, fast_reconnect=True)
        run(load_contract(arguments.proto), channel, Journal(arguments.journal), arguments.count)
    except KeyboardInterrupt:
        return 0
    except Unexpected as error:
        print(f"the loop stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
