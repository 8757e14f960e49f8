//! Warm handover of a part in a case (DOMAIN §1.2): offered, and taken over only when the receiver
//! has said so. Until then the sender is responsible, and stays in the team.
//!
//! Who joins a team is for the Steunpunt to decide, so a member hands over to another member; to an
//! organisation outside the team the Steunpunt hands over on the member's behalf.

use crate::domain::case::{
    HandoverAnswer, HandoverContent, HandoverOffer, HandoverOfferDraft, HandoverState,
    InvolvementDraft, Member,
};
use crate::domain::event::DenialReason;
use crate::domain::id::{HandoverId, Oin};
use crate::domain::notice::NoticeContent;
use crate::domain::violation::Violations;
use crate::store::HandoverRow;
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::case_direction::not_a_member;
use super::case_file::{CaseFile, may_sit_in_team};
use super::cases::{Around, Course, Door, Moved};
use super::error::{Error, Result};
use super::fields::both;
use super::keys::seal_cell;
use super::once::Encode;

impl Gateway {
    /// Offers a handover: by the sender itself, or by the Steunpunt for it.
    pub async fn offer_handover(
        &self,
        call: &Call,
        request: &Request,
        (offer, involvement): (HandoverOfferDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let handover_id = HandoverId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let (offer, involved) = both(offer.parse(), involvement.parse(call.now()))?;
        let decide = |file: &mut CaseFile, around: &Around| {
            self.check_offer(call, file, around, &offer)?;
            let key = file.common_key()?;
            let (reason, involvement) = (offer.reason.clone(), involved.clone());
            let content = HandoverContent { reason, involvement };
            let content = serde_json::to_vec(&content).map_err(Error::internal)?;
            let row = HandoverRow {
                handover_id,
                case_ref: offer.case_ref.clone(),
                from_oin: offer.from.clone(),
                to_oin: offer.to.clone(),
                offered_by_oin: call.oin().clone(),
                state: HandoverState::Offered,
                offered_at: call.now(),
                answered_at: None,
                answered_by: None,
                content: seal_cell(&content, &key, "case_handovers", handover_id.as_bytes())?,
            };
            let (from_oin, to_oin) = (offer.from.clone(), offer.to.clone());
            let content = NoticeContent::HandoverOffered { handover_id, from_oin, to_oin };
            let told = involved_organisations(file, &row, call.oin());
            Ok(Course {
                detail: format!("HANDOVER {} {}", row.state, involved.kind()),
                handover: Some(row),
                notices: vec![(told, content)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Member(&offer.case_ref), decide, encode).await
    }

    /// Everything that an offer needs.
    fn check_offer(
        &self,
        call: &Call,
        file: &CaseFile,
        around: &Around,
        offer: &HandoverOffer,
    ) -> Result<()> {
        let directs = file.row.steunpunt_oin == *call.oin();
        let mut violations = Violations::new();
        let own = directs || offer.from == *call.oin();
        let words = "must be the organisation that offers, unless the Steunpunt does";
        violations.require(own, "from_oin", "NOT_THE_SENDER", words);
        let directory = self.directory();
        let known = directory.organisation(&offer.to);
        let fits = known.is_some_and(|one| may_sit_in_team(one.role()));
        let words = "must be an organisation of the directory that works with families";
        violations.require(fits, "to_oin", "UNKNOWN_ORGANISATION", words);
        violations.into_result(())?;
        if file.case.state.is_closed() {
            return Err(Error::unmet("CASE_STATE", "the case must be in hand"));
        }
        let takes_part = |oin: &Oin| file.takes_part(oin, call.now());
        if !takes_part(&offer.from) || !(directs || takes_part(&offer.to)) {
            return Err(not_a_member());
        }
        if around.open_handovers().any(|one| one.from_oin == offer.from) {
            let sentence = "the sender's last handover must be answered first";
            return Err(Error::unmet("OPEN_HANDOVER", sentence));
        }
        Ok(())
    }

    /// Answers an offer: the receiver accepts or declines, the sender's side takes it back. With the
    /// receiver's yes the sender leaves the team and the receiver is in it.
    pub async fn answer_handover(
        &self,
        call: &Call,
        request: &Request,
        (handover_id, answer): (HandoverId, HandoverAnswer),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        // Answered before: the sender may have left the team with it.
        if let Some(bytes) = self.answered_before(call, request).await? {
            return Ok(bytes);
        }
        if !may_sit_in_team(call.role()) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let row = self.db().read().await?.handover(handover_id).await?;
        let Some(row) = row.filter(|row| may_answer(call, row, answer)) else {
            return self.refuse_hidden(call).await;
        };
        let decide = |file: &mut CaseFile, around: &Around| {
            let current = around.handovers.iter().find(|one| one.handover_id == handover_id);
            let state = current.and_then(|one| one.state.after(answer)).ok_or_else(|| {
                Error::unmet("HANDOVER_OFFERED", "the handover was answered before")
            })?;
            let row = HandoverRow {
                state,
                answered_at: Some(call.now()),
                answered_by: Some(call.actor.user_id.clone()),
                ..row.clone()
            };
            let (ended, joined) = match state {
                HandoverState::Accepted => passed_on(call, file, &row),
                HandoverState::Offered | HandoverState::Declined | HandoverState::Withdrawn => {
                    (Vec::new(), Vec::new())
                }
            };
            let content = NoticeContent::HandoverAnswered { handover_id, state };
            let told = involved_organisations(file, &row, call.oin());
            Ok(Course {
                detail: format!("HANDOVER {state}"),
                ended,
                joined,
                handover: Some(row),
                notices: vec![(told, content)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Open(&row.case_ref), decide, encode).await
    }
}

/// The receiver says yes or no; whoever offered it takes it back.
fn may_answer(call: &Call, row: &HandoverRow, answer: HandoverAnswer) -> bool {
    match answer {
        HandoverAnswer::Accept | HandoverAnswer::Decline => row.to_oin == *call.oin(),
        HandoverAnswer::Withdraw => {
            row.from_oin == *call.oin() || row.offered_by_oin == *call.oin()
        }
    }
}

/// Whose membership ends and begins with a yes. The Steunpunt that hands over a whole case directs
/// it until it is transferred.
fn passed_on(call: &Call, file: &CaseFile, row: &HandoverRow) -> (Vec<Oin>, Vec<Member>) {
    if row.from_oin == file.row.steunpunt_oin {
        return (Vec::new(), Vec::new());
    }
    let Some(membership) = file.membership(&row.from_oin, call.now()) else {
        return (Vec::new(), Vec::new());
    };
    let joins = !file.takes_part(&row.to_oin, call.now());
    let joined =
        Member { oin: row.to_oin.clone(), membership, member_from: call.now(), member_until: None };
    let mut ended = vec![row.from_oin.clone()];
    // An observer that takes over is an observer no more.
    if joins && file.is_member(&row.to_oin, call.now()) {
        ended.push(row.to_oin.clone());
    }
    (ended, if joins { vec![joined] } else { Vec::new() })
}

/// Sender, receiver and the Steunpunt, but for who acts.
fn involved_organisations(file: &CaseFile, row: &HandoverRow, actor: &Oin) -> Vec<Oin> {
    let mut told = vec![row.from_oin.clone(), row.to_oin.clone(), file.row.steunpunt_oin.clone()];
    told.retain(|oin| oin != actor);
    told.sort_unstable();
    told.dedup();
    told
}
