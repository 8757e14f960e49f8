//! Somebody is excluded from deciding for a person of a case (Jeugdwet art. 7.3.15 lid 4).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
mod tests {
    use ketenpoort::domain::consent::ExclusionReason;
    use ketenpoort::domain::organisation::UserRole;
    use ketenpoort::gateway::Error;
    use ketenpoort::gateway::exclude_representative::Excluding;
    use ketenpoort::gateway::people::PersonChanged;

    use super::house::{CASE, GGZ, House, STEUNPUNT, new_request};

    const SUPERVISOR: &str = "sp-0031";
    const PARENT: i32 = 2;

    /// Excludes somebody on the word of the process director; the answer is the affected consents.
    async fn exclude(
        house: &House,
        oin: &str,
        (representative, person): (&str, &str),
        supervisor: &str,
    ) -> Result<String, Error> {
        let call = house.call(oin, UserRole::ProcessDirector);
        let excluding = Excluding {
            case_ref: CASE.parse().unwrap(),
            person: person.parse().unwrap(),
            representative: representative.parse().unwrap(),
            reason: ExclusionReason::IncompatibleWithGoodCare,
            supervisor: supervisor.parse().unwrap(),
        };
        let request = new_request("ExcludeRepresentative");
        let encode = |answer: &PersonChanged| {
            let ids = answer.affected.iter().map(|one| one.consent_id.to_string());
            ids.collect::<Vec<_>>().join(" ").into()
        };
        let answer =
            house.gateway.exclude_representative(&call, &request, excluding, encode).await?;
        Ok(String::from_utf8(answer).unwrap())
    }

    fn missing(error: &Error) -> &'static str {
        let Error::Precondition(unmet) = error else { panic!("another refusal: {error}") };
        unmet.first().map_or("", |unmet| unmet.code)
    }

    async fn consent_of_mother_for_son(house: &House) -> Result<String, Error> {
        let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
        house.consent(&steunpunt, "son", &[("mother", PARENT)]).await
    }

    #[tokio::test]
    async fn the_signature_of_an_excluded_parent_is_not_needed_any_more_and_does_not_count() {
        let house = House::open().await;
        house.case_with_summary().await;
        let refused = consent_of_mother_for_son(&house).await.unwrap_err();
        assert_eq!(missing(&refused), "SIGNATURES_INSUFFICIENT");

        exclude(&house, STEUNPUNT, ("father", "son"), SUPERVISOR).await.unwrap();
        let consent = consent_of_mother_for_son(&house).await.unwrap();
        let refused = house.withdraw(&consent, "father", PARENT).await.unwrap_err();
        assert_eq!(missing(&refused), "WITHDRAWAL_WITHOUT_EFFECT");
        house.withdraw(&consent, "mother", PARENT).await.unwrap();
        // For the daughter he still decides: nobody said otherwise.
        let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let signers = [("daughter", 1), ("father", PARENT)];
        house.consent(&steunpunt, "daughter", &signers).await.unwrap();
    }

    #[tokio::test]
    async fn the_answer_names_the_consents_that_are_judged_again() {
        let house = House::open().await;
        let consents = house.case_with_summary().await;
        let affected = exclude(&house, STEUNPUNT, ("father", "son"), SUPERVISOR).await.unwrap();
        assert_eq!(affected, consents[3]);
    }

    #[tokio::test]
    async fn one_person_alone_cannot_exclude_anybody() {
        let house = House::open().await;
        house.case_with_summary().await;
        let actor = "u-1";
        let error = exclude(&house, STEUNPUNT, ("father", "son"), actor).await.unwrap_err();
        let Error::Invalid(violations) = error else { panic!("another refusal: {error}") };
        let rules: Vec<&str> = violations.iter().map(|violation| violation.rule).collect();
        assert_eq!(rules, ["FOUR_EYES"]);
    }

    #[tokio::test]
    async fn only_a_representative_is_excluded_and_only_once() {
        let house = House::open().await;
        house.case_with_summary().await;
        let pair = ("mother", "father");
        let error = exclude(&house, STEUNPUNT, pair, SUPERVISOR).await.unwrap_err();
        assert_eq!(missing(&error), "REPRESENTATIVE");
        let pair = ("father", "son");
        exclude(&house, STEUNPUNT, pair, SUPERVISOR).await.unwrap();
        let error = exclude(&house, STEUNPUNT, pair, SUPERVISOR).await.unwrap_err();
        assert_eq!(missing(&error), "NOT_EXCLUDED");
    }

    #[tokio::test]
    async fn a_partner_excludes_nobody() {
        let house = House::open().await;
        house.case_with_summary().await;
        let error = exclude(&house, GGZ, ("father", "son"), SUPERVISOR).await.unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error}");
    }
}
