//! The weekly digest of saved searches: when it is due, and the mail that it is. It holds counts and
//! addresses of the console, and nothing about anybody: no name of a search, for that is free text.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use jiff::Span;
use jiff::civil::Weekday;
use serde::Serialize;

use super::code::codes;
use super::time::Timestamp;

codes! {
    /// The language of a digest: that of the page on which the search was marked weekly.
    pub enum DigestLanguage {
        /// Dutch.
        Dutch = 1, "DUTCH";
        /// English.
        English = 2, "ENGLISH";
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const WRITES: &str = "writing into a string does not fail";
/// By day: a search in the night is a look in the night (A5).
const HOURS: std::ops::RangeInclusive<i8> = 6..=21;

/// A moment of the week, by the Dutch clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    weekday: Weekday,
    hour: i8,
    minute: i8,
}

/// A text that is no [`Schedule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day and a time from 06:00 to 21:59, for example \"monday 07:00\"")]
pub struct InvalidSchedule;

impl Schedule {
    /// The newest of these moments that is not after `now`.
    pub fn last(self, now: Timestamp) -> Timestamp {
        let today = now.zoned().date();
        let since = (today.weekday().to_monday_zero_offset()
            - self.weekday.to_monday_zero_offset())
        .rem_euclid(7);
        let day = today.saturating_sub(Span::new().days(since));
        let at =
            |day: jiff::civil::Date| Timestamp::from_local(day.at(self.hour, self.minute, 0, 0));
        let last = at(day);
        if last <= now { last } else { at(day.saturating_sub(Span::new().days(7))) }
    }
}

impl FromStr for Schedule {
    type Err = InvalidSchedule;

    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let (day, time) = text.split_once(' ').ok_or(InvalidSchedule)?;
        let (hour, minute) = time.split_once(':').ok_or(InvalidSchedule)?;
        let weekday = DAYS.iter().find(|(name, _)| *name == day).ok_or(InvalidSchedule)?.1;
        let number = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i8>().ok().filter(|_| digits).ok_or(InvalidSchedule)
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        if HOURS.contains(&hour) && (0..60).contains(&minute) {
            Ok(Self { weekday, hour, minute })
        } else {
            Err(InvalidSchedule)
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = DAYS.iter().find(|(_, day)| *day == self.weekday).map_or("", |(name, _)| name);
        write!(f, "{name} {:02}:{:02}", self.hour, self.minute)
    }
}

/// The fewest and the most days after which an officer who did nothing counts as gone.
const ABSENT_DAYS: std::ops::RangeInclusive<u16> = 7..=365;

/// How many days an officer did nothing, when no digest is counted in their name any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsentDays(u16);

/// A number of days that is none of an [`AbsentDays`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {} to {} days", ABSENT_DAYS.start(), ABSENT_DAYS.end())]
pub struct InvalidAbsentDays;

impl AbsentDays {
    /// Who did nothing since this moment counts as gone.
    pub fn past(self, now: Timestamp) -> Timestamp {
        now.minus(Duration::from_hours(24 * u64::from(self.0)))
    }
}

impl Default for AbsentDays {
    fn default() -> Self {
        Self(60)
    }
}

impl FromStr for AbsentDays {
    type Err = InvalidAbsentDays;

    fn from_str(text: &str) -> Result<Self, InvalidAbsentDays> {
        let allowed = |days: &u16| ABSENT_DAYS.contains(days);
        text.parse().ok().filter(allowed).map(Self).ok_or(InvalidAbsentDays)
    }
}

impl fmt::Display for AbsentDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address of electronic mail, as far as it can stand in a header without meaning anything else.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailAddress(String);

/// A text that is no [`MailAddress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one e-mail address, for example privacy@steunpunt.example")]
pub struct InvalidMailAddress;

impl MailAddress {
    /// Longest address (RFC 5321 section 4.5.3.1.3).
    const BYTES_MAX: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for MailAddress {
    type Err = InvalidMailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidMailAddress> {
        let word = |word: &str, also: &[u8]| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
            !word.is_empty() && !word.starts_with(['.', '-']) && word.bytes().all(fits)
        };
        let whole = text.len() <= Self::BYTES_MAX;
        match text.split_once('@') {
            Some((local, domain)) if whole && word(local, b"._+-") && word(domain, b".-") => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(InvalidMailAddress),
        }
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Nobody's address belongs in a log.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// What is new of one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Entries.
    pub count: u64,
    /// Whether all of them were counted; otherwise there are at least so many.
    pub is_whole: bool,
    /// Where it is opened.
    pub link: Option<String>,
}

/// One mail.
#[derive(Debug)]
pub struct Digest<'a> {
    /// Whose program sends it.
    pub sender: &'a MailAddress,
    /// The privacy office.
    pub recipient: &'a MailAddress,
    /// When it was made.
    pub at: Timestamp,
    /// Names the mail; the same when it is sent again.
    pub id: &'a str,
    /// In which language.
    pub language: DigestLanguage,
    /// Searches, in the order of the console's list.
    pub searches: &'a [Fresh],
}

impl Digest<'_> {
    /// The mail, as a mail program takes it on its standard input: an RFC 5322 message whose lines end as
    /// lines of text do.
    pub fn message(&self) -> String {
        let mut mail = String::new();
        let date = self.at.zoned().strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
        let subject =
            self.pick("Weekoverzicht van bewaarde zoekvragen", "Weekly digest of saved searches");
        let headers = [
            ("From", self.sender.as_str()),
            ("To", self.recipient.as_str()),
            ("Subject", subject),
            ("Date", &date),
            ("Message-ID", &format!("<{}@{}>", self.id, self.sender.domain())),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ];
        for (name, value) in headers {
            writeln!(mail, "{name}: {value}").expect(WRITES);
        }
        mail.push('\n');
        self.body(&mut mail);
        mail
    }

    fn body(&self, mail: &mut String) {
        mail.push_str(self.pick(
            "Nieuwe regels bij uw wekelijkse zoekvragen, sinds het vorige overzicht.\n",
            "New entries of your weekly searches, since the last digest.\n",
        ));
        for (number, search) in (1_u32..).zip(self.searches) {
            let least = if search.is_whole { "" } else { self.pick("ten minste ", "at least ") };
            let entries = match search.count {
                1 => self.pick("nieuwe regel", "new entry"),
                _ => self.pick("nieuwe regels", "new entries"),
            };
            writeln!(mail, "\n{number}. {least}{} {entries}", search.count).expect(WRITES);
            if let Some(link) = &search.link {
                writeln!(mail, "   {link}").expect(WRITES);
            }
        }
        mail.push_str(self.pick(
            "\nDeze mail noemt geen personen, zaken of zoekvragen. Dat de poort telde, staat in het \
             logboek.\nZet het tellen van een zoekvraag in de console uit als u er geen mail meer over wilt.\n",
            "\nThis mail names no people, cases or searches. That the gateway counted is in the ledger.\n\
             Stop counting a search in the console when you want no more mail about it.\n",
        ));
    }

    const fn pick(&self, dutch: &'static str, english: &'static str) -> &'static str {
        match self.language {
            DigestLanguage::Dutch => dutch,
            DigestLanguage::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn monday_at_seven_is_by_the_dutch_clock_in_winter_and_in_summer() {
        let monday: Schedule = "monday 07:00".parse().unwrap();
        for (now, last) in [
            ("2026-03-16T06:00:00Z", "2026-03-16T06:00:00Z"),
            ("2026-03-16T05:59:59Z", "2026-03-09T06:00:00Z"),
            ("2026-03-22T23:30:00Z", "2026-03-16T06:00:00Z"),
            ("2026-03-30T04:59:59Z", "2026-03-23T06:00:00Z"),
            ("2026-03-30T05:00:00Z", "2026-03-30T05:00:00Z"),
        ] {
            assert_eq!(monday.last(at(now)), at(last), "{now}");
        }
        let sunday: Schedule = "sunday 21:30".parse().unwrap();
        assert_eq!(sunday.last(at("2026-03-16T06:00:00Z")), at("2026-03-15T20:30:00Z"));
    }

    #[test]
    fn a_schedule_is_written_as_it_is_read_and_is_never_in_the_night() {
        for text in ["monday 07:00", "friday 21:59", "sunday 06:00"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for wrong in [
            "monday",
            "maandag 07:00",
            "monday 7:00",
            "monday 05:59",
            "monday 22:00",
            "monday 07:60",
            "",
        ] {
            assert_eq!(wrong.parse::<Schedule>(), Err(InvalidSchedule), "{wrong}");
        }
    }

    #[test]
    fn an_officer_is_gone_after_a_week_to_a_year() {
        let now = at("2026-03-16T06:00:00Z");
        assert_eq!(AbsentDays::default().past(now), at("2026-01-15T06:00:00Z"));
        for days in ["7", "365"] {
            assert_eq!(days.parse::<AbsentDays>().unwrap().to_string(), days);
        }
        for wrong in ["6", "366", "", "-60", "never"] {
            assert_eq!(wrong.parse::<AbsentDays>(), Err(InvalidAbsentDays), "{wrong}");
        }
    }

    #[test]
    fn an_address_cannot_become_another_header_or_a_second_recipient() {
        assert!("privacy.office+fg@steunpunt-voorbeeld.example".parse::<MailAddress>().is_ok());
        for wrong in [
            "",
            "a",
            "@b",
            "a@",
            "a@b\nBcc: c@d",
            "a@b,c@d",
            "a b@c",
            "<a@b>",
            "-t@b",
            "a@-b",
            "é@b",
        ] {
            assert!(wrong.parse::<MailAddress>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mail_counts_in_its_language_and_has_every_header_once() {
        let (sender, recipient) =
            ("poort@a.example".parse().unwrap(), "fg@b.example".parse().unwrap());
        let link = Some("https://console.example/nl/verstrekkingen/bewaard/7".to_owned());
        let searches = [
            Fresh { count: 1, is_whole: true, link },
            Fresh { count: 14, is_whole: false, link: None },
        ];
        let mail = |language| {
            let at = at("2026-03-16T06:00:00Z");
            let (sender, recipient, searches) = (&sender, &recipient, &searches);
            Digest { sender, recipient, at, id: "7", language, searches }.message()
        };
        let dutch = mail(DigestLanguage::Dutch);
        let (head, body) = dutch.split_once("\n\n").unwrap();
        assert!(
            head.contains("To: fg@b.example\n") && head.contains("Message-ID: <7@a.example>\n")
        );
        assert!(head.contains("Date: Mon, 16 Mar 2026 07:00:00 +0100\n"), "{head}");
        assert_eq!(head.lines().count(), 9);
        assert!(body.contains("\n1. 1 nieuwe regel\n   https://console.example/nl/"), "{body}");
        assert!(body.contains("\n2. ten minste 14 nieuwe regels\n"), "{body}");
        assert!(mail(DigestLanguage::English).contains("\n2. at least 14 new entries\n"));
    }
}
