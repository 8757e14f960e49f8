"""The referral's half of the journey: police and Steunpunt."""

import queue
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc

import scenario
from evidence import commits_to, digests_in
from ketenpoort_client import Refusal, Unexpected, call, check, refused, watched
from scenario import FAMILY, moment, new_id
from world import World, to_bytes

INBOX_SECONDS = 60

Code = grpc.StatusCode


class ReferralJourney:
    """The steps, in order. What one step learns, later ones use."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.submission = world.messages.submit(world.police.oin)

    @property
    def referral_id(self) -> str:
        """The referral that this is about."""
        return self.submission.referral.referral_id

    def submit(self) -> None:
        """A referral of the police is stored, logged and routed."""
        pb = self.world.pb
        self.submitted = answer = call(self.world.police.referrals.SubmitReferral, self.submission)
        route = call(
            self.world.police.directory.ResolveRoute,
            pb.ResolveRouteRequest(residence_gemeentecode=scenario.RESIDENCE),
        )
        status = answer.status
        check(status.referral_id == self.submission.referral.referral_id, "the answer should name the referral")
        check(status.state == pb.REFERRAL_STATE_ROUTED, "an accepted referral should be routed")
        check(status.recipient_oin == self.world.steunpunt.oin, "a referral should go to the Steunpunt")
        routed = (status.recipient_oin, answer.team_id, status.routing_version)
        expected = (route.recipient_oin, route.team_id, route.routing_version)
        check(routed == expected, "a referral should go where ResolveRoute says")
        term = moment(status.ack_due_at) - moment(status.submitted_at)
        check(term == timedelta(hours=4), "an urgent referral should be acknowledged within 4 hours")
        check(not status.HasField("responsibility_transferred_at"), "nobody took responsibility yet")
        check(answer.HasField("safety_assessment_due_at"), "the safety assessment should have a term")
        check(answer.HasField("inform_subject_due_at"), "informing the people should have a term")
        check(answer.repeat_index >= 1, "the repeat index should count from 1")
        check(answer.effective_urgency == pb.URGENCY_URGENT, "the urgency should stay URGENT")
        check(answer.decision.effect == pb.Decision.EFFECT_ALLOW, "the decision should be to allow")
        check(answer.decision.policy_version, "the decision should name its policy")
        check(len(answer.decision.policy_hash) == 32, "the decision should name the hash of its policy")
        self._submission_is_evident(answer)

    def _submission_is_evident(self, answer: Any) -> None:
        keys = [person.key for person in FAMILY]
        check([entry.person_key for entry in answer.entries] == keys, "there should be an entry per person, in order")
        check(len({entry.index for entry in answer.entries}) == len(keys), "each entry should have its own index")
        for entry in answer.entries:
            self.world.ledger.accept_entry(entry)
        receipt = self.world.ledger.accept_receipt(answer.receipt)
        for said in (answer.status.recipient_oin, answer.status.routing_version):
            check(said in receipt.split(), "the receipt should say where the referral was routed, under which rules")
        numbers = receipt.replace(",", " ").split()
        check(all(str(entry.index) in numbers for entry in answer.entries), "the receipt should name the entries")
        digests = digests_in(receipt)
        for entry in answer.entries:
            opened = any(commits_to(entry, digest) for digest in digests)
            check(opened, f"entry {entry.index} should commit to the digest that the receipt names")

    def repeating_changes_nothing(self) -> None:
        """Promise: the same request gives the same answer, and nothing is done twice."""
        before = self.world.checkpoint()
        again = call(self.world.police.referrals.SubmitReferral, self.submission)
        check(to_bytes(again) == to_bytes(self.submitted), "a repeated call should give the same answer byte for byte")
        check(self.world.checkpoint().size == before.size, "a repeated call should add nothing to the ledger")

    def another_body_is_refused(self) -> None:
        """An id that was used for something else is refused."""
        pb, submit = self.world.pb, self.world.police.referrals.SubmitReferral
        other = _copy(self.submission)
        other.referral.urgency = pb.URGENCY_STANDARD
        refused(submit, other, Code.ALREADY_EXISTS, "REQUEST_ID_REUSED")
        other.request_id = new_id()
        refused(submit, other, Code.ALREADY_EXISTS, "REFERRAL_ID_REUSED")

    def wrong_input_is_refused(self) -> None:
        """Every wrong field is named at once, and no value is quoted."""
        pb, submit = self.world.pb, self.world.police.referrals.SubmitReferral
        wrong = self.world.messages.submit(self.world.police.oin)
        wrong.request_id = "not-a-uuid"
        wrong.actor.user_id = ""
        wrong.referral.sender_oin = self.world.ggz.oin
        wrong.referral.residence_gemeentecode = "518"
        wrong.referral.address.postcode = "0123 XY"
        wrong.referral.persons[0].bsn = "999990021"
        wrong.referral.persons[1].birth_date = "1984-02-30"
        wrong.referral.persons[2].person_key = wrong.referral.persons[1].person_key
        wrong.referral.persons[3].ClearField("lives_at_address")
        wrong.referral.urgency = pb.URGENCY_ACUTE
        wrong.referral.facts = ""
        wrong.referral.wpg_basis = pb.WPG_BASIS_WPG_20
        expected = {
            "request_id",
            "actor.user_id",
            "referral.sender_oin",
            "referral.residence_gemeentecode",
            "referral.address.postcode",
            "referral.persons[0].bsn",
            "referral.persons[1].birth_date",
            "referral.persons[2].person_key",
            "referral.persons[3].lives_at_address",
            "referral.callback_phone",
            "referral.facts",
            "referral.partnership_decision_ref",
        }
        refusal = refused(submit, wrong, Code.INVALID_ARGUMENT, "FIELD_INVALID")
        found = {violation.path for violation in refusal.violations}
        check(found == expected, f"wrong fields: missed {sorted(expected - found)}, added {sorted(found - expected)}")
        told = refusal.message + "".join(violation.description for violation in refusal.violations)
        check(all(v.reason and v.description for v in refusal.violations), "a violation should name rule and fault")
        values = ("not-a-uuid", "0123 XY", "999990021", "1984-02-30", self.world.ggz.oin)
        check(not any(value in told for value in values), "a refusal should never quote a value")

        elsewhere = self.world.messages.submit(self.world.police.oin)
        elsewhere.referral.residence_gemeentecode = scenario.OUTSIDE_THE_REGION
        refused(submit, elsewhere, Code.OUT_OF_RANGE, "NOT_IN_REGION")

        not_police = self.world.messages.submit(self.world.ggz.oin)
        refused(self.world.ggz.referrals.SubmitReferral, not_police, Code.PERMISSION_DENIED, "ACCESS_DENIED")

    def receive_and_acknowledge(self) -> None:
        """The Steunpunt streams its inbox and takes responsibility."""
        pb = self.world.pb
        frames: queue.SimpleQueue = queue.SimpleQueue()
        opening = pb.StreamReferralsRequest.Open(
            actor=self.world.messages.actor(scenario.INBOX_USER),
            client_id=f"journey-{new_id()}",
            max_outstanding=500,
        )
        frames.put(pb.StreamReferralsRequest(open=opening))
        stream = self.world.steunpunt.referrals.StreamReferrals(iter(frames.get, None), timeout=INBOX_SECONDS)
        try:
            received = self._first(stream, lambda frame: self._is_ours(frame.referral))
            self._is_what_was_sent(received.referral)
            token = received.referral.lease_token
            acknowledge = pb.Settlement.Acknowledge(local_reference="SP-2026-1")
            settle = pb.StreamReferralsRequest.Settle(
                settlements=[pb.Settlement(lease_token=token, acknowledge=acknowledge)]
            )
            frames.put(pb.StreamReferralsRequest(settle=settle))
            settled = self._first(stream, lambda frame: frame.settlement.lease_token == token).settlement
        except grpc.RpcError as error:
            raise Unexpected(f"the inbox should stay open: {Refusal.of(error).summary()}") from None
        finally:
            frames.put(None)
            stream.cancel()
        check(settled.status == pb.SettlementResult.STATUS_SETTLED, "the acknowledgement should be stored")
        check(settled.referral_id == self.referral_id, "the acknowledgement should name its referral")

        status = self._status()
        check(status.state == pb.REFERRAL_STATE_ACKNOWLEDGED, "the police should see the acknowledgement")
        check(status.responsibility_transferred_at == settled.settle_time, "responsibility should pass with it")
        check(status.delivery_attempts == 1, "one delivery should be one attempt")
        check(not status.overdue, "an acknowledgement in time is not overdue")

        again = pb.SettleReferralsRequest(
            actor=self.world.messages.actor(scenario.INBOX_USER),
            settlements=[pb.Settlement(lease_token=token, acknowledge=acknowledge)],
        )
        (result,) = call(self.world.steunpunt.referrals.SettleReferrals, again).results
        check(result == settled, "acknowledging again should give the same answer")

    @staticmethod
    def _first(stream: Any, wanted: Callable[[Any], bool]) -> Any:
        for frame in stream:
            if wanted(frame):
                return frame
        raise Unexpected("the inbox should not end before it gave what was asked for")

    def _is_ours(self, received: Any) -> bool:
        return received.referral.referral_id == self.referral_id

    def _is_what_was_sent(self, received: Any) -> None:
        check(received.referral == self.submission.referral, "the referral should arrive as it was sent")
        check(received.receipt == self.submitted.receipt, "the reader should get the sender's receipt")
        check(received.team_id == self.submitted.team_id, "the reader should learn the team")
        check(received.delivery_attempt == 1, "the first delivery should be attempt 1")
        check(received.repeat_index == self.submitted.repeat_index, "both sides should see one repeat index")
        same_terms = (received.submitted_at, received.ack_due_at)
        status = self.submitted.status
        check(same_terms == (status.submitted_at, status.ack_due_at), "both sides should see the same terms")

    def watch(self) -> None:
        """The police watch their referrals, and learn what happened before they did."""
        pb = self.world.pb
        seen = watched(
            self.world.police.referrals.WatchReferrals,
            pb.WatchReferralsRequest(),
            lambda message: message.status.referral_id == self.referral_id,
        )
        check(seen.status == self._status(), "a watch should tell what GetReferralStatus tells")
        self.resume_token = seen.resume_token
        foreign = pb.WatchReferralsRequest(resume_token=self.resume_token)
        try:
            next(iter(self.world.steunpunt.referrals.WatchReferrals(foreign, timeout=INBOX_SECONDS)))
        except grpc.RpcError as error:
            check(error.code() == Code.INVALID_ARGUMENT, "a token should be of use to its holder only")
        else:
            raise Unexpected("a token of another organisation should be refused")

    def resume_the_watch(self) -> None:
        """What happened while nobody watched is told when the watch is resumed."""
        pb = self.world.pb
        request = pb.WatchReferralsRequest(resume_token=self.resume_token)
        seen = watched(self.world.police.referrals.WatchReferrals, request, lambda message: message.HasField("status"))
        check(seen.status.referral_id == self.referral_id, "a resumed watch should go on right after its token")
        check(seen.status.HasField("feedback"), "a referral that changed twice should be told of as it is")

    def pull_extend_and_send_back(self) -> None:
        """An inbox without a stream: a referral about others is pulled, held longer, and sent back."""
        pb, inbox = self.world.pb, self.world.steunpunt.referrals
        submission = self.world.messages.submit_about_strangers(self.world.police.oin)
        call(self.world.police.referrals.SubmitReferral, submission)
        actor = self.world.messages.actor(scenario.INBOX_USER)
        pull = pb.PullReferralsRequest(actor=actor, client_id=f"pull-{new_id()}", max_referrals=10)
        pull.wait_duration.FromSeconds(10)
        pulled = list(call(inbox.PullReferrals, pull).referrals)
        check([one.referral for one in pulled] == [submission.referral], "a pull should give what waits")
        (held,) = pulled
        check(held.delivery_id and held.delivery_attempt == 1, "a delivery should have an id and its first attempt")
        again = pb.PullReferralsRequest(actor=actor, client_id=pull.client_id)
        check(not call(inbox.PullReferrals, again).referrals, "what is held should not be handed over again")

        extend = pb.Settlement(lease_token=held.lease_token, extend=pb.Settlement.Extend())
        extend.extend.lease_duration.FromSeconds(300)
        send_back = pb.Settlement(
            lease_token=held.lease_token,
            send_back=pb.Settlement.SendBack(reason=pb.SEND_BACK_REASON_WRONG_REGION),
        )
        settle = pb.SettleReferralsRequest(actor=actor, settlements=[extend, send_back])
        extended, sent_back = call(inbox.SettleReferrals, settle).results
        for result in (extended, sent_back):
            check(result.status == pb.SettlementResult.STATUS_SETTLED, "both settlements should be stored")
            check(result.delivery_id == held.delivery_id, "a settlement should name its delivery")
        longer = moment(extended.settle_time) - moment(held.lease_expires_at)
        check(longer > timedelta(minutes=3), "an extended lease should end later")
        request = pb.GetReferralStatusRequest(referral_id=submission.referral.referral_id)
        status = call(self.world.police.referrals.GetReferralStatus, request).status
        check(status.state == pb.REFERRAL_STATE_RETURNED, "the police should see that it came back")
        check(status.send_back_reason == pb.SEND_BACK_REASON_WRONG_REGION, "the police should see why")
        check(status.delivery_id == held.delivery_id, "both sides should see one delivery")

    def triage_and_feedback(self) -> None:
        """The Steunpunt decides, and the police hear one of three words."""
        pb = self.world.pb
        director = self.world.messages.actor(scenario.PROCESS_DIRECTOR)
        triage = pb.RecordTriageRequest(
            request_id=new_id(),
            actor=director,
            referral_id=self.referral_id,
            outcome=pb.TRIAGE_OUTCOME_VVT_TEAM,
        )
        triaged = call(self.world.steunpunt.referrals.RecordTriage, triage)
        check(triaged.in_time, "a triage right after the referral should be in time")
        feedback = pb.SendFeedbackRequest(request_id=new_id(), actor=director, referral_id=self.referral_id)
        sent = call(self.world.steunpunt.referrals.SendFeedback, feedback).feedback
        check(sent.triage_outcome_group == pb.FEEDBACK_GROUP_TAKEN_UP, "the police should hear: taken up")
        check(self._status().feedback == sent, "the police should read the feedback that was sent")

    def _status(self) -> Any:
        request = self.world.pb.GetReferralStatusRequest(referral_id=self.referral_id)
        return call(self.world.police.referrals.GetReferralStatus, request).status


def _copy(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
