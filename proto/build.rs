//! Generates the gRPC bindings. `protox` reads the `.proto` files, so no `protoc` is needed.

use std::path::PathBuf;

use prost::Message as _;

const FILES: &[&str] = &[
    "ketenpoort/v1/case_direction_service.proto",
    "ketenpoort/v1/case_plan.proto",
    "ketenpoort/v1/case_service.proto",
    "ketenpoort/v1/common.proto",
    "ketenpoort/v1/consent_service.proto",
    "ketenpoort/v1/deadline_service.proto",
    "ketenpoort/v1/directory_service.proto",
    "ketenpoort/v1/disclosure_service.proto",
    "ketenpoort/v1/errors.proto",
    "ketenpoort/v1/evidence.proto",
    "ketenpoort/v1/officer_service.proto",
    "ketenpoort/v1/people_service.proto",
    "ketenpoort/v1/privacy_service.proto",
    "ketenpoort/v1/referral_service.proto",
    "ketenpoort/v1/report_service.proto",
    "ketenpoort/v1/review_service.proto",
    "ketenpoort/v1/sharing_service.proto",
    "ketenpoort/v1/signal_service.proto",
];

/// Calls that change something: their answers are kept, so that a repeated call gets the same bytes.
const KEPT: &[&str] = &[
    "AddCaseTeamMemberResponse",
    "AgreeToAddressReleaseResponse",
    "AnnounceMeetingResponse",
    "AnswerHandoverResponse",
    "AnswerQuestionResponse",
    "ApproveAccessReportResponse",
    "AskOrganisationResponse",
    "ChangeProcessDirectionResponse",
    "ChangeSafetyPhaseResponse",
    "CloseCaseResponse",
    "CloseBreachResponse",
    "CloseDataSubjectRequestResponse",
    "CloseInvestigationResponse",
    "CloseSignalResponse",
    "ConfirmRecallResponse",
    "CreateCaseResponse",
    "DecideReviewResponse",
    "DrawSampleResponse",
    "EndSuppressionResponse",
    "ExcludeRepresentativeResponse",
    "JudgeSampleEntryResponse",
    "LiftHoldResponse",
    "OfferHandoverResponse",
    "DeleteSavedSearchResponse",
    "ExtendDataSubjectRequestResponse",
    "OpenBreachResponse",
    "OpenDataSubjectRequestResponse",
    "PlaceHoldResponse",
    "PostponeInformingResponse",
    "PrepareAccessReportResponse",
    "ProvideReviewInformationResponse",
    "PublishReportResponse",
    "PublishSummaryResponse",
    "RaiseSignalResponse",
    "ReadSharedSummaryResponse",
    "RecordBreachNotificationResponse",
    "RecordCaseStepResponse",
    "RecordClientInformedResponse",
    "RecordConsentResponse",
    "RecordFirstContactResponse",
    "RecordPersonChangeResponse",
    "RecordSubjectInformedResponse",
    "RecordTriageResponse",
    "RemoveCaseTeamMemberResponse",
    "ReopenCaseResponse",
    "RequestSummaryResponse",
    "RetractSummaryResponse",
    "SaveSearchResponse",
    "SendFeedbackResponse",
    "SetSavedSearchWeeklyResponse",
    "ShareSummaryResponse",
    "SubmitReferralResponse",
    "SuppressSignalsResponse",
    "TakeReviewResponse",
    "WithdrawConsentResponse",
    "WithdrawReferralResponse",
];

#[expect(clippy::disallowed_methods, reason = "cargo hands OUT_DIR over in the environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    // Kept for server reflection.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("ketenpoort.descriptors"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors.clone())?;
    // The services by themselves, over those messages. Kept answers are sent as the bytes they are.
    let services = out.join("services");
    std::fs::create_dir_all(&services)?;
    let mut generated = tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".ketenpoort.v1", "crate::grpc::pb")
        .out_dir(services);
    for message in KEPT {
        let message = format!(".ketenpoort.v1.{message}");
        generated = generated.extern_path(message, "crate::grpc::kept::Kept");
    }
    generated.compile_fds(descriptors)?;
    Ok(())
}
