//! What was answered, as text for a person or as the JSON of protobuf for a program.

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage as _, SerializeOptions,
    Value,
};
use serde::{Serialize, Serializer};

use super::words;

/// The canonical JSON of protobuf. Fields with their default are in it too: a script finds all of them.
pub(super) struct Canonical<'m>(pub(super) &'m DynamicMessage);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = SerializeOptions::new().skip_default_fields(false);
        self.0.serialize_with_options(serializer, &options)
    }
}

/// Names and values below each other, by the names and words that flags have.
pub(super) fn text(message: &DynamicMessage) -> String {
    let mut text = String::new();
    write(message, 0, &mut text);
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

fn write(message: &DynamicMessage, depth: usize, text: &mut String) {
    for field in message.descriptor().fields() {
        let value = message.get_field(&field);
        let is_said = message.has_field(&field) || is_telling(&field, &value);
        if is_said {
            write_field(&field, &value, depth, text);
        }
    }
}

/// A number and a yes or no say something by 0 and no as well; an empty text does not.
fn is_telling(field: &FieldDescriptor, value: &Value) -> bool {
    let is_set = !field.supports_presence() && !field.is_list();
    is_set && !matches!(value, Value::String(_) | Value::Bytes(_) | Value::EnumNumber(_))
}

fn write_field(field: &FieldDescriptor, value: &Value, depth: usize, text: &mut String) {
    let name = words::dashed(field.name());
    match value {
        Value::Message(message) if plain(message).is_none() => {
            line(depth, &name, "", text);
            write(message, depth + 1, text);
        }
        Value::List(values) => {
            let (messages, others): (Vec<&Value>, Vec<&Value>) = values.iter().partition(
                |value| matches!(value, Value::Message(message) if plain(message).is_none()),
            );
            for message in messages {
                write_field(field, message, depth, text);
            }
            let others: Vec<String> = others.iter().map(|value| shown(field, value)).collect();
            if !others.is_empty() {
                line(depth, &name, &others.join(", "), text);
            }
        }
        Value::Bool(_)
        | Value::I32(_)
        | Value::I64(_)
        | Value::U32(_)
        | Value::U64(_)
        | Value::F32(_)
        | Value::F64(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::EnumNumber(_)
        | Value::Message(_)
        | Value::Map(_) => line(depth, &name, &shown(field, value), text),
    }
}

/// A line; a value of several is set in below the name, and nothing in it moves the cursor.
fn line(depth: usize, name: &str, value: &str, text: &mut String) {
    let pad = "  ".repeat(depth);
    text.extend([pad.as_str(), name, ":"]);
    let mut before = if value.contains('\n') { format!("\n{pad}  ") } else { " ".to_owned() };
    for part in value.lines() {
        let quiet = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
        text.push_str(&before);
        text.extend(part.chars().map(quiet));
        before = format!("\n{pad}  ");
    }
    text.push('\n');
}

fn shown(field: &FieldDescriptor, value: &Value) -> String {
    match (value, field.kind()) {
        (Value::String(words), _) => words.clone(),
        (Value::EnumNumber(number), Kind::Enum(words)) => word(&words, *number),
        (Value::Message(message), _) => plain(message).unwrap_or_default(),
        (Value::Bool(yes), _) => if *yes { "yes" } else { "no" }.to_owned(),
        (Value::I32(number), _) => number.to_string(),
        (Value::I64(number), _) => number.to_string(),
        (Value::U32(number), _) => number.to_string(),
        (Value::U64(number), _) => number.to_string(),
        (Value::F32(number), _) => number.to_string(),
        (Value::F64(number), _) => number.to_string(),
        (Value::Bytes(bytes), _) => base64(bytes),
        (Value::EnumNumber(_) | Value::List(_) | Value::Map(_), _) => String::new(),
    }
}

/// A value that this program does not know came from a newer gateway: its number is all there is.
fn word(words: &EnumDescriptor, number: i32) -> String {
    let known = words.get_value(number);
    known.map_or_else(|| number.to_string(), |value| words::word(words.name(), value.name()))
}

/// A moment or a length of time: a message that is written as one word.
fn plain(message: &DynamicMessage) -> Option<String> {
    let is_known = message.descriptor().full_name().starts_with("google.protobuf.");
    let json = is_known.then(|| serde_json::to_value(message).ok()).flatten()?;
    Some(json.as_str().map_or_else(|| json.to_string(), str::to_owned))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The field that tells where the next page begins, in requests.
pub(super) const PAGE_TOKEN: &str = "page_token";
/// The same in answers.
const NEXT_PAGE_TOKEN: &str = "next_page_token";

/// Where the next page begins; none when there is no more.
pub(super) fn next_page(message: &DynamicMessage) -> Option<String> {
    let token = message.get_field_by_name(NEXT_PAGE_TOKEN)?.as_str()?.to_owned();
    Some(token).filter(|token| !token.is_empty())
}

/// Adds the lists of a page to those of the pages before it. What else stands in a page is said by the first.
pub(super) fn join(pages: &mut DynamicMessage, page: &DynamicMessage) {
    for field in page.descriptor().fields().filter(FieldDescriptor::is_list) {
        let more = page.get_field(&field);
        if let (Value::List(all), Value::List(more)) = (pages.get_field_mut(&field), &*more) {
            all.extend(more.iter().cloned());
        }
    }
    pages.clear_field_by_name(NEXT_PAGE_TOKEN);
    if let Some(token) = next_page(page) {
        pages.set_field_by_name(NEXT_PAGE_TOKEN, Value::String(token));
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::grpc::pb;

    fn dynamic(name: &str, message: &impl Message) -> DynamicMessage {
        let pool = DescriptorPool::decode(pb::DESCRIPTORS).unwrap();
        let found = pool.get_message_by_name(&format!("ketenpoort.v1.{name}")).unwrap();
        DynamicMessage::decode(found, &*message.encode_to_vec()).unwrap()
    }

    fn review(id: &str) -> pb::Review {
        pb::Review {
            review_id: id.to_owned(),
            state: pb::ReviewState::JustifiedWithRemark.into(),
            categories: vec![1, 4],
            due_at: Some(prost_types::Timestamp { seconds: 1_782_000_000, nanos: 0 }),
            ..pb::Review::default()
        }
    }

    #[test]
    fn an_answer_is_names_and_words_below_each_other() {
        let answer = pb::ListReviewsResponse {
            reviews: vec![review("a"), review("b")],
            next_page_token: "next".to_owned(),
        };
        let told = text(&dynamic("ListReviewsResponse", &answer));
        let one = |id: &str| {
            format!(
                "reviews:\n  review-id: {id}\n  state: justified-with-remark\n  \
                 categories: identification, incident\n  due-at: 2026-06-21T00:00:00Z\n  overdue: no\n"
            )
        };
        assert_eq!(told, one("a") + &one("b") + "next-page-token: next\n");
        let none = pb::ListReviewsResponse::default();
        assert_eq!(text(&dynamic("ListReviewsResponse", &none)), "nothing\n");
    }

    #[test]
    fn a_text_of_somebody_else_stays_in_its_place() {
        let vote = pb::ReviewVote {
            motivation: "first\nreview-id: x\u{1b}[2J".to_owned(),
            verdict: 99,
            ..pb::ReviewVote::default()
        };
        let told = text(&dynamic("ReviewVote", &vote));
        assert!(told.contains("verdict: 99\n"), "{told}");
        assert!(told.contains("motivation:\n  first\n  review-id: x\u{fffd}[2J\n"), "{told}");
    }

    #[test]
    fn json_has_every_field_and_reads_back_the_same() {
        let answer = pb::GetReviewResponse { review: Some(review("a")), ..Default::default() };
        let message = dynamic("GetReviewResponse", &answer);
        let json = serde_json::to_value(Canonical(&message)).unwrap();
        assert_eq!(json["review"]["state"], "REVIEW_STATE_JUSTIFIED_WITH_REMARK");
        assert_eq!(json["review"]["overdue"], false);
        assert_eq!((&json["votes"], &json["index"]), (&serde_json::json!([]), &"0".into()));
        let again = DynamicMessage::deserialize(message.descriptor(), json).unwrap();
        assert_eq!(again.encode_to_vec(), answer.encode_to_vec());
    }

    #[test]
    fn pages_become_one_answer() {
        let page = |ids: &[&str], token: &str| {
            let reviews = ids.iter().map(|id| review(id)).collect();
            dynamic(
                "ListReviewsResponse",
                &pb::ListReviewsResponse { reviews, next_page_token: token.to_owned() },
            )
        };
        let mut pages = page(&["a", "b"], "second");
        assert_eq!(next_page(&pages).as_deref(), Some("second"));
        join(&mut pages, &page(&["c"], ""));
        let whole = page(&["a", "b", "c"], "");
        assert_eq!(pages.encode_to_vec(), whole.encode_to_vec());
        assert_eq!(next_page(&pages), None);
    }
}
