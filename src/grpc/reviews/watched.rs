//! Reviews as messages, watched.

use crate::gateway::reviews::Overview;
use crate::gateway::{Caller, Error, Gateway};
use crate::grpc::convert::{duration, moment, review};
use crate::grpc::page::List;
use crate::grpc::pb;
use crate::grpc::watch::{Feed, Frame, Page, RECONNECT_DELAY};
use pb::watch_reviews_response as response;

/// The reviews of the caller's organisation.
#[derive(Debug)]
pub(super) struct Watched;

impl Feed for Watched {
    type News = Overview;
    type Message = pb::WatchReviewsResponse;
    const LIST: List = List::ReviewChanges;

    async fn after(gateway: &Gateway, caller: &Caller, place: i64) -> Page<Overview> {
        gateway.review_changes(caller, place).await
    }

    async fn last(gateway: &Gateway, caller: &Caller) -> Result<i64, Error> {
        gateway.last_review_change(caller).await
    }

    fn message(frame: Frame<Overview>, resume_token: String) -> Self::Message {
        let frame = match frame {
            Frame::News(of) => response::Frame::Review(review::overview(&of)),
            Frame::Heartbeat(now) => {
                response::Frame::Heartbeat(pb::WatchHeartbeat { server_time: Some(moment(now)) })
            }
            Frame::Drain => {
                let reconnect_delay = Some(duration(RECONNECT_DELAY));
                response::Frame::Drain(pb::Drain { reconnect_delay })
            }
        };
        pb::WatchReviewsResponse { frame: Some(frame), resume_token }
    }
}
