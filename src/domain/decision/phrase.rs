//! The sentences that a decision says of what was needed and found.
//!
//! The list is closed, so that whoever shows a decision in another language has words for all of it.
//! What is in the record of a decision stays as it was written: a sentence is never reworded.

use crate::domain::code::codes;

codes! {
    /// A sentence, or the fixed part of one that ends in a moment or an age.
    pub enum Phrase {
        /// Nothing of the kind.
        None = 1, "none";
        /// What was demanded is there.
        Given = 2, "given";
        /// Any data.
        Something = 3, "something";
        /// No data.
        Nothing = 4, "nothing";
        /// The basis may be used.
        BasisInForce = 5, "a basis that is switched on and in force";
        /// The basis is one between organisations.
        BasisBetweenOrganisations = 6, "a basis on which organisations share";
        /// The organisation may receive files.
        WorksWithFamilies = 7, "an organisation that works with families";
        /// The person may handle files.
        WorkerWithFamilies = 8, "somebody who works with families and does not judge disclosures";
        /// Either side may begin.
        EitherBegins = 9, "the sender gives or the recipient asks";
        /// The sender begins.
        SenderGives = 10, "the sender gives";
        /// The recipient begins.
        RecipientAsks = 11, "the recipient asks";
        /// Neither may begin.
        NobodyBegins = 12, "nobody takes the initiative";
        /// In the case team now.
        Member = 13, "a member at this moment";
        /// Not in the case team now.
        NoMember = 14, "no member";
        /// Who reported.
        Reporter = 15, "the reporter";
        /// Not who reported.
        SomebodyElse = 16, "somebody else";
        /// The processing is not restricted.
        NotRestricted = 17, "not restricted";
        /// The processing is restricted.
        Restricted = 18, "restricted";
        /// A second person of the sender agrees.
        SecondPerson = 19, "the agreement of a second person of the sender";
        /// Since when a second person agrees.
        Agreed = 20, "agreed";
        /// Organisations of the role may receive it.
        WithBasis = 21, "with a valid basis";
        /// The same, when a second person agrees.
        WithBasisAndSecondPerson = 22, "with a valid basis and a second person";
        /// The same, in an emergency notice alone.
        InEmergencyNotice = 23, "in an emergency notice";
        /// Nobody but who it is from.
        OnlyOwn = 24, "only its own";
        /// Not at all.
        Never = 25, "never";
        /// The five answers are yes.
        AllFive = 26, "all five";
        /// They must be.
        AllFiveOfConflict = 27, "all five of the conflict of duties";
        /// Consent was not asked for, but the person could have given it.
        AnotherReason = 28, "another reason not to ask";
        /// The person cannot consent.
        Incapable = 29, "physically or legally incapable of consenting";
        /// The same, by law.
        IncapableByLaw = 30, "under 16, or found incapable";
        /// There must be an emergency.
        Emergency = 31, "an emergency that was declared";
        /// There must be one, because the person said no.
        EmergencyAfterNo = 32,
            "an emergency that was declared, because consent was refused or withdrawn";
        /// Until when the declared emergency lasts.
        DeclaredUntil = 33, "declared, until";
        /// The consent was not refused.
        NotRefused = 34, "not refused";
        /// The consent was not withdrawn.
        NotWithdrawn = 35, "not withdrawn";
        /// Its end lies later than a moment.
        EndsAfter = 36, "ends after";
        /// Its beginning lies not later than a moment.
        BeginsBy = 37, "begins by";
        /// The signatures that somebody of an age needs.
        SignaturesFor = 38, "signatures for";
        /// The age at which was signed.
        SignedAs = 39, "signed as";
        /// Nobody signed.
        NotSigned = 40, "signed as not signed";
        /// Somebody must sign for the person, and there is nobody.
        NoRepresentative = 41, "a representative, and none is known who may sign";
        /// Whom a basis lets data go to.
        AnotherOfItsRoles = 42, "another organisation, of a role it names";
        /// The same, where it must be a certified institution.
        AnotherCertified = 43, "another organisation, certified, of a role it names";
        /// The two are different.
        Another = 44, "another organisation";
        /// The two are one.
        Same = 45, "the same organisation";
        /// It is no certified institution.
        NotCertified = 46, "not certified";
        /// Able to weigh the own interests.
        Capable = 47, "capable";
        /// Not able to.
        NotCapable = 48, "incapable";
    }
}
