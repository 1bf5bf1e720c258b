//! The process lists of systems without `/proc`, as their own tools print them.

use std::process::Command;

use super::options::split_windows;
use super::process::ProcessError;

/// A process in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub pid: u32,
    /// Its executable's path, where the list tells it.
    pub executable: Option<String>,
    /// Its command line, split.
    pub words: Vec<String>,
}

/// This system's processes, by its own tool.
pub(super) fn processes() -> Result<Vec<Listed>, ProcessError> {
    const QUERY: &str = "Get-CimInstance Win32_Process | Select-Object ProcessId,ExecutablePath,CommandLine | ConvertTo-Csv -NoTypeInformation";
    let mut command = if cfg!(windows) {
        let mut command = Command::new("powershell");
        command.args(["-NoProfile", "-NonInteractive", "-Command", QUERY]);
        command
    } else {
        let mut command = Command::new("ps");
        command.args(["-axo", "pid=,command="]);
        command
    };
    let output = command.output().map_err(|error| ProcessError::NoList {
        why: error.to_string(),
    })?;
    if !output.status.success() {
        let why = output.status.to_string();
        return Err(ProcessError::NoList { why });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(if cfg!(windows) {
        parse_powershell(&text)
    } else {
        parse_ps(&text)
    })
}

/// Reads `ps -axo pid=,command=`. The list joins the words with blanks: a word that does not begin with `-` and
/// follows a `-D` is taken for its rest, unless it looks like a main class or the like.
#[must_use]
pub fn parse_ps(text: &str) -> Vec<Listed> {
    text.lines()
        .filter_map(|line| {
            let (pid, command) = line.trim_start().split_once(char::is_whitespace)?;
            let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
            Some(Listed {
                pid: pid.parse().ok()?,
                executable: words.first().cloned(),
                words: rejoin(words),
            })
        })
        .collect()
}

/// Reads `Get-CimInstance Win32_Process | Select-Object ProcessId,ExecutablePath,CommandLine | ConvertTo-Csv
/// -NoTypeInformation`.
#[must_use]
pub fn parse_powershell(text: &str) -> Vec<Listed> {
    let mut rows = csv(text).into_iter();
    let Some(header) = rows.next() else {
        return Vec::new();
    };
    let column = |name: &str| header.iter().position(|known| known.eq_ignore_ascii_case(name));
    let (Some(pid), Some(path), Some(line)) = (
        column("ProcessId"),
        column("ExecutablePath"),
        column("CommandLine"),
    ) else {
        return Vec::new();
    };
    rows.filter_map(|row| {
        let line = row.get(line)?;
        Some(Listed {
            pid: row.get(pid)?.parse().ok()?,
            executable: row.get(path).filter(|path| !path.is_empty()).cloned(),
            words: split_windows(line),
        })
    })
    .collect()
}

/// Comma-separated values, quoted (RFC 4180).
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let mut is_quoted = false;
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

fn rejoin(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words {
        let continues = !word.starts_with('-')
            && !word.ends_with(".jar")
            && (word.contains('/') || !word.contains('.'))
            && out.last().is_some_and(|last| {
                last.starts_with("-Djavax.net.ssl.") && last.contains('/') && !has_ending(last)
            });
        match out.last_mut() {
            Some(last) if continues => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => out.push(word),
        }
    }
    out
}

/// Whether a path is whole: its last part has an ending.
fn has_ending(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| {
        name.contains('.') || name.eq_ignore_ascii_case("cacerts") || name.eq_ignore_ascii_case("truststore")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_blank_is_put_together_again() {
        let text = "  123 /usr/bin/java -Djavax.net.ssl.trustStore=/Library/Application Support/t.p12 -cp x Main a\n   1 /sbin/launchd\n";
        let listed = parse_ps(text);
        assert_eq!(listed[0].pid, 123);
        assert_eq!(
            listed[0].words,
            [
                "/usr/bin/java",
                "-Djavax.net.ssl.trustStore=/Library/Application Support/t.p12",
                "-cp",
                "x",
                "Main",
                "a"
            ]
        );
        assert_eq!(listed[1].words, ["/sbin/launchd"]);
    }

    #[test]
    fn powershells_list_is_read_with_its_quotes() {
        let text = "\"ProcessId\",\"ExecutablePath\",\"CommandLine\"\r\n\"42\",\"C:\\jdk\\bin\\java.exe\",\"\"\"C:\\jdk\\bin\\java.exe\"\" \"\"-Da=x y\"\" Main\"\r\n\"0\",\"\",\"\"\r\n";
        let listed = parse_powershell(text);
        assert_eq!(listed[0].pid, 42);
        assert_eq!(listed[0].words, [r"C:\jdk\bin\java.exe", "-Da=x y", "Main"]);
        assert_eq!(listed[1].executable, None);
    }
}
