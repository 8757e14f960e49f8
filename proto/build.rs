//! Generates the gRPC bindings. `protox` reads the `.proto` files, so no `protoc` is needed.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 7] = [
    "ketenpoort/v1/case_service.proto",
    "ketenpoort/v1/common.proto",
    "ketenpoort/v1/consent_service.proto",
    "ketenpoort/v1/directory_service.proto",
    "ketenpoort/v1/disclosure_service.proto",
    "ketenpoort/v1/errors.proto",
    "ketenpoort/v1/referral_service.proto",
];

#[expect(clippy::disallowed_methods, reason = "cargo hands OUT_DIR over in the environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    // Kept for server reflection.
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("ketenpoort.descriptors");
    std::fs::write(out, descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
