//! Blocks keep what they were given, and counts are those of going through the lines one by one.

use proptest::prelude::*;

use super::{Block, Filter, Line, Tally};
use crate::domain::event::Disposition;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

fn oin(number: u8) -> Oin {
    format!("000000990000000{number:02}000").parse().unwrap()
}

fn line() -> impl Strategy<Value = Line> {
    let party = || proptest::option::of((1_u8..5).prop_map(oin));
    let codes = (1_u8..60, 0_usize..5, 0_u8..4, 0_u8..4, 0_u16..0x4000);
    // Some weeks around the change to summer time of 2026.
    let at = 1_772_000_000_000_000_i64..1_776_000_000_000_000;
    (at, codes, (1_u8..5).prop_map(oin), party(), party()).prop_map(
        |(at, (event, disposition, purpose, basis, categories), actor, sender, recipient)| Line {
            idx: 0,
            at: Timestamp::from_micros(at).unwrap(),
            event,
            disposition: Disposition::ALL[disposition],
            denial: 0,
            purpose,
            basis,
            categories,
            actor,
            sender,
            recipient,
        },
    )
}

const FIRST: i64 = 8192;

fn lines() -> impl Strategy<Value = Vec<Line>> {
    proptest::collection::vec(line(), 0..60).prop_map(|mut lines| {
        for (place, line) in (0_i64..).zip(&mut lines) {
            // With gaps, as after a purge.
            line.idx = FIRST + place * 3;
        }
        lines
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let party = || proptest::option::of((1_u8..6).prop_map(oin));
    let moment = || {
        proptest::option::of(
            (1_772_000_000_000_000_i64..1_776_000_000_000_000)
                .prop_map(|at| Timestamp::from_micros(at).unwrap()),
        )
    };
    let parties = (party(), party(), party(), party());
    let codes = (any::<u64>(), 0_u8..64, 0_u16..0x4000, 0_u8..4, 0_u8..4);
    (parties, codes, moment(), moment()).prop_map(|(parties, codes, from, until)| Filter {
        party: parties.0,
        oin: parties.1,
        sender: parties.2,
        recipient: parties.3,
        from,
        until,
        events: if codes.0 % 2 == 0 { 0 } else { codes.0 },
        dispositions: codes.1 & !1,
        categories: codes.2,
        purpose: codes.3,
        basis: codes.4,
    })
}

/// What a filter means, said a second time.
fn matches(filter: &Filter, line: &Line) -> bool {
    let is = |wanted: &Option<Oin>, one: &Option<Oin>| wanted.is_none() || wanted == one;
    let shares =
        |oin: &Oin| line.sender.as_ref() == Some(oin) || line.recipient.as_ref() == Some(oin);
    filter.party.as_ref().is_none_or(|oin| line.actor == *oin || shares(oin))
        && filter.oin.as_ref().is_none_or(shares)
        && is(&filter.sender, &line.sender)
        && is(&filter.recipient, &line.recipient)
        && filter.from.is_none_or(|from| line.at >= from)
        && filter.until.is_none_or(|until| line.at < until)
        && (filter.events == 0 || filter.events >> line.event & 1 == 1)
        && (filter.dispositions == 0 || filter.dispositions >> line.disposition.number() & 1 == 1)
        && (filter.categories == 0 || filter.categories & line.categories != 0)
        && [0, line.purpose].contains(&filter.purpose)
        && [0, line.basis].contains(&filter.basis)
}

proptest! {
    #[test]
    fn bytes_give_the_block_back(lines in lines()) {
        let block = Block::new(FIRST, lines).unwrap();
        let bytes = block.to_bytes();
        prop_assert_eq!(Block::from_bytes(&bytes).unwrap(), block);
    }

    #[test]
    fn damaged_bytes_are_no_block_or_another(lines in lines(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let block = Block::new(FIRST, lines).unwrap();
        let mut bytes = block.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(Block::from_bytes(&bytes), Ok(block));
    }

    #[test]
    fn counts_are_those_of_the_lines_that_match(lines in lines(), filter in filter(), size in FIRST..FIRST + 200) {
        let block = Block::new(FIRST, lines.clone()).unwrap();
        let mut tally = Tally::default();
        let mut places = Vec::new();
        tally.count(&block, &filter, size, |idx| places.push(idx));
        let found: Vec<&Line> =
            lines.iter().filter(|line| line.idx < size && matches(&filter, line)).collect();
        prop_assert_eq!(places, found.iter().map(|line| line.idx).collect::<Vec<_>>());
        prop_assert_eq!(usize::try_from(tally.total), Ok(found.len()));
        let mut expected = Tally { total: tally.total, ..Tally::default() };
        for line in found {
            let local = line.at.zoned();
            let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap();
            expected.hours[weekday][usize::try_from(local.hour()).unwrap()] += 1;
            expected.days.entry(line.at.date()).or_default()
                [usize::from(line.disposition.number()) - 1] += 1;
            *expected.events.entry(line.event).or_default() += 1;
            if line.basis != 0 {
                *expected.bases.entry(line.basis).or_default() += 1;
            }
            for (counts, party) in
                [(&mut expected.senders, &line.sender), (&mut expected.recipients, &line.recipient)]
            {
                if let Some(party) = party {
                    *counts.entry(party.clone()).or_default() += 1;
                }
            }
        }
        prop_assert_eq!(tally, expected);
    }
}

#[test]
fn lines_elsewhere_or_in_another_order_are_no_block() {
    let line = |idx| Line {
        idx,
        at: Timestamp::EPOCH,
        event: 1,
        disposition: Disposition::Allowed,
        denial: 0,
        purpose: 0,
        basis: 0,
        categories: 0,
        actor: oin(1),
        sender: None,
        recipient: None,
    };
    assert!(Block::new(0, [line(0), line(4095)]).is_ok());
    assert!(Block::new(0, [line(4096)]).is_err());
    assert!(Block::new(4096, [line(4095)]).is_err());
    assert!(Block::new(0, [line(2), line(1)]).is_err());
    assert!(Block::new(0, [line(1), line(1)]).is_err());
    assert!(Block::new(-1, [line(0)]).is_err());
}
