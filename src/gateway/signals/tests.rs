//! Rules about what the use cases never let happen: the entries are made up.
