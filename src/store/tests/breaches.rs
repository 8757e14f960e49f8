//! Breaches, and the entries that they touch.

use crate::domain::event::EventCode;
use crate::domain::id::IncidentId;
use crate::store::commit::{Command, Flow, NewEntry, Placed};
use crate::store::error::{Error, Result};
use crate::store::{BreachRow, RecallConfirmationRow, Touched, Tx};

use super::samples::{case_ref, entry, oin, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_breach_is_kept_and_changed_by_one_writer_at_a_time,
    what_a_breach_touches_is_found_in_pages,
    what_was_taken_back_afterwards_is_counted_by_case,
    that_it_was_erased_is_kept_once_and_placed,
    what_was_erased_before_it_was_taken_back_counts_as_erased_by_nobody,
    a_case_of_which_something_is_left_counts_as_erased_by_nobody,
);

async fn a_breach_is_kept_and_changed_by_one_writer_at_a_time(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = BreachRow {
        incident_id: IncidentId::from_bytes(uuid(1)),
        oin: oin(1),
        version: 1,
        reported_at: None,
        closed_at: None,
        content: "{}".to_owned(),
    };
    tx.insert_breach(&row).await.unwrap();
    let changed = BreachRow { version: 2, reported_at: Some(at(1)), closed_at: Some(at(2)), ..row };
    tx.update_breach(&changed).await.unwrap();
    assert_eq!(tx.breach(changed.incident_id).await.unwrap(), Some(changed.clone()));
    let stale = tx.update_breach(&changed).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
}

struct Append(Vec<NewEntry>);

impl Command for Append {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> Result<Flow<()>> {
        Ok(Flow::Append(self.0.clone()))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> Result<()> {
        Ok(())
    }
}

/// Entry n: about person n % 3, by organisation 1 + n % 2, received by organisation 5; the ninth failed.
fn logged() -> Append {
    let entries = (0..10).map(|number| {
        let mut new = entry(number);
        new.row.recorded_at = at(number);
        new.row.actor_oin = oin(1 + number % 2);
        new.row.recipient_oin = Some(oin(5));
        new.row.subject = Some(subject(u8::try_from(number % 3).unwrap()));
        new.row.message_id = (number == 4).then(|| vec![7; 16]);
        new.row.outcome = if number == 9 { 8 } else { 0 };
        new
    });
    Append(entries.collect())
}

async fn what_a_breach_touches_is_found_in_pages(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged()).await.unwrap();
    let mut tx = fixture.read().await;
    let all = Touched {
        party: None,
        actor: None,
        user: None,
        recipient: None,
        message: None,
        from: at(2),
        until: at(10),
        size: 10,
    };
    for (of, expected) in [
        (all.clone(), vec![2, 3, 4, 5, 6, 7, 8]),
        (Touched { size: 5, ..all.clone() }, vec![2, 3, 4]),
        (Touched { actor: Some(oin(2)), ..all.clone() }, vec![3, 5, 7]),
        (Touched { user: Some(user("nobody")), ..all.clone() }, vec![]),
        (Touched { recipient: Some(oin(5)), until: at(4), ..all.clone() }, vec![2, 3]),
        (Touched { recipient: Some(oin(6)), ..all.clone() }, vec![]),
        (Touched { message: Some(vec![7; 16]), ..all.clone() }, vec![4]),
        (Touched { party: Some(oin(1)), ..all.clone() }, vec![2, 4, 6, 8]),
    ] {
        let found = tx.touched(&of, (0, -1), 100).await.unwrap();
        assert_eq!(found.iter().map(|row| row.idx).collect::<Vec<_>>(), expected, "{of:?}");
    }
    let page = tx.touched(&all, (at(3).as_micros(), 3), 2).await.unwrap();
    assert_eq!(page.iter().map(|row| row.idx).collect::<Vec<_>>(), [4, 5]);
    let people = tx.touched_people(&all, None, 2).await.unwrap();
    assert_eq!(people, [(subject(0),), (subject(1),)]);
    let people = tx.touched_people(&all, Some(subject(1)), 2).await.unwrap();
    assert_eq!(people, [(subject(2),)]);
}

/// Author and recipient of a summary about a case; or who took one back.
fn done(number: u64, event: EventCode, author: u64, recipient: Option<u64>, case: u64) -> NewEntry {
    let mut new = entry(number);
    new.row.recorded_at = at(number);
    new.row.event_code = i64::from(event.number());
    new.row.actor_oin = oin(author);
    new.row.sender_oin = recipient.map(|_| oin(author));
    new.row.recipient_oin = recipient.map(oin);
    new.row.case_ref = Some(case_ref(case));
    new.row.subject = Some(subject(1));
    new.row.outcome = 0;
    new
}

async fn what_was_erased_before_it_was_taken_back_counts_as_erased_by_nobody(fixture: Fixture) {
    let (delivered, retracted) = (EventCode::SummaryDelivered, EventCode::SummaryRetracted);
    let writer = fixture.writer().await;
    let entries = vec![
        done(0, retracted, 1, None, 1),    // the first version
        done(1, delivered, 1, Some(5), 1), // the second
        done(2, delivered, 2, Some(5), 1), // of another author
        done(3, EventCode::SummaryRead, 5, None, 1),
        done(4, retracted, 2, None, 1),
    ];
    writer.commit(Append(entries)).await.unwrap();
    let of = Touched {
        party: None,
        actor: Some(oin(1)),
        user: None,
        recipient: None,
        message: None,
        from: at(1),
        until: at(3),
        size: 9,
    };
    let mut tx = fixture.write().await;
    // The recipient has the second version when it says that it erased the first.
    let erased = |revision, idx| RecallConfirmationRow {
        case_ref: case_ref(1),
        author_oin: oin(1),
        recipient_oin: oin(5),
        revision,
        confirmed_at: at(9),
        idx,
    };
    tx.insert_recall_confirmation(&erased(1, 5)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 0, 0)]);
    drop(tx);
    writer.commit(Append(vec![done(6, retracted, 1, None, 1)])).await.unwrap();
    let mut tx = fixture.write().await;
    tx.insert_recall_confirmation(&erased(1, 5)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 1, 0)]);
    tx.insert_recall_confirmation(&erased(2, 8)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 1, 1)]);
}

async fn a_case_of_which_something_is_left_counts_as_erased_by_nobody(fixture: Fixture) {
    let (delivered, retracted) = (EventCode::SummaryDelivered, EventCode::SummaryRetracted);
    let writer = fixture.writer().await;
    let entries = vec![
        done(0, delivered, 1, Some(5), 1),
        done(1, delivered, 2, Some(5), 1), // of another author
        done(2, retracted, 1, None, 1),
    ];
    writer.commit(Append(entries)).await.unwrap();
    let of = Touched {
        party: None,
        actor: None,
        user: None,
        recipient: Some(oin(5)),
        message: None,
        from: at(0),
        until: at(9),
        size: 9,
    };
    let erased = |author, idx| RecallConfirmationRow {
        case_ref: case_ref(1),
        author_oin: oin(author),
        recipient_oin: oin(5),
        revision: 1,
        confirmed_at: at(9),
        idx,
    };
    let mut tx = fixture.write().await;
    tx.insert_recall_confirmation(&erased(1, 3)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 0, 0)]);
    drop(tx);
    writer.commit(Append(vec![done(4, retracted, 2, None, 1)])).await.unwrap();
    let mut tx = fixture.write().await;
    tx.insert_recall_confirmation(&erased(1, 3)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 1, 0)]);
    tx.insert_recall_confirmation(&erased(2, 5)).await.unwrap();
    assert_eq!(tx.touched_recalls(&of).await.unwrap(), [(oin(5), 1, 1, 1)]);
}

async fn what_was_taken_back_afterwards_is_counted_by_case(fixture: Fixture) {
    let (delivered, shared) = (EventCode::SummaryDelivered, EventCode::SummaryShared);
    let (retracted, reported) = (EventCode::SummaryRetracted, EventCode::ReferralSubmitted);
    let writer = fixture.writer().await;
    let entries = vec![
        done(0, retracted, 1, None, 2), // before anybody received it
        done(1, delivered, 1, Some(5), 1),
        done(2, delivered, 1, Some(5), 1),
        done(3, shared, 1, Some(5), 2),
        done(4, shared, 1, Some(6), 3),
        done(5, reported, 1, Some(7), 1), // no summary
        done(6, retracted, 1, None, 1),
        done(7, retracted, 2, None, 3), // of another author
    ];
    writer.commit(Append(entries)).await.unwrap();
    let of = Touched {
        party: None,
        actor: None,
        user: None,
        recipient: None,
        message: None,
        from: at(1),
        until: at(6),
        size: 8,
    };
    let mut tx = fixture.write().await;
    let found = tx.touched_recalls(&of).await.unwrap();
    assert_eq!(found, [(oin(5), 2, 1, 0), (oin(6), 1, 0, 0)]);
    let erased = |recipient, case, idx| RecallConfirmationRow {
        case_ref: case_ref(case),
        author_oin: oin(1),
        recipient_oin: oin(recipient),
        revision: 1,
        confirmed_at: at(9),
        idx,
    };
    // One of before it was received says nothing.
    for row in [erased(5, 1, 9), erased(5, 2, 2), erased(7, 1, 9)] {
        tx.insert_recall_confirmation(&row).await.unwrap();
    }
    let found = tx.touched_recalls(&of).await.unwrap();
    assert_eq!(found, [(oin(5), 2, 1, 1), (oin(6), 1, 0, 0)]);
    let confirmed = tx.confirmed_recall(&case_ref(1), (&oin(1), &oin(5))).await.unwrap();
    assert_eq!(confirmed, Some(1));
    assert_eq!(tx.confirmed_recall(&case_ref(1), (&oin(1), &oin(6))).await.unwrap(), None);
    let again = tx.insert_recall_confirmation(&erased(5, 1, 10)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn that_it_was_erased_is_kept_once_and_placed(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = RecallConfirmationRow {
        case_ref: case_ref(1),
        author_oin: oin(1),
        recipient_oin: oin(5),
        revision: 1,
        confirmed_at: at(9),
        idx: 0,
    };
    tx.insert_recall_confirmation(&row).await.unwrap();
    let placed = RecallConfirmationRow { idx: 9, ..row.clone() };
    tx.place_recall_confirmation(&placed).await.unwrap();
    let again = tx.insert_recall_confirmation(&row).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    let absent = RecallConfirmationRow { revision: 2, ..placed };
    let absent = tx.place_recall_confirmation(&absent).await;
    assert!(matches!(absent, Err(Error::Conflict)), "{absent:?}");
    // A conflict leaves what was done before it.
    let kept = tx.confirmed_recall(&case_ref(1), (&oin(1), &oin(5))).await.unwrap();
    assert_eq!(kept, Some(1));
}
