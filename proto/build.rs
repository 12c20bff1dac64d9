//! Compiles the `.proto` files without protoc.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler
        .include_imports(true)
        .open_files(["tfplugin6.proto", "plugin.proto"])?;

    // The tests compare the descriptors with a table of the protocol.
    let output = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        output.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    tonic_prost_build::configure()
        // Only tests use the client. The linker drops it from the provider.
        .build_client(true)
        .build_transport(false)
        .generate_default_stubs(true)
        // These contain values, which may be secrets: lib.rs has a `Debug` that hides them.
        .skip_debug(["tfplugin6.DynamicValue", "tfplugin6.RawState"])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
