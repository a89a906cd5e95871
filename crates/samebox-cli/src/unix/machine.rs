//! What of this machine decides whether local messages work, and how well.

use super::session;
use crate::finding::Finding;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use samebox::ErrorKind;
use samebox_sys::unix::account::own_uid;
use samebox_sys::unix::name::LONGEST_PATH;
use samebox_sys::unix::runtime::runtime_directory;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Looks at everything that is worth telling.
pub(crate) fn examine() -> Vec<Finding> {
    let limits = LIMITS.iter().filter_map(kernel_limit);
    let first = [runtime(), temporary(), open_files()];
    let last = log_out().into_iter().chain(session::examine());
    first.into_iter().chain(limits).chain(last).collect()
}

fn runtime() -> Finding {
    let check = "runtime directory";
    match runtime_directory() {
        Ok(path) => Finding::ok(check, format!("{}, only this user may enter", path.display())),
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            let next = "put it right or remove it; plain names of unix: and file: live there";
            Finding::fail(check, ErrorKind::Denied, cause.to_string(), next)
        }
        Err(cause) => {
            let next = "set XDG_RUNTIME_DIR to a directory of this user";
            Finding::fail(check, ErrorKind::Io, cause.to_string(), next)
        }
    }
}

fn temporary() -> Finding {
    let check = "TMPDIR";
    let path = std::env::temp_dir();
    let shown = path.display();
    if !path.is_dir() {
        let next = "make it, or unset TMPDIR; names of pipe: live there";
        return Finding::fail(check, ErrorKind::Io, format!("{shown} is no directory"), next);
    }
    let room = LONGEST_PATH.saturating_sub(path.join("CoreFxPipe_").as_os_str().len());
    if room < 32 {
        let found = format!("{shown} leaves {room} characters for a name of pipe:");
        return Finding::warn(check, found, "use a shorter TMPDIR on both sides");
    }
    if path != Path::new("/tmp") {
        let next = "start .NET peers with the same TMPDIR, or they look for pipe: names in /tmp";
        return Finding::warn(check, shown.to_string(), next);
    }
    Finding::ok(check, format!("{shown}, as for .NET peers that have no TMPDIR"))
}

fn open_files() -> Finding {
    let check = "open files";
    let limit = getrlimit(Resource::Nofile);
    let Some(soft) = limit.current else { return Finding::ok(check, "no limit") };
    let found = format!(
        "{soft} at once, so a server has room for about {} clients",
        soft.saturating_sub(32)
    );
    if soft >= 1024 {
        return Finding::ok(check, found);
    }
    let most = limit.maximum.map_or_else(|| "unlimited".into(), |most| most.to_string());
    Finding::warn(check, found, format!("raise it: ulimit -n {most}"))
}

/// A number of the kernel's, below which something gets worse.
struct Limit {
    check: &'static str,
    file: &'static str,
    enough: u64,
    means: &'static str,
    remedy: &'static str,
}

/// In the order they are told. Other systems have none of these files.
const LIMITS: &[Limit] = &[
    Limit {
        check: "somaxconn",
        file: "/proc/sys/net/core/somaxconn",
        enough: 1024,
        means: "clients that may wait to be accepted",
        remedy: "sysctl -w net.core.somaxconn=4096",
    },
    Limit {
        check: "rmem_max",
        file: "/proc/sys/net/core/rmem_max",
        enough: 1 << 20,
        means: "bytes of udp: messages that may wait before the kernel drops more",
        remedy: "sysctl -w net.core.rmem_max=4194304",
    },
    Limit {
        check: "inotify watches",
        file: "/proc/sys/fs/inotify/max_user_watches",
        enough: 1024,
        means: "directories this user may watch; without one a server of file: looks 20 times a second",
        remedy: "sysctl -w fs.inotify.max_user_watches=65536",
    },
    Limit {
        check: "inotify instances",
        file: "/proc/sys/fs/inotify/max_user_instances",
        enough: 64,
        means: "watchers this user may have; each server of file: is one",
        remedy: "sysctl -w fs.inotify.max_user_instances=512",
    },
];

fn kernel_limit(limit: &Limit) -> Option<Finding> {
    let value: u64 = fs::read_to_string(limit.file).ok()?.trim().parse().ok()?;
    let found = format!("{value} {}", limit.means);
    Some(if value >= limit.enough {
        Finding::ok(limit.check, found)
    } else {
        Finding::warn(limit.check, found, format!("as root: {}", limit.remedy))
    })
}

/// What systemd takes from a user who logs out; nothing without systemd.
fn log_out() -> Option<Finding> {
    let check = "after logging out";
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let uid = own_uid();
    if uid < 1000 || Path::new("/var/lib/systemd/linger").join(user_name(uid)?).exists() {
        return Some(Finding::ok(check, "this user's names and shared memory stay"));
    }
    let memory =
        if removes_ipc(&settings_of_logind()) { " and shared memory (RemoveIPC)" } else { "" };
    let found = format!("systemd removes this user's runtime directory{memory}");
    let next = "for servers that outlive the login: loginctl enable-linger";
    Some(Finding::warn(check, found, next))
}

fn user_name(uid: u32) -> Option<String> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let entry = accounts.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string()))?;
    entry.split(':').next().map(Into::into)
}

/// The text of logind's settings, what counts more later.
fn settings_of_logind() -> String {
    let mut files = vec![PathBuf::from("/etc/systemd/logind.conf")];
    for folder in ["/usr/lib", "/run", "/etc"].map(|root| format!("{root}/systemd/logind.conf.d")) {
        let mut found: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        found.sort();
        files.append(&mut found);
    }
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect::<Vec<_>>().join("\n")
}

/// Whether logind removes shared memory; it does unless told not to.
fn removes_ipc(settings: &str) -> bool {
    let mut set = settings.lines().filter_map(|line| line.trim().strip_prefix("RemoveIPC="));
    !set.next_back().is_some_and(|value| matches!(value.trim(), "no" | "false" | "off" | "0"))
}

/// Keeps this thread, and those that it starts from now on, on one core.
pub(crate) fn stay_on(core: usize) -> io::Result<()> {
    samebox_sys::unix::processor::stay_on(core)
}

/// How many bytes of memory this process holds, where the system tells.
pub(crate) fn own_memory() -> Option<u64> {
    let memory = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let resident = memory.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kibibytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// Raises the limit of open files to `needed`, as far as this user may.
pub(crate) fn allow_open_files(needed: u64) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|soft| soft >= needed) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|hard| hard.max(needed));
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_memory_goes_unless_the_last_word_is_no() {
        assert!(removes_ipc("[Login]\n#RemoveIPC=no\n"));
        assert!(!removes_ipc("[Login]\nRemoveIPC=yes\nRemoveIPC=no\n"));
        assert!(removes_ipc("RemoveIPC=no\n RemoveIPC=yes"));
    }

    #[test]
    fn every_finding_that_is_not_in_order_says_what_to_do() {
        for finding in examine() {
            let calm = finding.status == crate::finding::Status::Ok;
            assert_eq!(calm, finding.next.is_none(), "{finding:?}");
        }
    }
}
