"""Reads what a gateway exported with software that shares nothing with it.

    python exports.py DIR

The directory holds one export of each form, named after it, with its manifest. FHIR resources are validated
by `fhir.resources` (R4B, in which AuditEvent and Consent are those of R4), spans are parsed by the protobuf
definitions of OpenTelemetry, tables by Python's csv module. Damaged copies must be refused, or nothing was
checked. Ends with one line of JSON, or with a sentence that says what was not so and exit status 1.
"""

import base64
import copy
import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.consent import Consent
from google.protobuf import json_format
from ketenpoort_client import Unexpected, check
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import ValidationError

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
Resource = dict[str, Any]


def read(directory: Path, name: str) -> tuple[bytes, Resource]:
    """An export that is what its manifest says."""
    data = (directory / name).read_bytes()
    manifest = json.loads((directory / f"{name}.manifest.json").read_text())
    check(len(data) == manifest["bytes"], f"{name} should be as long as its manifest says")
    check(hashlib.sha256(data).hexdigest() == manifest["sha256"], f"{name} should have the digest of its manifest")
    return data, manifest


def lines(directory: Path, name: str) -> list[Resource]:
    """The objects of an export that has one a line."""
    data, manifest = read(directory, name)
    found = [json.loads(line) for line in data.decode().splitlines()]
    check(len(found) == manifest["count"] > 0, f"{name} should have a line for every record")
    return found


def is_refused(kind: Any, resource: Resource, damage: Callable[[Resource], Any]) -> bool:
    """Whether a damaged copy is no resource of this kind."""
    damaged = copy.deepcopy(resource)
    damage(damaged)
    try:
        kind.model_validate(damaged)
    except ValidationError:
        return True
    return False


def audit_events(found: list[Resource]) -> int:
    """Validates AuditEvents; returns how many of them are disclosures."""
    disclosures = 0
    for event in found:
        AuditEvent.model_validate(event)
        if event["meta"].get("profile") == [BALP]:
            disclosures += 1
            follows_balp(event)
    for damage in (
        lambda event: event["agent"][0].pop("requestor"),
        lambda event: event.update(surname="Testema"),
        lambda event: event.pop("recorded"),
        lambda event: event["source"].pop("observer"),
        lambda event: event.update(period="today"),
    ):
        check(is_refused(AuditEvent, found[0], damage), "a damaged AuditEvent should be refused")
    return disclosures


def follows_balp(event: Resource) -> None:
    """The constraints of IHE BALP PrivacyDisclosure.Source."""
    def agents(code: str) -> list[Resource]:
        return [one for one in event["agent"] if one["type"]["coding"][0]["code"] == code]

    check(event["type"]["code"] == "110106" and event["action"] == "R", "a disclosure should be an export")
    check(any(one["code"] == "disclose" for one in event["subtype"]), "a disclosure should say that it is one")
    check("outcome" in event, "a disclosure should have an outcome")
    for code in ("110153", "110152"):
        check(len(agents(code)) == 1, "a disclosure should have one source and one destination")
        check("who" in agents(code)[0] and "network" in agents(code)[0], "both should be known")
    check(agents("110153")[0]["who"] == event["source"]["observer"], "the source should be the observer")
    for code in ("159541003", "429577009"):
        check(len(agents(code)) <= 1, "there should be one custodian and one authorizer at most")
    patients = [one for one in event["entity"] if one["type"]["code"] == "1"]
    check(len(patients) == 1 and len(event["entity"]) >= 2, "a disclosure should be of something about somebody")
    check(patients[0]["role"]["code"] == "1", "the person should be the patient")


def consents(found: list[Resource]) -> None:
    """Validates Consents."""
    for consent in found:
        Consent.model_validate(consent)
    for damage in (
        lambda consent: consent.pop("status"),
        lambda consent: consent.pop("scope"),
        lambda consent: consent["provision"].update(until="2026-10-02"),
        lambda consent: consent["policy"][0].update(uri=7),
    ):
        check(is_refused(Consent, found[0], damage), "a damaged Consent should be refused")


def spans(found: list[Resource]) -> None:
    """Parses requests of OpenTelemetry. OTLP/JSON has ids in hexadecimal, where protobuf's own has base64."""
    for request in found:
        for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in span:
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
        parsed = json_format.ParseDict(request, ExportTraceServiceRequest())
        span = parsed.resource_spans[0].scope_spans[0].spans[0]
        check(len(span.trace_id) == 16 and any(span.trace_id), "a trace id should have 16 bytes")
        check(len(span.span_id) == 8 and any(span.span_id), "a span id should have 8 bytes")
        check(0 < span.start_time_unix_nano <= span.end_time_unix_nano, "a span should end after it began")
        check(all(one.key.startswith("dpl.core.") for one in span.attributes), "attributes should be known")
    try:
        json_format.ParseDict({"resourceSpans": [{"scope": 1}]}, ExportTraceServiceRequest())
    except json_format.ParseError:
        return
    raise Unexpected("an unknown field should be refused")


def log_lines(found: list[Resource]) -> None:
    """Log lines of the Logboek Dataverwerkingen name nobody who acted."""
    for line in found:
        check(line["status"] in ("Unset", "Ok", "Error"), "a log line should have a known status")
        check(len(line["trace_id"]) == 32 and len(line["span_id"]) == 16, "a log line should have a trace")
        check("dpl.core.processing_activity_id" in line["attributes"], "a log line should name its activity")
        text = json.dumps(line)
        check(not any(user in text for user in ("sp-0147", "ggz-0310", "pol-2210")), "a log line named a user")


def table(directory: Path, name: str, encoding: str, delimiter: str) -> tuple[list[list[str]], Resource]:
    """A table whose rows are all as long as its header, but for those at the end."""
    data, manifest = read(directory, name)
    check(data.endswith(b"\r\n"), f"{name} should end with CRLF")
    text = io.StringIO(data.decode(encoding), newline="")
    rows = list(csv.reader(text, delimiter=delimiter, strict=True))
    width = len(rows[0])
    records = rows[1 : 1 + manifest["count"]]
    check(all(len(row) == width for row in records), f"{name} should have rows as long as its header")
    check(all(not cell.startswith(tuple("=+-@\t\r")) for row in records for cell in row), f"{name} holds a formula")
    return rows, manifest


def tables(directory: Path) -> None:
    """Reads both tables."""
    rows, manifest = table(directory, "nen7513", "utf-8", ",")
    check(len(rows) == manifest["count"] + 1 and len(rows[0]) == 41, "there should be 41 columns and all rows")
    order = [int(row[1]) for row in rows[1:]]
    check(order == sorted(order) and order[0] == manifest["first_index"], "rows should be in order")
    rows, manifest = table(directory, "csv", "utf-8-sig", ";")
    check(rows[0][0] == "volgnummer", "the byte-order mark should be gone")
    last = rows[-1]
    check(last[:3] == ["einde", "regels", str(manifest["count"])], "the last row should tell the count")
    check(len(rows) == manifest["count"] + 2, "there should be a header, all rows and an end")


def run(directory: Path) -> dict[str, Any]:
    """All checks, and what to tell of them."""
    events = lines(directory, "fhir")
    disclosures = audit_events(events)
    check(disclosures > 0, "there should be disclosures among the events")
    check(any(event["outcome"] == "8" for event in events), "there should be denials among the events")
    given = lines(directory, "fhir-consent")
    consents(given)
    requests = lines(directory, "otlp")
    spans(requests)
    log_lines(lines(directory, "ldv"))
    tables(directory)
    return {"exports": "ok", "events": len(events), "disclosures": disclosures, "consents": len(given)}


def main() -> int:
    """Checks the exports and reports it."""
    try:
        outcome = run(Path(sys.argv[1]))
    except Unexpected as error:
        print(f"the exports are not what they should be: {error}", file=sys.stderr)
        return 1
    except ValidationError as error:
        # Which field of what, without its value: it may be about somebody.
        where = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        print(f"{error.title} is refused: {where}", file=sys.stderr)
        return 1
    print(json.dumps(outcome))
    return 0


if __name__ == "__main__":
    sys.exit(main())
