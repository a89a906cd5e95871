//! A bus of a test's own: a `dbus-daemon` that ends with the test program, however that ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A private bus.
pub(crate) struct Bus {
    /// A shell that ends the daemon when its input ends: when this program is gone, at the latest.
    shell: Option<Child>,
    /// Where clients find it, as the value of `bus=`.
    pub(crate) address: String,
    config: std::path::PathBuf,
}

const SCRIPT: &str = "dbus-daemon --config-file=\"$1\" --nofork --print-address=1 --nopidfile & \
    daemon=$!; cat >/dev/null; kill -9 $daemon; wait $daemon";

impl Bus {
    /// Starts one whose files lie in `folder`; it starts services of `folder/services`.
    pub(crate) fn start(folder: &Path, name: &str) -> Self {
        let socket = folder.join(format!("{name}.bus"));
        let services = folder.join("services");
        std::fs::create_dir_all(&services).unwrap();
        let config = folder.join(format!("{name}.conf"));
        let text = CONFIG
            .replace("SOCKET", &socket.display().to_string())
            .replace("SERVICES", &services.display().to_string());
        std::fs::write(&config, text).unwrap();
        let mut bus =
            Self { shell: None, address: format!("unix:path={}", socket.display()), config };
        bus.begin();
        bus
    }

    /// Starts it again where it was.
    pub(crate) fn begin(&mut self) {
        let mut command = Command::new("sh");
        command.arg("-c").arg(SCRIPT).arg("sh").arg(&self.config);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().expect("there is a shell");
        let mut line = String::new();
        let mut output = BufReader::new(shell.stdout.take().expect("its output is a pipe"));
        output.read_line(&mut line).expect("the daemon tells where it is");
        assert!(line.starts_with("unix:"), "dbus-daemon is needed for this test: {line:?}");
        self.shell = Some(shell);
    }

    /// Ends it at once.
    pub(crate) fn end(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            drop(shell.stdin.take());
            shell.wait().expect("the shell is a child");
        }
        let path = self.address.trim_start_matches("unix:path=");
        // The daemon was killed and could not.
        let _ = std::fs::remove_file(path);
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.end();
    }
}

const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <servicedir>SERVICES</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="service_start_timeout">120000</limit>
  <limit name="auth_timeout">240000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_incomplete_connections">10000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_names_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"#;
