//! The methods that are served and how they talk, read from the compiled descriptors.
//!
//! Invariant: what is not in here never reaches a log; a path is text of the caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use super::pb;

/// How a method talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Talk {
    /// The caller sends exactly one message.
    pub(super) one_request: bool,
    /// The caller gets exactly one message.
    pub(super) one_response: bool,
}

/// The methods by path, like `/ketenpoort.v1.CaseService/GetCase`.
#[derive(Debug, Clone)]
pub(super) struct Methods(Arc<BTreeMap<Arc<str>, Talk>>);

impl Methods {
    /// Everything this server may serve.
    pub(super) fn served() -> Result<Self, prost::DecodeError> {
        let mut methods = BTreeMap::new();
        for descriptors in [
            pb::DESCRIPTORS,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            for file in &FileDescriptorSet::decode(descriptors)?.file {
                methods.extend(methods_of(file));
            }
        }
        Ok(Self(Arc::new(methods)))
    }

    /// A method with its path, as it may be logged.
    pub(super) fn get(&self, path: &str) -> Option<(Arc<str>, Talk)> {
        self.0.get_key_value(path).map(|(path, talk)| (Arc::clone(path), *talk))
    }
}

/// Names of our own services, as they stand in paths.
pub(super) fn service_names() -> [&'static str; 14] {
    [
        pb::services::case_direction_service_server::SERVICE_NAME,
        pb::services::case_service_server::SERVICE_NAME,
        pb::services::consent_service_server::SERVICE_NAME,
        pb::services::deadline_service_server::SERVICE_NAME,
        pb::services::directory_service_server::SERVICE_NAME,
        pb::services::disclosure_service_server::SERVICE_NAME,
        pb::services::officer_service_server::SERVICE_NAME,
        pb::services::people_service_server::SERVICE_NAME,
        pb::services::privacy_service_server::SERVICE_NAME,
        pb::services::referral_service_server::SERVICE_NAME,
        pb::services::review_service_server::SERVICE_NAME,
        pb::services::report_service_server::SERVICE_NAME,
        pb::services::sharing_service_server::SERVICE_NAME,
        pb::services::signal_service_server::SERVICE_NAME,
    ]
}

fn methods_of(file: &FileDescriptorProto) -> impl Iterator<Item = (Arc<str>, Talk)> {
    file.service.iter().flat_map(move |service| {
        service.method.iter().map(move |method| {
            let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
            let talk = Talk {
                one_request: !method.client_streaming(),
                one_response: !method.server_streaming(),
            };
            (path.into(), talk)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_inbox_watches_exports_health_and_reflection_are_streams() {
        let methods = Methods::served().unwrap();
        let streams: Vec<_> = methods
            .0
            .iter()
            .filter(|(_, talk)| !(talk.one_request && talk.one_response))
            .map(|(path, _)| &**path)
            .collect();
        assert_eq!(
            streams,
            [
                "/grpc.health.v1.Health/Watch",
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                "/ketenpoort.v1.ConsentService/WatchNotices",
                "/ketenpoort.v1.DisclosureService/ExportDisclosures",
                "/ketenpoort.v1.ReferralService/StreamReferrals",
                "/ketenpoort.v1.ReferralService/WatchReferrals",
                "/ketenpoort.v1.ReviewService/WatchReviews",
            ]
        );
        assert!(methods.get("/ketenpoort.v1.ReferralService/SubmitReferral").is_some());
        assert!(methods.get("/ketenpoort.v1.ReferralService/999990019").is_none());
    }
}
