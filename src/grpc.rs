//! The gRPC edge: converts messages, calls one use case, converts back.

pub mod pb;
