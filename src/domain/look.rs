//! What a privacy officer looks at, as the entry of the look names it (NEN 7513: a look at the log is
//! an event of its own).

use super::code::codes;

codes! {
    /// What was looked at, or taken along.
    pub enum Look {
        /// A search of the disclosures.
        Search = 1, "SEARCH";
        /// A search was kept, or marked to be counted weekly or not any more.
        SearchSaved = 2, "SEARCH_SAVED";
        /// A kept search was deleted.
        SearchDeleted = 3, "SEARCH_DELETED";
        /// One entry.
        Entry = 4, "ENTRY";
        /// The integrity of the ledger.
        Integrity = 5, "INTEGRITY";
        /// A checkpoint that somebody kept was compared.
        Checkpoint = 6, "CHECKPOINT";
        /// Some entries were verified.
        Verification = 7, "VERIFICATION";
        /// A sample of the disclosures was drawn.
        Drawing = 8, "DRAWING";
        /// A sample that was drawn.
        Sample = 9, "SAMPLE";
        /// The consents of a case.
        Consents = 10, "CONSENTS";
        /// The directory.
        Directory = 11, "DIRECTORY";
        /// Management reports.
        Statistics = 12, "STATISTICS";
        /// The officer's own looks.
        OwnLooks = 13, "OWN_LOOKS";
        /// The last thirty days, in counts.
        Overview = 14, "OVERVIEW";
        /// Requests of data subjects.
        Requests = 15, "REQUESTS";
        /// One of them.
        Request = 16, "REQUEST";
        /// The people of a case about whom somebody may ask.
        CasePeople = 17, "CASE_PEOPLE";
        /// The report for a data subject.
        AccessReport = 18, "ACCESS_REPORT";
        /// Holds.
        Holds = 19, "HOLDS";
        /// Whom and what a breach touches.
        Breach = 20, "BREACH";
        /// One incident.
        Incident = 21, "INCIDENT";
        /// Incidents.
        Incidents = 22, "INCIDENTS";
        /// Reviews of emergencies.
        ReviewQueue = 23, "REVIEW_QUEUE";
        /// The same, each with what was said.
        ReviewQueueOpened = 24, "REVIEW_QUEUE_OPENED";
        /// One review.
        Review = 25, "REVIEW";
        /// Reviews are watched as they change.
        ReviewWatch = 26, "REVIEW_WATCH";
        /// Signals.
        Signals = 27, "SIGNALS";
        /// One signal.
        Signal = 28, "SIGNAL";
        /// What each rule is worth.
        Detectors = 29, "DETECTORS";
        /// Signals, by whoever runs the gateway.
        SignalsOperator = 30, "SIGNALS_OPERATOR";
        /// What silences signals.
        Suppressions = 31, "SUPPRESSIONS";
        /// Entries were exported.
        Export = 32, "EXPORT";
        /// A management report was exported.
        StatisticsExport = 33, "STATISTICS_EXPORT";
        /// Questions to organisations.
        Questions = 34, "QUESTIONS";
    }
}
