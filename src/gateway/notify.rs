//! Leaves notices for organisations, in the commit of what they are about.

use crate::domain::id::{CaseRef, NoticeId, Oin};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::store::{self, NoticeRow, Tx};
use crate::vault::random;

/// Leaves the same notice for every recipient. `idx` is the ledger entry that causes it: a recipient
/// gets one notice for one entry.
pub(super) async fn leave_notices<'a>(
    tx: &mut Tx,
    recipients: &[Oin],
    (idx, case_ref): (i64, impl Into<Option<&'a CaseRef>> + Send),
    content: &NoticeContent,
    effective_at: Timestamp,
) -> store::Result<usize> {
    let case_ref = case_ref.into();
    for recipient in recipients {
        let id =
            random::uuid_v4().or(Err(store::Error::UnsafeSetting("no randomness".to_owned())))?;
        tx.insert_notice(NoticeRow {
            recipient_oin: recipient.clone(),
            idx,
            notice_id: NoticeId::new(id),
            case_ref: case_ref.cloned(),
            content: content.to_text(),
            effective_at,
        })
        .await?;
    }
    Ok(recipients.len())
}
