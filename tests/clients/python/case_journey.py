"""The case's half of the journey: Steunpunt and GGZ, consents and a summary."""

from typing import Any

import grpc

import scenario
from evidence import commits_to, disclosed_value
from ketenpoort_client import call, check, refused, watched
from scenario import FAMILY, RUBEN, SEM, YARA, new_id
from world import World, to_bytes

Code = grpc.StatusCode


class CaseJourney:
    """The steps, in order. What one step learns, later ones use."""

    def __init__(self, world: World, referral_id: str) -> None:
        self.world = world
        self.creation = world.messages.create_case(referral_id)
        self.case_ref = self.creation.case_ref
        self.consent_ids: dict[str, str] = {}

    def open_case(self) -> None:
        """The referral becomes a case, and GGZ a member of it."""
        pb = self.world.pb
        case = call(self.world.steunpunt.cases.CreateCase, self.creation).case
        check(case.case_ref == self.case_ref, "the case should have the chosen reference")
        check(case.person_count == len(FAMILY), "the people of the referral should be the people of the case")
        check(case.phase == pb.SAFETY_PHASE_1_DIRECT_SAFETY, "a case should begin with direct safety")
        if self.world.ggz.oin not in [member.oin for member in case.members]:
            join = pb.AddCaseTeamMemberRequest(
                request_id=new_id(),
                actor=self.world.messages.actor(scenario.PROCESS_DIRECTOR),
                case_ref=self.case_ref,
                member_oin=self.world.ggz.oin,
                kind=pb.MEMBER_KIND_ON_CALL,
                reason=pb.JOIN_REASON_EXPERTISE_NEEDED,
            )
            case = call(self.world.steunpunt.cases.AddCaseTeamMember, join).case
        check(self.world.ggz.oin in [member.oin for member in case.members], "GGZ should be a member")
        look = pb.GetCaseRequest(actor=self.world.messages.actor(scenario.CASE_WORKER), case_ref=self.case_ref)
        check(call(self.world.ggz.cases.GetCase, look).case == case, "every member should see the same case")

    def strangers_learn_nothing(self) -> None:
        """Promise: what is not allowed and what does not exist are the same answer."""
        pb = self.world.pb
        answers = []
        for case_ref in (self.case_ref, "VVT-1999-999999"):
            look = pb.GetCaseRequest(actor=self.world.messages.actor(scenario.POLICE_USER), case_ref=case_ref)
            refusal = refused(self.world.police.cases.GetCase, look, Code.PERMISSION_DENIED, "ACCESS_DENIED")
            check(case_ref not in refusal.message, "a refusal should not quote the case")
            answers.append(refusal)
        check(answers[0] == answers[1], "a case of others and no case at all should be refused alike")

    def publish(self) -> None:
        """The Steunpunt publishes its first summary."""
        publish = self.world.steunpunt.cases.PublishSummary
        request = self.world.messages.summary(self.case_ref)
        revision = call(publish, request).revision
        check(revision.revision == 1, "the first summary should be revision 1")
        check(revision.author_oin == self.world.steunpunt.oin, "the author should be the caller")
        request.request_id = new_id()
        refused(publish, request, Code.ABORTED, "REVISION_MISMATCH")

    def nothing_without_consent(self) -> None:
        """Membership alone gives no data."""
        request = self.world.messages.request_summary(self.case_ref, self.world.steunpunt.oin)
        refused(self.world.ggz.cases.RequestSummary, request, Code.PERMISSION_DENIED, "ACCESS_DENIED")

    def record_consents(self) -> None:
        """Everybody agrees, with the signatures that the age of each asks for."""
        pb, record = self.world.pb, self.world.steunpunt.consents.RecordConsent
        parties = (self.world.steunpunt.oin, self.world.ggz.oin)
        if self.world.messages.grantors(SEM) != [SEM]:
            half = self.world.messages.consent(self.case_ref, SEM, [YARA], *parties)
            refused(record, half, Code.FAILED_PRECONDITION, "SIGNATURES_INSUFFICIENT")
        for person in FAMILY:
            request = self.world.messages.consent(self.case_ref, person, self.world.messages.grantors(person), *parties)
            answer = call(record, request)
            check(answer.consent.state == pb.CONSENT_STATE_ACTIVE, f"the consent of {person.role} should be active")
            check(answer.consent.version == 1, "a new consent should be version 1")
            self.world.ledger.accept_entry(answer.entry)
            self.consent_ids[person.key] = answer.consent.consent_id

    def request_summary(self) -> None:
        """GGZ reads what was agreed on, and can prove what it was told."""
        pb = self.world.pb
        request = self.world.messages.request_summary(self.case_ref, self.world.steunpunt.oin)
        answer = call(self.world.ggz.cases.RequestSummary, request)
        self._view_is_right(answer, [person.key for person in FAMILY])
        check(answer.view.redacted_subjects == 0, "nobody should be left out")
        check(answer.view.redacted_sections == 1, "only the part that nobody agreed to share should be left out")
        used = {consent_id for subject in answer.decision.subjects for consent_id in subject.consent_ids}
        check(used == set(self.consent_ids.values()), "the decision should rely on the four consents")
        again = call(self.world.ggz.cases.RequestSummary, request)
        check(to_bytes(again) == to_bytes(answer), "a repeated request should give the same answer byte for byte")
        check(pb.CATEGORY_IDENTIFICATION in answer.decision.subjects[0].permitted, "names should be permitted")

    def _view_is_right(self, answer: Any, keys: list[str]) -> None:
        """Persons, parts and entries of a view are those of these people, and the entries commit to them."""
        pb, view = self.world.pb, answer.view
        check(view.purpose_binding == pb.PURPOSE_CARE_COORDINATION, "a view should be bound to its purpose")
        check([person.person_key for person in view.persons] == keys, "the view should hold exactly these people")
        allowed = self.world.messages.shared_categories()
        for section in view.sections:
            check(section.category in allowed, "every part should be of a category that was agreed on")
            check(set(section.about_person_keys) <= set(keys), "every part should be about people in the view")
        self.world.ledger.accept_receipt(answer.receipt)
        check(len(answer.entries) == len(keys), "there should be an entry per person in the view, and no other")
        named = {entry.person_key: entry for entry in answer.entries if entry.person_key}
        check(list(named) == keys, "only entries about people in the view should name them")
        for entry in answer.entries:
            self.world.ledger.accept_entry(entry)
            check(bool(entry.payload_opening) == bool(entry.person_key), "only a named entry should be opened")
        for person in view.persons:
            member = next(member for member in FAMILY if member.key == person.person_key)
            told = (person.family_name, person.given_names, person.birth_date)
            check(told == (member.family_name, member.given_names, member.birth_date), "names should be right")
            check(len(person.pseudonym) == 64, "a pseudonym should be 64 hexadecimal digits")
            value = disclosed_value(pb, view, person)
            check(commits_to(named[person.person_key], value), "the entry should commit to what was disclosed")

    def nothing_beyond_consent(self) -> None:
        """A category that nobody agreed to share is refused."""
        pb = self.world.pb
        beyond = (pb.CATEGORY_SAFETY_ASSESSMENT, pb.CATEGORY_HEALTH_MENTAL)
        request = self.world.messages.request_summary(self.case_ref, self.world.steunpunt.oin, beyond)
        refused(self.world.ggz.cases.RequestSummary, request, Code.PERMISSION_DENIED, "ACCESS_DENIED")

    def withdraw(self) -> None:
        """Promise: a withdrawal wins."""
        pb = self.world.pb
        request = pb.WithdrawConsentRequest(
            request_id=new_id(),
            actor=self.world.messages.actor(scenario.PROCESS_DIRECTOR),
            consent_id=self.consent_ids[RUBEN.key],
            withdrawn_by_person_key=RUBEN.key,
            capacity=pb.CAPACITY_SELF,
            channel=pb.WITHDRAWAL_CHANNEL_PHONE,
        )
        answer = call(self.world.steunpunt.consents.WithdrawConsent, request)
        check(answer.consent.state == pb.CONSENT_STATE_WITHDRAWN, "the consent should be withdrawn")
        check(answer.notice_count == 1, "the one organisation that received data should be told")
        self.world.ledger.accept_entry(answer.entry)

        request = self.world.messages.request_summary(self.case_ref, self.world.steunpunt.oin)
        after = call(self.world.ggz.cases.RequestSummary, request)
        self._view_is_right(after, [person.key for person in FAMILY if person is not RUBEN])
        check(after.view.redacted_subjects == 1, "who withdrew should be left out")
        check(min(entry.index for entry in after.entries) > answer.entry.index, "later entries should come later")
        used = {consent_id for subject in after.decision.subjects for consent_id in subject.consent_ids}
        check(self.consent_ids[RUBEN.key] not in used, "a withdrawn consent should not be relied on")
        check(self._is_notified(self.consent_ids[RUBEN.key]), "GGZ should find a notice of the withdrawal")

    def retract(self) -> None:
        """The author takes its summary back: nobody gets it any more, and who got it is told."""
        pb = self.world.pb
        request = pb.RetractSummaryRequest(
            request_id=new_id(),
            actor=self.world.messages.actor(scenario.PROCESS_DIRECTOR),
            case_ref=self.case_ref,
            revision=1,
        )
        answer = call(self.world.steunpunt.cases.RetractSummary, request)
        check(answer.revision.HasField("retracted_at"), "the revision should say when it was taken back")
        check(answer.notice_count == 1, "the one organisation that received the summary should be told")
        request = self.world.messages.request_summary(self.case_ref, self.world.steunpunt.oin)
        refused(self.world.ggz.cases.RequestSummary, request, Code.PERMISSION_DENIED, "ACCESS_DENIED")
        watch = self.world.ggz.consents.WatchNotices
        withdrawn = watched(watch, pb.WatchNoticesRequest(), lambda message: message.HasField("notice"))
        first = withdrawn.notice.consent_withdrawn
        check(first.consent_id == self.consent_ids[RUBEN.key], "notices should come in the order of the ledger")
        request = pb.WatchNoticesRequest(resume_token=withdrawn.resume_token)
        notice = watched(watch, request, lambda message: message.HasField("notice")).notice.summary_retracted
        told = (notice.case_ref, notice.author_oin, notice.revision)
        check(told == (self.case_ref, self.world.steunpunt.oin, 1), "the notice should name what was taken back")

    def _is_notified(self, consent_id: str) -> bool:
        page_token = ""
        while True:
            request = self.world.pb.ListNoticesRequest(page_size=500, page_token=page_token)
            page = call(self.world.ggz.consents.ListNotices, request)
            if any(notice.consent_withdrawn.consent_id == consent_id for notice in page.notices):
                return True
            if not page.notices:
                return False
            page_token = page.next_page_token
