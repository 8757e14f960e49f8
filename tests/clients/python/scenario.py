"""The invented family of the demo, and the messages about it. None of these values is ever printed.

The numbers are from ranges that the Dutch authorities keep for tests. Ids are fresh in every message.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

RESIDENCE = "0518"
OUTSIDE_THE_REGION = "0546"

POLICE_USER = "pol-2210"
INBOX_USER = "sp-inbox"
PROCESS_DIRECTOR = "sp-0147"
TEAM_MANAGER = "sp-0012"
CASE_WORKER = "ggz-0310"


@dataclass(frozen=True)
class Person:
    """A member of the family."""

    key: str
    role: str
    given_names: str
    birth_date: str
    bsn: str

    family_name = "Testema"

    def age(self, today: date) -> int:
        """Whole years; the birthday itself counts as the new age."""
        born = date.fromisoformat(self.birth_date)
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


YARA = Person("yara", "VICTIM", "Yara", "1987-02-14", "999990020")
RUBEN = Person("ruben", "SUSPECTED_PERPETRATOR", "Ruben", "1984-09-30", "999990032")
NOOR = Person("noor", "CHILD_WITNESS", "Noor", "2010-05-20", "999990044")
SEM = Person("sem", "CHILD_WITNESS", "Sem", "2017-11-03", "999990056")
FAMILY = (YARA, RUBEN, NOOR, SEM)
PARENTS, CHILDREN = (YARA, RUBEN), (NOOR, SEM)


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid.uuid4())


def timestamp(moment: datetime) -> Timestamp:
    """A moment as protobuf carries it."""
    value = Timestamp()
    value.FromDatetime(moment)
    return value


def moment(value: Timestamp) -> datetime:
    """The moment that protobuf carries, in UTC without a zone."""
    return value.ToDatetime()


class Messages:
    """Makes requests. `now` is the clock of the gateway: nothing it is told lies in its future."""

    def __init__(self, pb: SimpleNamespace, now: datetime) -> None:
        self.pb, self.now = pb, now

    def actor(self, user_id: str) -> Any:
        """The actor with the role that goes with the user."""
        pb = self.pb
        roles = {
            POLICE_USER: pb.USER_ROLE_POLICE_OFFICER,
            INBOX_USER: pb.USER_ROLE_SYSTEM,
            PROCESS_DIRECTOR: pb.USER_ROLE_PROCESS_DIRECTOR,
            TEAM_MANAGER: pb.USER_ROLE_TEAM_MANAGER,
            CASE_WORKER: pb.USER_ROLE_CASE_WORKER,
        }
        return pb.Actor(user_id=user_id, role=roles[user_id])

    def submit(self, sender_oin: str) -> Any:
        """A referral about the family."""
        return self._submit(sender_oin, [self._person(person) for person in FAMILY], "12", "2500AA")

    def submit_about_strangers(self, sender_oin: str) -> Any:
        """A referral about a household that nobody reported before: no repeat of any other."""
        persons = [self._person(person) for person in FAMILY]
        for person in persons:
            person.ClearField("bsn")
            person.ClearField("bsn_ground")
        letters = "ABCDEGHJKLMNPRTVWXZ"
        postcode = f"{random.randint(2490, 2599)}{random.choice(letters)}{random.choice(letters)}"
        return self._submit(sender_oin, persons, str(random.randint(1, 99999)), postcode)

    def _submit(self, sender_oin: str, persons: list[Any], house_number: str, postcode: str) -> Any:
        pb = self.pb
        return pb.SubmitReferralRequest(
            request_id=new_id(),
            actor=self.actor(POLICE_USER),
            referral=pb.Referral(
                referral_id=new_id(),
                sender_oin=sender_oin,
                police_unit="Eenheid Den Haag",
                police_registration_no=f"PL1500-{random.randint(10**9, 10**10 - 1)}",
                officer_ref=POLICE_USER,
                incident_at=timestamp(self.now - timedelta(hours=2)),
                reported_at=timestamp(self.now - timedelta(hours=1)),
                incident_gemeentecode=RESIDENCE,
                residence_gemeentecode=RESIDENCE,
                address=pb.Address(
                    street="Voorbeeldstraat", house_number=house_number, postcode=postcode, place="Den Haag"
                ),
                persons=persons,
                violence_kinds=[pb.VIOLENCE_KIND_PHYSICAL],
                children_present=True,
                weapon_involved=pb.YES_NO_UNKNOWN_NO,
                injury=pb.YES_NO_UNKNOWN_YES,
                arrest_made=pb.YES_NO_UNKNOWN_NO,
                alcohol_or_drugs=pb.YES_NO_UNKNOWN_UNKNOWN,
                urgency=pb.URGENCY_URGENT,
                facts="Buren melden geschreeuw. Ter plaatse: kapotte deur, moeder met een blauwe plek op de arm.",
                wpg_basis=pb.WPG_BASIS_WPG_18,
            ),
        )

    def _person(self, person: Person) -> Any:
        pb = self.pb
        return pb.ReferralPerson(
            person_key=person.key,
            role=pb.PersonRole.Value(f"PERSON_ROLE_{person.role}"),
            family_name=person.family_name,
            given_names=person.given_names,
            birth_date=person.birth_date,
            bsn=person.bsn,
            bsn_ground=pb.BSN_GROUND_WMO_5_2_9,
            lives_at_address=True,
            informed_of_referral=person is not RUBEN,
            not_informed_reason=pb.NOT_INFORMED_REASON_SAFETY if person is RUBEN else None,
        )

    def create_case(self, referral_id: str) -> Any:
        """A case with both parents as representatives of both children."""
        pb = self.pb
        return pb.CreateCaseRequest(
            request_id=new_id(),
            actor=self.actor(PROCESS_DIRECTOR),
            case_ref=f"VVT-{self.now.year}-{random.randint(0, 999999):06}",
            referral_id=referral_id,
            process_director_user_id=PROCESS_DIRECTOR,
            manager_user_id=TEAM_MANAGER,
            representations=[
                pb.Representation(
                    person_key=child.key,
                    representative_key=parent.key,
                    capacity=pb.CAPACITY_PARENT_WITH_AUTHORITY,
                )
                for child in CHILDREN
                for parent in PARENTS
            ],
        )

    def grantors(self, person: Person) -> list[Person]:
        """Who has to sign for this person today (DOMAIN §3.1)."""
        age = person.age(self.now.date())
        if age < 12:
            return list(PARENTS)
        return [person, YARA] if age < 16 else [person]

    def consent(
        self, case_ref: str, person: Person, signed_by: list[Person], source_oin: str, recipient_oin: str
    ) -> Any:
        """Consent of one person to share with one organisation."""
        pb = self.pb
        signed_at = timestamp(self.now - timedelta(minutes=30))
        return pb.RecordConsentRequest(
            request_id=new_id(),
            actor=self.actor(PROCESS_DIRECTOR),
            consent=pb.Consent(
                case_ref=case_ref,
                person_key=person.key,
                source_oin=source_oin,
                recipient_oin=recipient_oin,
                purpose=pb.PURPOSE_CARE_COORDINATION,
                categories=self.shared_categories(),
                grantors=[
                    pb.Grantor(
                        person_key=signer.key,
                        capacity=pb.CAPACITY_SELF if signer is person else pb.CAPACITY_PARENT_WITH_AUTHORITY,
                        signed_at=signed_at,
                    )
                    for signer in signed_by
                ],
                evidence=pb.Evidence(
                    kind=pb.EVIDENCE_KIND_SIGNED_PAPER,
                    document_ref=f"scan-{random.randint(0, 999999):06}",
                    document_sha256=random.randbytes(32),
                    captured_by_user_id=PROCESS_DIRECTOR,
                    captured_at=signed_at,
                    language="nl",
                    policy_version_uri="https://vvt.example/toestemming/2026-1",
                ),
                information_given=[
                    pb.INFORMATION_RECIPIENTS,
                    pb.INFORMATION_PURPOSE,
                    pb.INFORMATION_CATEGORIES,
                    pb.INFORMATION_RIGHT_TO_WITHDRAW,
                ],
            ),
        )

    def shared_categories(self) -> list[int]:
        """What the family agrees to share."""
        pb = self.pb
        return [pb.CATEGORY_IDENTIFICATION, pb.CATEGORY_SAFETY_ASSESSMENT, pb.CATEGORY_SAFETY_AGREEMENTS]

    def summary(self, case_ref: str) -> Any:
        """A first summary: an assessment of all, agreements of the mother's half of the family, and a
        part of a category that nobody agreed to share."""
        pb = self.pb
        everybody = [person.key for person in FAMILY]
        return pb.PublishSummaryRequest(
            request_id=new_id(),
            actor=self.actor(PROCESS_DIRECTOR),
            case_ref=case_ref,
            expected_revision=0,
            summary=pb.Summary(
                sections=[
                    pb.SummarySection(
                        section_id="voortgang",
                        category=pb.CATEGORY_PROGRESS_STATUS,
                        title="Voortgang",
                        text="De eerste gesprekken zijn gevoerd.",
                        about_person_keys=everybody,
                    ),
                ],
                assessment=pb.SafetyAssessment(
                    concerns=["De ruzies lopen uit de hand als er geldzorgen zijn."],
                    strengths=["Oma vangt de kinderen op."],
                    wishes=["Rust in huis."],
                    scales=[
                        pb.SafetyScale(rater_kind=pb.RATER_KIND_CLIENT, person_key=YARA.key, value=4),
                        pb.SafetyScale(rater_kind=pb.RATER_KIND_CLIENT, person_key=RUBEN.key, value=6),
                        pb.SafetyScale(rater_kind=pb.RATER_KIND_PROFESSIONAL, value=4),
                    ],
                    about_person_keys=everybody,
                ),
                agreements=[
                    pb.PlanAgreement(
                        agreement_id="oma",
                        text="Bij ruzie gaan de kinderen naar oma.",
                        responsible="oma",
                        status=pb.PlanAgreement.STATUS_OPEN,
                        family_owned=True,
                        about_person_keys=[YARA.key, NOOR.key, SEM.key],
                    ),
                ],
            ),
        )

    def request_summary(self, case_ref: str, author_oin: str, categories: tuple[int, ...] = ()) -> Any:
        """Ask for the latest summary, on the ground of consent."""
        pb = self.pb
        return pb.RequestSummaryRequest(
            request_id=new_id(),
            actor=self.actor(CASE_WORKER),
            case_ref=case_ref,
            author_oin=author_oin,
            purpose=pb.PURPOSE_CARE_COORDINATION,
            basis=pb.BASIS_CONSENT,
            categories=categories,
            involvement=pb.Involvement(kind=pb.CLIENT_INVOLVEMENT_CONSENTED),
        )
