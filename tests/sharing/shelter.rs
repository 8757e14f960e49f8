//! The second pair of eyes on an address that must stay hidden (DOMAIN §3.5, §8 row 9).

use super::*;

/// The shelter joins, and writes down where the mother is.
async fn house_with_a_shelter() -> House {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let joining = Joining {
        case_ref: CASE.parse().unwrap(),
        oin: SHELTER.parse().unwrap(),
        kind: MemberKind::Core,
        reason: None,
    };
    let join = new_request("AddCaseTeamMember");
    let call = director(&house);
    house.gateway.add_case_team_member(&call, &join, joining, |_| Vec::new()).await.unwrap();
    let section = SectionDraft {
        section_id: "address".to_owned(),
        category: SHELTER_ADDRESS,
        title: "Verblijf".to_owned(),
        text: HIDDEN.to_owned(),
        about_person_keys: vec!["mother".to_owned()],
    };
    let summary = SummaryDraft { sections: vec![section], ..SummaryDraft::default() };
    let shelter = acting(&house, SHELTER, "vo-1", UserRole::CaseWorker);
    let case: CaseRef = CASE.parse().unwrap();
    let publish = new_request("PublishSummary");
    house
        .gateway
        .publish_summary(&shelter, &publish, &case, (summary, 0), |_| Vec::new())
        .await
        .unwrap();
    house
}

fn where_she_is(recipient: &str) -> ShareDraft {
    ShareDraft {
        recipient_oin: recipient.to_owned(),
        basis: REPORT,
        categories: vec![SHELTER_ADDRESS],
        evidence: BasisEvidenceDraft {
            necessity_text: "Nodig.".to_owned(),
            amhk_request_id: "AMHK-1".to_owned(),
            ..BasisEvidenceDraft::default()
        },
        ..notice_of_report()
    }
}

async fn agree(house: &House, user: &str, recipient: &str) -> Result<Vec<u8>, Error> {
    agree_until(house, user, recipient, None).await
}

async fn agree_until(
    house: &House,
    user: &str,
    recipient: &str,
    valid_until: Option<Timestamp>,
) -> Result<Vec<u8>, Error> {
    let draft = ReleaseDraft {
        case_ref: CASE.to_owned(),
        person_keys: vec!["mother".to_owned()],
        recipient_oin: recipient.to_owned(),
        valid_until,
    };
    let call = acting(house, SHELTER, user, UserRole::CaseWorker);
    let request = new_request("AgreeToAddressRelease");
    house.gateway.agree_to_address_release(&call, &request, draft, encode_agreed).await
}

#[tokio::test]
async fn a_shelter_address_goes_to_the_steunpunt_when_a_second_person_agreed() {
    let house = house_with_a_shelter().await;
    // A call knows what was agreed before it.
    let give = async || {
        let shelter = acting(&house, SHELTER, "vo-1", UserRole::CaseWorker);
        share(&house, &shelter, where_she_is(STEUNPUNT)).await
    };
    assert_eq!(reason(give().await), DenialReason::FourEyesRequired);
    agree(&house, "vo-1", STEUNPUNT).await.unwrap();
    assert_eq!(reason(give().await), DenialReason::FourEyesRequired, "two people, not one twice");
    assert_eq!(agree(&house, "vo-2", STEUNPUNT).await.unwrap(), b"1");
    assert_eq!(count(&house, EventCode::FourEyesAgreed).await, 2);
    let shared = give().await.unwrap();
    assert_eq!(read(&house, STEUNPUNT, &shared).await.unwrap(), format!("1 people: {HIDDEN}"));
    house.gateway.clock().set(at("2026-03-13T00:53:00Z"));
    let refused = read(&house, STEUNPUNT, &shared).await;
    assert_eq!(reason(refused), DenialReason::FourEyesRequired, "what was agreed has ended");
}

#[tokio::test]
async fn an_address_is_not_told_again_after_what_was_agreed_has_ended() {
    let house = house_with_a_shelter().await;
    let end = at("2026-03-12T01:22:00Z");
    agree_until(&house, "vo-2", STEUNPUNT, Some(end)).await.unwrap();
    let shelter = acting(&house, SHELTER, "vo-1", UserRole::CaseWorker);
    let shared = share(&house, &shelter, where_she_is(STEUNPUNT)).await.unwrap();
    let request = new_request("ReadSharedSummary");
    let look = async || {
        let steunpunt = house.call(STEUNPUNT, UserRole::CaseWorker);
        read_as(&house, &steunpunt, &request, &shared).await
    };
    let told = format!("1 people: {HIDDEN}");
    assert_eq!(look().await.unwrap(), told);
    house.gateway.clock().set(at("2026-03-12T01:21:59Z"));
    assert_eq!(look().await.unwrap(), told, "the same look, while it counts");
    house.gateway.clock().set(end);
    let refused = look().await.unwrap_err();
    assert!(matches!(refused, Error::Precondition(_)), "{refused:?}");
}

#[tokio::test]
async fn no_agreement_lets_another_organisation_have_a_shelter_address() {
    let house = house_with_a_shelter().await;
    let shelter = acting(&house, SHELTER, "vo-1", UserRole::CaseWorker);
    for recipient in [GGZ, POLICE, MEE] {
        agree(&house, "vo-2", recipient).await.unwrap();
        let vital = ShareDraft {
            basis: VITAL,
            evidence: BasisEvidenceDraft { incapacity: 1, ..BasisEvidenceDraft::default() },
            emergency: Some(EmergencyDraft { why_no_consent: 1, ..emergency(&house) }),
            ..where_she_is(recipient)
        };
        let refused = share(&house, &shelter, vital).await;
        assert_eq!(reason(refused), DenialReason::CategoryNotAllowedForRole, "{recipient}");
    }
}

#[tokio::test]
async fn an_agreement_is_of_somebody_who_works_with_families_in_the_team_and_not_for_long() {
    let house = house_with_a_shelter().await;
    for (oin, role) in [(SHELTER, UserRole::PrivacyOfficer), (SHELTER, UserRole::System)] {
        let call = acting(&house, oin, "vo-2", role);
        let draft = ReleaseDraft {
            case_ref: CASE.to_owned(),
            person_keys: vec!["mother".to_owned()],
            recipient_oin: STEUNPUNT.to_owned(),
            valid_until: None,
        };
        let request = new_request("AgreeToAddressRelease");
        let refused =
            house.gateway.agree_to_address_release(&call, &request, draft, encode_agreed).await;
        assert_eq!(reason(refused), DenialReason::RoleNotAllowed);
    }
    let call = acting(&house, SHELTER, "vo-2", UserRole::CaseWorker);
    let draft = ReleaseDraft {
        case_ref: CASE.to_owned(),
        person_keys: Vec::new(),
        recipient_oin: STEUNPUNT.to_owned(),
        valid_until: Some(at("2026-03-15T00:53:00Z")),
    };
    let request = new_request("AgreeToAddressRelease");
    let refused =
        house.gateway.agree_to_address_release(&call, &request, draft, encode_agreed).await;
    let found = wrong(refused);
    let rules: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(rules, [("person_keys", "REQUIRED"), ("valid_until", "OUT_OF_RANGE")]);
}
