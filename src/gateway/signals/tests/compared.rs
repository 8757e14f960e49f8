//! Who looks at an entry sees what is usual among those with the same role in the same organisation.

use super::*;
use crate::gateway::around::{Colleagues, Lately};
use crate::gateway::disclosures::SearchDraft;

/// What the officer of the organisation is told of who acted in the last entry of a disclosure.
async fn told(watch: &Watch) -> (Lately, Colleagues) {
    let officer = watch.call(GGZ, "fg-1", UserRole::PrivacyOfficer);
    let mut tx = watch.gateway.db().read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    drop(tx);
    for index in (0..size).rev() {
        let asked = i32::from(Purpose::PrivacyReview.number());
        let Ok((looked, _)) = watch.gateway.disclosure(&officer, asked, index).await else {
            continue;
        };
        if looked.row.event_code == i64::from(EventCode::SummaryDelivered.number()) {
            let within = SearchDraft::default();
            let around = watch.gateway.surroundings(&officer, &looked, within).await.unwrap();
            return (around.employee, around.usual.unwrap());
        }
    }
    panic!("nothing was disclosed")
}

#[tokio::test]
async fn an_employee_is_compared_with_five_others_in_the_same_role_and_not_with_four() {
    let watch = Watch::open().await;
    // Long ago, and in another role: neither counts.
    watch.goes(&watch.call(GGZ, "ggz-9", UserRole::CaseWorker), &Goes::default()).await;
    watch.later(DAY * 31);
    for _ in 0..9 {
        watch.goes(&watch.call(GGZ, "ggz-8", UserRole::CrisisWorker), &Goes::default()).await;
    }
    for (user, times) in [("ggz-2", 1), ("ggz-3", 5), ("ggz-4", 2), ("ggz-5", 8)] {
        for time in 0..times {
            let of = Goes { denied: time == 1, ..Goes::default() };
            watch.goes(&watch.call(GGZ, user, UserRole::CaseWorker), &of).await;
        }
        watch.later(DAY);
    }
    watch.goes(&watch.worker(), &Goes::default()).await;
    watch.examine().await;
    let (own, usual) = told(&watch).await;
    let role = UserRole::CaseWorker;
    assert_eq!(usual, Colleagues { role, count: 4, median: None });
    assert_eq!((own.disclosures, own.refusals), (1, 0));
    // Another one makes five: 1, 2, 3, 5, 8.
    for _ in 0..3 {
        watch.goes(&watch.call(GGZ, "ggz-6", role), &Goes::default()).await;
    }
    watch.goes(&watch.worker(), &Goes::default()).await;
    watch.examine().await;
    let (own, usual) = told(&watch).await;
    assert_eq!(usual, Colleagues { role, count: 5, median: Some(3) });
    assert_eq!(own.disclosures, 2);
}
