//! From a message that changes something to the use case: who acts, what the request is called, and
//! everything that is wrong with it at once. One way for every such call.

use prost::Message;
use tonic::Request;

use super::caller::Door;
use super::convert::Reader;
use super::pb;
use crate::domain::id::{Oin, RequestId};
use crate::domain::organisation::Actor;
use crate::gateway::{self, Call, Caller, Error};

/// A message that changes something: it has an id of its own and says who acts.
pub(super) trait Change: Message {
    /// The method it calls. A request id stands for a message to a method.
    fn method() -> &'static str;
    /// Its id.
    fn request_id(&self) -> &str;
    /// Who acts.
    fn take_actor(&mut self) -> Option<pb::Actor>;
}

macro_rules! changes {
    ($($message:ident),+ $(,)?) => {$(
        impl Change for pb::$message {
            fn method() -> &'static str {
                let name = stringify!($message);
                name.strip_suffix("Request").unwrap_or(name)
            }
            fn request_id(&self) -> &str {
                &self.request_id
            }
            fn take_actor(&mut self) -> Option<pb::Actor> {
                self.actor.take()
            }
        }
    )+};
}

changes! {
    AddCaseTeamMemberRequest,
    AgreeToAddressReleaseRequest,
    AnnounceMeetingRequest,
    AnswerHandoverRequest,
    AnswerQuestionRequest,
    ApproveAccessReportRequest,
    AskOrganisationRequest,
    ChangeProcessDirectionRequest,
    ChangeSafetyPhaseRequest,
    CloseBreachRequest,
    CloseCaseRequest,
    CloseDataSubjectRequestRequest,
    CloseInvestigationRequest,
    CloseSignalRequest,
    ConfirmRecallRequest,
    CreateCaseRequest,
    DecideReviewRequest,
    DeleteSavedSearchRequest,
    DrawSampleRequest,
    EndSuppressionRequest,
    ExcludeRepresentativeRequest,
    ExtendDataSubjectRequestRequest,
    JudgeSampleEntryRequest,
    LiftHoldRequest,
    OfferHandoverRequest,
    OpenBreachRequest,
    OpenDataSubjectRequestRequest,
    PlaceHoldRequest,
    PostponeInformingRequest,
    PrepareAccessReportRequest,
    ProvideReviewInformationRequest,
    PublishReportRequest,
    PublishSummaryRequest,
    RaiseSignalRequest,
    ReadSharedSummaryRequest,
    RecordBreachNotificationRequest,
    RecordCaseStepRequest,
    RecordClientInformedRequest,
    RecordConsentRequest,
    RecordFirstContactRequest,
    RecordPersonChangeRequest,
    RecordSubjectInformedRequest,
    RecordTriageRequest,
    RemoveCaseTeamMemberRequest,
    ReopenCaseRequest,
    RequestSummaryRequest,
    RetractSummaryRequest,
    SaveSearchRequest,
    SendFeedbackRequest,
    ShareSummaryRequest,
    SubmitReferralRequest,
    SuppressSignalsRequest,
    TakeReviewRequest,
    WithdrawConsentRequest,
    WithdrawReferralRequest,
}

/// An act that is being read.
pub(super) struct Act {
    caller: Caller,
    method: &'static str,
    /// The whole message: the same id with another body is refused.
    body: Vec<u8>,
    who: Option<(RequestId, Actor)>,
}

impl Door {
    /// Lets in who wants to change something, and begins to read what.
    pub(super) fn act<M: Change>(
        &self,
        request: Request<M>,
    ) -> Result<(M, Reader, Act), tonic::Status> {
        let caller = self.admit(request.extensions())?;
        let mut message = request.into_inner();
        let body = message.encode_to_vec();
        let mut reader = Reader::default();
        let actor = message.take_actor();
        let who = reader.act(message.request_id(), actor);
        Ok((message, reader, Act { caller, method: M::method(), body, who }))
    }
}

impl Act {
    /// The organisation that calls.
    pub(super) fn oin(&self) -> &Oin {
        self.caller.oin()
    }

    /// Who acts, when that was readable.
    pub(super) fn actor(&self) -> Option<&Actor> {
        self.who.as_ref().map(|(_, actor)| actor)
    }

    /// The call, the request and the other parts, or everything that is wrong.
    pub(super) fn finish<T>(
        self,
        reader: Reader,
        parts: Option<T>,
    ) -> Result<(Call, gateway::Request, T), Error> {
        let ((request_id, actor), parts) = reader.finish(self.who.zip(parts))?;
        let request = gateway::Request::new(request_id, self.method, self.body);
        Ok((self.caller.act(actor), request, parts))
    }
}
