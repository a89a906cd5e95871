use std::io;
use std::process::{Child, Command};

/// Starts a program, and again when Wine lets it die at birth, as it does now and then under load.
///
/// None of its own code has run then, so nothing can happen twice.
///
/// # Errors
/// Why it does not start.
pub fn spawned(command: &mut Command) -> io::Result<Child> {
    const ERROR_INTERNAL_ERROR: i32 = 1359;
    let mut attempts = 5;
    loop {
        attempts -= 1;
        match command.spawn() {
            Err(error) if attempts > 0 && error.raw_os_error() == Some(ERROR_INTERNAL_ERROR) => {}
            outcome => return outcome,
        }
    }
}
