//! On which ground in law data is shared (DOMAIN §4.2). Between whom, and how much at most, is for the
//! [policy pack](super::policy::PolicyPack) to say.

use super::code::codes;

codes! {
    /// Ground in law on which data is shared.
    pub enum Basis {
        /// Consent of the person, or of those who decide for the person (DOMAIN §3).
        Consent = 1, "CONSENT";
        /// Right of professionals to report to the Steunpunt without consent (Wmo 2015 art. 5.2.6).
        Wmo526Report = 2, "WMO_5_2_6_REPORT";
        /// The Steunpunt notifies an agency that can help (Wmo 2015 art. 4.1.1 lid 2 onder d).
        Wmo4112D = 3, "WMO_4_1_1_2_D";
        /// The Steunpunt notifies the police or the Raad (Wmo 2015 art. 4.1.1 lid 2 onder e).
        Wmo4112E = 4, "WMO_4_1_1_2_E";
        /// The Steunpunt tells the reporter which steps it took (Wmo 2015 art. 4.1.1 lid 2 onder g).
        Wmo4112G = 5, "WMO_4_1_1_2_G";
        /// Structural provision by the police (Wpg art. 18).
        Wpg18 = 6, "WPG_18";
        /// Incidental provision by the police (Wpg art. 19).
        Wpg19 = 7, "WPG_19";
        /// Provision by the police to a structural partnership (Wpg art. 20).
        Wpg20 = 8, "WPG_20";
        /// Information for a supervision order (Jeugdwet art. 7.3.11 lid 4).
        Jeugdwet73114 = 9, "JEUGDWET_7_3_11_4";
        /// Direct involvement in the same help: those people are not "others".
        DirectInvolvement = 10, "DIRECT_INVOLVEMENT";
        /// Vital interest of somebody who cannot consent (AVG art. 6 lid 1 onder d).
        VitalInterest = 11, "VITAL_INTEREST";
        /// Conflict of duties: the exception of case law.
        ConflictOfDuties = 12, "CONFLICT_OF_DUTIES";
        /// Request of the data subject (AVG art. 15).
        DataSubjectRequest = 13, "DATA_SUBJECT_REQUEST";
        /// Request of a supervisor (Wmo 2015 art. 4.3.1).
        Oversight = 14, "OVERSIGHT";
        /// Wet aanpak meervoudige problematiek sociaal domein: not in force as far as known.
        Wams = 15, "WAMS";
        /// Wet gegevensverwerking door samenwerkingsverbanden: does not name this partnership.
        Wgs = 16, "WGS";
    }
}
