//! What no pack may say about management reports: it may hide more than `SuppressionPolicy v1`, never
//! less (DOMAIN §7.1).

use crate::domain::statistics::{SuppressionPolicy, Unit};
use crate::domain::violation::Violations;

use super::PackDraft;
use super::check::{CONTRADICTION, FORBIDDEN};

pub(super) fn check(pack: &PackDraft, v: &mut Violations) {
    let SuppressionPolicy {
        primary_below,
        rounding_base,
        percentage_denominator_min,
        percentage_part_min,
        median_count_min,
    } = pack.suppression;
    let least = SuppressionPolicy::default();
    for (name, chosen, least) in [
        ("primary_below", primary_below, least.primary_below),
        ("rounding_base", rounding_base, least.rounding_base),
        (
            "percentage_denominator_min",
            percentage_denominator_min,
            least.percentage_denominator_min,
        ),
        ("percentage_part_min", percentage_part_min, least.percentage_part_min),
        ("median_count_min", median_count_min, least.median_count_min),
    ] {
        let words = format!("must be at least {least}: a pack hides more, never less");
        v.require(chosen >= least, format!("suppression.{name}"), FORBIDDEN, words);
    }
    // Otherwise a count that is shown could be rounded to the 0 that stands for nobody.
    let keeps_zero = primary_below >= rounding_base.div_ceil(2);
    let words = "must not be more than twice primary_below";
    v.require(keeps_zero, "suppression.rounding_base", CONTRADICTION, words);
    for (indicator, percent) in &pack.targets {
        let path = format!("targets.{indicator}");
        let words = "is no indicator in percent";
        v.require(indicator.units().contains(&Unit::Percent), &path, CONTRADICTION, words);
        let words = "must be 1 to 100 percent";
        v.require((1..=100).contains(percent), &path, CONTRADICTION, words);
    }
}
