//! The compiled contract: which calls are an officer's, and what it says about each part of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MethodDescriptor,
};

use super::words;
use crate::grpc::pb;

/// Where a call is a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Part {
    /// `ketenpoort log`.
    Log,
    /// `ketenpoort report`.
    Report,
}

impl Part {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Log, Self::Report];

    /// The command above.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Report => "report",
        }
    }

    /// By service, so that a call which a service of officers gets later is a command without more. Consents
    /// are recorded by others; their history is for officers.
    fn holds(self, method: &MethodDescriptor) -> bool {
        match (self, method.parent_service().name()) {
            (Self::Log, "DisclosureService" | "OfficerService")
            | (Self::Report, "ReviewService" | "SignalService" | "PrivacyService") => true,
            (Self::Log, "ConsentService") => method.name().contains("History"),
            _ => false,
        }
    }
}

/// The stream that is written to a file. Others are watched.
pub(super) const EXPORT: &str = "ExportDisclosures";

/// A thing in the contract: its file, and its path within that.
type Spot = (String, Vec<i32>);

struct Contract {
    methods: Vec<(Part, String, MethodDescriptor)>,
    comments: BTreeMap<Spot, String>,
}

/// Read once, and only when a command is looked for. Bytes of this binary that were no contract would leave no
/// commands; a test sees to it that they are one.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).unwrap_or_default();
    let comments = pool.files().flat_map(|file| comments_of(&file)).collect();
    let mut methods = Vec::new();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let is_command = !method.is_client_streaming();
        for part in Part::ALL.into_iter().filter(|part| is_command && part.holds(&method)) {
            methods.push((part, words::kebab(method.name()), method.clone()));
        }
    }
    Contract { methods, comments }
});

/// The calls that are commands there.
pub(super) fn methods(part: Part) -> Vec<MethodDescriptor> {
    let of_part = CONTRACT.methods.iter().filter(|(of, _, _)| *of == part);
    of_part.map(|(_, _, method)| method.clone()).collect()
}

/// The call of a command.
pub(super) fn method(part: Part, command: &str) -> Option<MethodDescriptor> {
    let found = CONTRACT.methods.iter().find(|(of, name, _)| *of == part && name == command);
    found.map(|(_, _, method)| method.clone())
}

/// What the contract says of a call.
pub(super) fn about_method(method: &MethodDescriptor) -> String {
    comment(&method.parent_file(), method.path())
}

/// What the contract says of a field.
pub(super) fn about_field(field: &FieldDescriptor) -> String {
    comment(&field.parent_file(), field.path())
}

/// What the contract says of a value.
pub(super) fn about_value(value: &EnumValueDescriptor) -> String {
    comment(&value.parent_file(), value.path())
}

/// The first sentence, as a list of commands or flags shows it. After `art. 15` it goes on.
pub(super) fn first_sentence(text: &str) -> String {
    let begins = |rest: &str| rest.starts_with(|letter: char| letter.is_uppercase());
    let ends = text.match_indices(". ").find(|(at, _)| text.get(at + 2..).is_some_and(begins));
    let sentence = ends.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    sentence.trim_end_matches('.').to_owned()
}

fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let found = CONTRACT.comments.get(&(file.name().to_owned(), path.to_vec()));
    found.cloned().unwrap_or_default()
}

/// The comments before things, each on one line.
fn comments_of(file: &FileDescriptor) -> Vec<(Spot, String)> {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let locations = info.into_iter().flat_map(|info| &info.location);
    let said =
        locations.filter_map(|location| Some((location, location.leading_comments.as_ref()?)));
    said.map(|(location, text)| {
        let text: Vec<&str> = text.split_whitespace().collect();
        ((file.name().to_owned(), location.path.clone()), text.join(" "))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_does_not_end_at_an_article() {
        let text = "Open a breach: what, and when (AVG art. 33). The 72 hours run.";
        assert_eq!(first_sentence(text), "Open a breach: what, and when (AVG art. 33)");
        assert_eq!(first_sentence("Case."), "Case");
        assert_eq!(first_sentence(""), "");
    }
}
