//! Arithmetic of figures for people: rounding is wanted here.
#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no figure here has more digits than an f64 holds"
)]

use std::time::Duration;

/// The value at a quantile of sorted values; the default when there are none.
pub(crate) fn quantile<T: Copy + Default>(sorted: &[T], at: f64) -> T {
    let rank = (sorted.len() as f64 * at).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle value; of two middle ones, their mean.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let low = values.get(values.len().saturating_sub(1) / 2);
    let high = values.get(values.len() / 2);
    low.zip(high).map_or(f64::NAN, |(low, high)| f64::midpoint(*low, *high))
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// One duration in terms of another.
pub(crate) fn ratio(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

/// How many a second.
pub(crate) fn per_second(count: u64, duration: Duration) -> f64 {
    count as f64 / duration.as_secs_f64()
}

/// Microseconds for each.
pub(crate) fn micros_each(total: Duration, count: u64) -> f64 {
    total.as_secs_f64() * 1e6 / count as f64
}

/// Mean of a total over a count.
pub(crate) fn mean(total: u64, count: u64) -> f64 {
    total as f64 / count as f64
}

/// The nearest whole number.
pub(crate) fn whole(value: f64) -> usize {
    value.round() as usize
}

/// Millions of bytes, as memory is bought.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A duration in microseconds, as it is kept for every request.
pub(crate) fn as_micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}
