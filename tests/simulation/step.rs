//! What a schedule is made of, and how schedules are drawn from a seed.

/// Something that one of the organisations does. Numbers are taken modulo what there is, so that an
/// act keeps a meaning when steps before it are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The police submit a referral about one of the families.
    Submit { family: u8 },
    /// The police take back a referral.
    TakeBack { referral: u8 },
    /// The Steunpunt records a consent of a person for the partner.
    Give { person: u8, term: Term },
    /// The Steunpunt withdraws a consent that it knows.
    Withdraw { consent: u8 },
    /// The Steunpunt publishes the next version of its summary.
    Publish,
    /// Somebody asks for the summary.
    Ask { by: Asker },
    /// Any earlier request comes once more under its id.
    Repeat { request: u8, other_body: bool },
    /// A reader of the Steunpunt looks into the inbox.
    Receive { reader: u8, reconnects: bool, most: u8 },
    /// A stream of a reader ends: without a word, or in good order.
    Leave { stream: u8, lost: bool },
    /// The Steunpunt settles a lease that one of its readers holds or held.
    Settle { lease: u8, how: How },
}

/// How long a consent lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Term {
    HalfYear,
    HalfHour,
    UntilTomorrow,
}

/// Who asks for the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asker {
    /// A member of the team, to whom people consent.
    Partner,
    /// A member of the team, to whom nobody consented.
    Member,
    /// For whom there is no such case.
    Outsider,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    Acknowledge,
    Release,
    Extend,
    SendBack,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It never reaches the gateway.
    LostRequest,
    /// The gateway does it; nobody hears of it.
    LostReply,
    /// It is dropped after the gateway has worked at it so many times.
    Cut(u8),
}

/// How the clock of the gateway moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    Forward(u32),
    Back(u32),
    /// Just before the next Dutch midnight.
    BeforeMidnight,
    /// The next Dutch midnight.
    Midnight,
    BeforeLeaseEnd,
    LeaseEnd,
    BeforeConsentEnd,
    ConsentEnd,
}

/// What somebody with access to the database changes behind the gateway's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tamper {
    Leaf,
    LeafGone,
    Tile,
    Checkpoint,
    CheckpointGone,
    Root,
    Frontier,
    SearchRow,
    SearchRowGone,
    Part,
    Referral,
    Answer,
    Consent,
    WithdrawalGone,
}

/// One step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    One(Act, Fate),
    /// Two calls at the same time.
    Both(Act, Act),
    Clock(Jump),
    /// The gateway is closed and opened again.
    Restart,
    /// The gateway ends wherever it is, and another one opens on the same store.
    Crash,
    Tamper(Tamper, u8),
}

impl Tamper {
    pub(crate) const ALL: [Self; 14] = [
        Self::Leaf,
        Self::LeafGone,
        Self::Tile,
        Self::Checkpoint,
        Self::CheckpointGone,
        Self::Root,
        Self::Frontier,
        Self::SearchRow,
        Self::SearchRowGone,
        Self::Part,
        Self::Referral,
        Self::Answer,
        Self::Consent,
        Self::WithdrawalGone,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Leaf => "tampered: byte of an entry",
            Self::LeafGone => "tampered: entry deleted",
            Self::Tile => "tampered: byte of a tile",
            Self::Checkpoint => "tampered: byte of a checkpoint",
            Self::CheckpointGone => "tampered: checkpoint deleted",
            Self::Root => "tampered: byte of the root",
            Self::Frontier => "tampered: byte of the frontier",
            Self::SearchRow => "tampered: row beside an entry changed",
            Self::SearchRowGone => "tampered: row beside an entry deleted",
            Self::Part => "tampered: byte of a summary",
            Self::Referral => "tampered: byte of a referral",
            Self::Answer => "tampered: byte of a kept answer",
            Self::Consent => "tampered: byte of a consent",
            Self::WithdrawalGone => "tampered: withdrawal deleted",
        }
    }
}

/// Everything that a run of many schedules must have done to the gateway, besides tampering.
pub(crate) const FAULTS: [&str; 18] = [
    "lost request",
    "lost reply",
    "cut call",
    "calls at the same time",
    "repeated request",
    "other body under an id",
    "restart",
    "crash",
    "clock forward",
    "clock back",
    "clock to midnight",
    "clock to the end of a lease",
    "clock to the end of a consent",
    "clock to just before midnight",
    "stream lost",
    "stream left in order",
    "referral that goes alone",
    "quarantined referral",
];

/// The generator `SplitMix64`: small, and the same everywhere for ever.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap()
    }

    fn small(&mut self, end: u32) -> u8 {
        u8::try_from(self.below(end)).unwrap()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// A schedule of 12 to 35 steps. In one of eight there is a reader that falls over, again and again.
/// One in six ends with a tampered store.
pub(crate) fn schedule(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let length = 12 + usize::from(random.small(24));
    let mut steps = Vec::new();
    while steps.len() < length {
        let step = step(&mut random);
        steps.push(step);
        // A call that is dropped half done is most telling when the gateway ends there too.
        if matches!(step, Step::One(_, Fate::Cut(_))) && random.chance(40) {
            steps.push(Step::Crash);
        }
    }
    if random.chance(12) {
        steps.extend(falls(&mut random));
        steps.extend((0..6).map(|_| step(&mut random)).collect::<Vec<_>>());
    }
    if random.chance(17) {
        // Each kind as often as the others.
        let tamper = Tamper::ALL[usize::try_from(seed % 14).unwrap()];
        steps.push(Step::Tamper(tamper, random.small(255)));
    }
    steps
}

/// A reader that falls over with what it is given, often enough for quarantine or nearly so.
fn falls(random: &mut Random) -> Vec<Step> {
    let reader = random.small(2);
    let times = 3 + random.small(14);
    let mut steps = vec![
        Step::One(Act::Submit { family: 0 }, Fate::Answered),
        Step::One(Act::Submit { family: 1 }, Fate::Answered),
    ];
    for _ in 0..times {
        if random.chance(10) {
            steps.push(step(random));
        }
        let act = Act::Receive { reader, reconnects: true, most: 32 };
        let fate = if random.chance(50) { Fate::Answered } else { Fate::LostReply };
        steps.push(Step::One(act, fate));
    }
    steps
}

fn step(random: &mut Random) -> Step {
    match random.below(100) {
        0..58 => Step::One(act(random), fate(random)),
        58..76 => both(random),
        76..90 => Step::Clock(jump(random)),
        90..95 => Step::Restart,
        _ => Step::Crash,
    }
}

/// Half of the pairs are those that a promise speaks of.
fn both(random: &mut Random) -> Step {
    let ask = Act::Ask { by: Asker::Partner };
    match random.below(6) {
        0 | 1 => Step::Both(Act::Withdraw { consent: random.small(8) }, ask),
        2 => Step::Both(receive(random), receive(random)),
        _ => Step::Both(act(random), act(random)),
    }
}

fn act(random: &mut Random) -> Act {
    match random.below(100) {
        0..16 => Act::Submit { family: random.small(3) },
        16..20 => Act::TakeBack { referral: random.small(16) },
        20..32 => Act::Give { person: random.small(4), term: term(random) },
        32..42 => Act::Withdraw { consent: random.small(8) },
        42..47 => Act::Publish,
        47..62 => Act::Ask { by: asker(random) },
        62..76 => Act::Repeat { request: random.small(32), other_body: random.chance(25) },
        76..86 => receive(random),
        86..89 => Act::Leave { stream: random.small(3), lost: random.chance(60) },
        _ => Act::Settle { lease: random.small(8), how: how(random) },
    }
}

fn receive(random: &mut Random) -> Act {
    let most = if random.chance(70) { 32 } else { 1 + random.small(2) };
    Act::Receive { reader: random.small(2), reconnects: random.chance(40), most }
}

fn term(random: &mut Random) -> Term {
    match random.below(4) {
        0 | 1 => Term::HalfYear,
        2 => Term::HalfHour,
        _ => Term::UntilTomorrow,
    }
}

fn asker(random: &mut Random) -> Asker {
    match random.below(10) {
        0..8 => Asker::Partner,
        8 => Asker::Member,
        _ => Asker::Outsider,
    }
}

fn how(random: &mut Random) -> How {
    match random.below(10) {
        0..5 => How::Acknowledge,
        5 | 6 => How::Release,
        7 | 8 => How::Extend,
        _ => How::SendBack,
    }
}

fn fate(random: &mut Random) -> Fate {
    match random.below(20) {
        0..12 => Fate::Answered,
        12 | 13 => Fate::LostRequest,
        14..17 => Fate::LostReply,
        _ => Fate::Cut(random.small(6)),
    }
}

fn jump(random: &mut Random) -> Jump {
    match random.below(16) {
        0..3 => Jump::Forward([30, 700, 3_700, 86_400][usize::from(random.small(4))]),
        3..6 => Jump::Back([5, 90, 3_700, 86_400][usize::from(random.small(4))]),
        6 => Jump::BeforeMidnight,
        7 | 8 => Jump::Midnight,
        9 => Jump::BeforeLeaseEnd,
        10..12 => Jump::LeaseEnd,
        12 => Jump::BeforeConsentEnd,
        _ => Jump::ConsentEnd,
    }
}
