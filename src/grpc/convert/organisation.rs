//! Organisations.

use crate::domain::organisation::Organisation;
use crate::grpc::pb;

/// An organisation as its partners see it.
pub(in crate::grpc) fn organisation(of: &Organisation) -> pb::Organisation {
    pb::Organisation {
        oin: of.oin().to_string(),
        name: of.name().to_owned(),
        role: of.role().number().into(),
        standing: of.standing().number().into(),
        agreement_valid_until: of
            .agreement()
            .map_or_else(String::new, |agreement| agreement.valid_until.to_string()),
    }
}
