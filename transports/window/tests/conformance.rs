//! The suite over this transport.

#[cfg(unix)]
mod xvfb;

#[cfg(unix)]
fn endpoint(name: &str) -> String {
    xvfb::shared().endpoint(name, "")
}

#[cfg(windows)]
fn endpoint(name: &str) -> String {
    format!("window:{name}")
}

fn main() {
    samebox_conformance::main(&samebox_window::Window, endpoint);
}
