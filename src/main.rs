//! The `steelyard` command: hands over to [`steelyard::cli`].

/// The writer lets go of what other threads made, and makes millions of small things: the system's allocator takes a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    steelyard::cli::main()
}
