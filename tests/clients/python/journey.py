"""Drives a running gateway through the life of one referral, as police, Steunpunt and GGZ in turn.

    python journey.py --proto proto --address 127.0.0.1:8443 --pki DIR

Every answer is compared with what the contract promises, and every ledger entry, receipt and signature is
checked with code that shares nothing with the gateway. Nobody else may use the gateway meanwhile: that
nothing was done twice shows in a ledger that did not grow. Ends with one line of JSON, or with a sentence
that says what was not so and exit status 1. Prints no personal data.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from case_journey import CaseJourney
from ketenpoort_client import Unexpected, load_contract
from referral_journey import ReferralJourney
from world import World


def run(world: World) -> dict[str, Any]:
    """All steps, and what to tell of them."""
    world.everybody_is_known()

    referral = ReferralJourney(world)
    referral.submit()
    first = world.checkpoint()
    referral.repeating_changes_nothing()
    referral.another_body_is_refused()
    referral.wrong_input_is_refused()
    referral.receive_and_acknowledge()
    referral.watch()
    referral.triage_and_feedback()
    referral.resume_the_watch()
    referral.pull_extend_and_send_back()

    case = CaseJourney(world, referral.referral_id)
    case.open_case()
    case.strangers_learn_nothing()
    case.publish()
    case.nothing_without_consent()
    case.record_consents()
    case.request_summary()
    case.nothing_beyond_consent()
    case.withdraw()
    case.retract()

    last = world.checkpoint()
    world.ledger_only_grew(first, last)
    return {
        "journey": "ok",
        "referral_id": referral.referral_id,
        "case_ref": case.case_ref,
        "entries_checked": len(world.ledger.entries),
        "tree_size": last.size,
    }


def main() -> int:
    """Runs the journey and reports it."""
    parser = argparse.ArgumentParser(description="Drive a running gateway through the life of one referral.")
    parser.add_argument("--proto", type=Path, required=True, help="folder with the contract")
    parser.add_argument("--address", required=True, help="host:port of the gateway")
    parser.add_argument("--pki", type=Path, required=True, help="folder with the credentials of the organisations")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        outcome = run(World(load_contract(arguments.proto), arguments.address, arguments.pki))
    except Exception as error:
        # Where it happened, but of a foreign error only its kind: its text might quote a value.
        traceback.print_tb(error.__traceback__, file=sys.stderr)
        told = str(error) if isinstance(error, Unexpected) else type(error).__name__
        print(f"the journey failed: {told}", file=sys.stderr)
        return 1
    outcome["seconds"] = round(time.monotonic() - started, 3)
    print(json.dumps(outcome))
    return 0


if __name__ == "__main__":
    sys.exit(main())
