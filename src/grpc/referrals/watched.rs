//! `WatchReferrals`: what happens to the referrals of their sender.

use crate::gateway::referral_status::ReferralStatus;
use crate::gateway::{Caller, Error, Gateway};
use crate::grpc::convert::{duration, moment, referral_status};
use crate::grpc::page::List;
use crate::grpc::pb;
use crate::grpc::watch::{Feed, Frame, Page, RECONNECT_DELAY};
use pb::watch_referrals_response as response;

/// The changes of the caller's referrals.
#[derive(Debug)]
pub(super) struct Watched;

impl Feed for Watched {
    type News = ReferralStatus;
    type Message = pb::WatchReferralsResponse;
    const LIST: List = List::ReferralChanges;

    async fn after(gateway: &Gateway, caller: &Caller, place: i64) -> Page<ReferralStatus> {
        gateway.referral_changes(caller, place).await
    }

    async fn last(gateway: &Gateway, caller: &Caller) -> Result<i64, Error> {
        gateway.last_referral_change(caller).await
    }

    fn message(frame: Frame<ReferralStatus>, resume_token: String) -> Self::Message {
        let frame = match frame {
            Frame::News(status) => response::Frame::Status(referral_status::status(&status)),
            Frame::Heartbeat(now) => {
                response::Frame::Heartbeat(pb::WatchHeartbeat { server_time: Some(moment(now)) })
            }
            Frame::Drain => {
                let reconnect_delay = Some(duration(RECONNECT_DELAY));
                response::Frame::Drain(pb::Drain { reconnect_delay })
            }
        };
        pb::WatchReferralsResponse { frame: Some(frame), resume_token }
    }
}
