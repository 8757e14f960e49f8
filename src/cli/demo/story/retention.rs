//! Step 17: five years later, on a copy of what the gateway keeps. What old entries say ends, except where something holds it; that they
//! were there is proved as before.

use std::collections::BTreeSet;

use anyhow::Result;
use tonic::Code;

use super::{CASE_REF, Story, oversight};
use crate::cli::demo::world::World;
use crate::cli::demo::{employee, expect};
use crate::grpc::pb::{
    Disclosure, DisclosureFilter, ErrorReason, EventCode, GetDisclosureRequest,
    GetInclusionProofRequest, Purpose,
};
use crate::ledger::hash::Hash;
use crate::ledger::proof::verify_inclusion;

/// The day of step 8.
const SHARING: (&str, &str) = ("2026-04-14T00:00:00+02:00", "2026-04-15T00:00:00+02:00");

/// Step 17, at a gateway on a copy: the clock of the first one is not moved so far.
pub(super) async fn tell(story: &mut Story<'_>, world: &World) -> Result<()> {
    story.chapter("Five years later")?;
    let before = summaries(story).await?;
    expect::equal("people of step 8", people(&before), 4)?;
    story.step(
        "17",
        "2031-04-14T23:00:00+02:00",
        "A gateway on a copy of all this ends what entries of more than five years ago say.",
    )?;
    let purged = world.purge().await?;
    expect::so("entries were purged", purged.entries > 0)?;
    story.happened(&format!(
        "{} entries are purged. One entry of the ledger says which, by position and hash.",
        purged.entries
    ))?;
    let after = summaries(story).await?;
    expect::equal("people of whom an entry of step 8 is left", people(&after), 2)?;
    story.happened(
        "What is about the children stays: the father's requests about them were never closed, and \
         that is a hold.",
    )?;
    let purged = before.iter().find(|one| after.iter().all(|other| other.index != one.index));
    let purged = expect::given("a purged entry of step 8", purged)?;
    forgotten(story, purged).await?;
    story.growth().await?;
    Ok(())
}

async fn summaries(story: &mut Story<'_>) -> Result<Vec<Disclosure>> {
    let key = DisclosureFilter { case_ref: CASE_REF.to_owned(), ..DisclosureFilter::default() };
    oversight::search(story.desks, EventCode::SummaryDelivered, SHARING, key).await
}

fn people(entries: &[Disclosure]) -> usize {
    entries.iter().map(|one| &one.subject_pseudonym).collect::<BTreeSet<_>>().len()
}

/// Nobody can read it any more, and everybody can still prove that it was there.
async fn forgotten(story: &mut Story<'_>, purged: &Disclosure) -> Result<()> {
    let request = GetDisclosureRequest {
        actor: Some(employee::privacy_officer()),
        purpose: Purpose::PrivacyReview.into(),
        index: purged.index,
        ..GetDisclosureRequest::default()
    };
    let outcome = story.desks.fg.disclosures().get_disclosure(request).await;
    let refusal = expect::refused(
        "reading a purged entry",
        outcome,
        Code::PermissionDenied,
        ErrorReason::AccessDenied,
        None,
    )?;
    story.refused(&refusal, "What it said is gone, for the office of the region too.")?;
    let request = GetInclusionProofRequest { index: purged.index, tree_size: 0 };
    let outcome = story.desks.fg.disclosures().get_inclusion_proof(request).await;
    let proof = expect::answered("the proof of a purged entry", outcome)?;
    let hash = |bytes: &[u8]| expect::given("a hash", Hash::from_slice(bytes));
    let hashes: Vec<Hash> =
        proof.hashes.iter().map(|bytes| hash(bytes)).collect::<Result<_, _>>()?;
    let index = u64::try_from(purged.index)?;
    let size = u64::try_from(proof.tree_size)?;
    let root = hash(&proof.root_hash)?;
    let proved = verify_inclusion(hash(&proof.leaf_hash)?, index, size, &hashes, root);
    expect::so("the proof of a purged entry holds", proved.is_ok())?;
    story.happened("Its proof still holds, and so does every other one.")?;
    Ok(())
}
