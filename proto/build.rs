//! Generates the gRPC bindings.
fn main() {}
