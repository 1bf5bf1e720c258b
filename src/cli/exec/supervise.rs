//! A command as a child: its signals, its end, and the orphans that a process 1 inherits.

use std::io;
use std::process::{Command, ExitCode};

use keyjar::ErrorKind;

/// Runs the command and waits for it; what it ends with is what a shell would say, 128 and the signal's number where
/// that ended it.
#[cfg(unix)]
pub(super) fn run(command: &mut Command) -> io::Result<ExitCode> {
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use signal_hook::low_level::siginfo::Cause;

    // Before the command is there: a signal that comes in between is kept for it.
    let mut signals = SignalsInfo::<WithOrigin>::new(forwarded())?;
    let child = Pid::from_child(&command.spawn()?);
    let running = Arc::new(Mutex::new(true));
    let is_running = Arc::clone(&running);
    std::thread::spawn(move || {
        for origin in signals.forever() {
            // A terminal sends its signals to the command as well; it would have them twice.
            let is_sent_to_all = origin.cause == Cause::Kernel;
            let running = is_running.lock().unwrap_or_else(PoisonError::into_inner);
            if let (true, false, Some(signal)) =
                (*running, is_sent_to_all, Signal::from_named_raw(origin.signal))
            {
                // It may have ended in this very moment.
                let _ = kill_process(child, signal);
            }
        }
    });
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => {
                *running.lock().unwrap_or_else(PoisonError::into_inner) = false;
                let code = match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => code,
                    (None, Some(signal)) => 128_i32.saturating_add(signal),
                    (None, None) => continue,
                };
                return Ok(ExitCode::from(u8::try_from(code & 0xff).unwrap_or(u8::MAX)));
            }
            // An orphan, which process 1 has to bury.
            Ok(_) => {}
            Err(error) if error == rustix::io::Errno::INTR => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
pub(super) fn run(command: &mut Command) -> io::Result<ExitCode> {
    let status = command.status()?;
    let code = status.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code & 0xff).unwrap_or(u8::MAX)))
}

/// The signals that are the command's, but for those that were ignored when the program began: `nohup` wants them
/// ignored in the command too.
#[cfg(unix)]
fn forwarded() -> Vec<i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

    let ignored = ignored();
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]
        .into_iter()
        .filter(|signal| {
            let bit = u32::try_from(*signal).unwrap_or_default().saturating_sub(1);
            ignored.checked_shr(bit).is_none_or(|mask| mask & 1 == 0)
        })
        .collect()
}

/// The mask of ignored signals, as Linux tells it (proc_pid_status(5)); none elsewhere.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = keyjar::fsio::read(
        std::path::Path::new("/proc/self/status"),
        &keyjar::Limits::DEFAULT,
    );
    let status = status.unwrap_or_default();
    let text = String::from_utf8_lossy(&status);
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// The exit code that a shell has for a command that could not be run, and why it could not.
pub(super) fn as_a_shell(error: &io::Error) -> (u8, ErrorKind, String) {
    match error.kind() {
        io::ErrorKind::NotFound => (127, ErrorKind::NotFound, "there is no such command".to_owned()),
        io::ErrorKind::PermissionDenied => (126, ErrorKind::Io, "it is not executable".to_owned()),
        _ => (126, ErrorKind::Io, error.to_string()),
    }
}
