//! What an officer finds of an entry that was drawn in a sample.

use super::code::codes;

codes! {
    /// What an officer found.
    pub enum SampleVerdict {
        /// Nothing is wrong with it.
        InOrder = 1, "IN_ORDER";
        /// The officer has to ask somebody first.
        InquiryNeeded = 2, "INQUIRY_NEEDED";
        /// It should not have been.
        NotInOrder = 3, "NOT_IN_ORDER";
    }
}
