//! The `steelyard` command: hands over to [`steelyard::cli`].

fn main() -> std::process::ExitCode {
    steelyard::cli::main()
}
