//! The `ketenpoort` binary.

fn main() {}
