//! From a message to the use case: who acts, what a request that changes something is called, and
//! everything that is wrong with it at once. One way for every call that says who acts.

use prost::Message;
use tonic::Request;

use super::caller::Door;
use super::convert::Reader;
use super::pb;
use crate::domain::id::{Oin, RequestId};
use crate::domain::organisation::Actor;
use crate::gateway::{self, Call, Caller, Error};

/// A message that says who acts.
pub(super) trait Acted: Message {
    /// Who acts.
    fn take_actor(&mut self) -> Option<pb::Actor>;
}

/// A message that changes something: it also has an id of its own.
pub(super) trait Change: Acted {
    /// The method it calls. A request id stands for a message to a method.
    fn method() -> &'static str;
    /// Its id.
    fn request_id(&self) -> &str;
}

macro_rules! acted {
    ($($message:ident),+ $(,)?) => {$(
        impl Acted for pb::$message {
            fn take_actor(&mut self) -> Option<pb::Actor> {
                self.actor.take()
            }
        }
    )+};
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
        }
        acted! { $message }
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
    SetSavedSearchWeeklyRequest,
    ShareSummaryRequest,
    SubmitReferralRequest,
    SuppressSignalsRequest,
    TakeReviewRequest,
    WithdrawConsentRequest,
    WithdrawReferralRequest,
}

// Messages without an id: they change nothing, or the same again.
acted! {
    BuildAccessReportRequest,
    BuildBreachScopeReportRequest,
    CheckConsentRequest,
    ExportDisclosuresRequest,
    GenerateReportRequest,
    GetCaseRequest,
    GetConsentHistoryRequest,
    GetConsentRequest,
    GetDataSubjectRequestRequest,
    GetDirectoryHistoryRequest,
    GetDisclosureRequest,
    GetIncidentRequest,
    GetOverviewRequest,
    GetPersonStandingRequest,
    GetReportRequest,
    GetReviewRequest,
    GetSampleRequest,
    GetSignalRequest,
    ListCasePeopleRequest,
    ListConsentRenewalsRequest,
    ListDataSubjectRequestsRequest,
    ListDeadlinesRequest,
    ListDetectorsRequest,
    ListDisclosuresRequest,
    ListHoldsRequest,
    ListIncidentsRequest,
    ListOwnLooksRequest,
    ListQuestionsRequest,
    ListReportsRequest,
    ListReviewsRequest,
    ListSavedSearchesRequest,
    ListSignalsRequest,
    ListSummaryRevisionsRequest,
    ListSuppressionsRequest,
    SettleReferralsRequest,
    VerifyRandomEntriesRequest,
    WatchReviewsRequest,
}

/// A message without an id that is being read.
pub(super) struct Heard {
    caller: Caller,
    actor: Option<Actor>,
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
    /// Lets in who says something under no id of its own, and begins to read what.
    pub(super) fn hear<M: Acted>(
        &self,
        request: Request<M>,
    ) -> Result<(M, Reader, Heard), tonic::Status> {
        let caller = self.admit(request.extensions())?;
        let mut message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.take_actor());
        Ok((message, reader, Heard { caller, actor }))
    }

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

impl Heard {
    /// The call and the other parts, or everything that is wrong.
    pub(super) fn finish<T>(self, reader: Reader, parts: Option<T>) -> Result<(Call, T), Error> {
        let (actor, parts) = reader.finish(self.actor.zip(parts))?;
        Ok((self.caller.act(actor), parts))
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
