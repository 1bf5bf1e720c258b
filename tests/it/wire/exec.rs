use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Server, pki, wire_command};
use crate::support::{Said, folder, has, host, jdks, keyjar, probe, run, testdata};

const SENTINEL: &str = "sentinel-4711";

/// A folder with truststore.p12 and keystore.p12, whose password is the sentinel.
fn stores() -> tempfile::TempDir {
    let folder = folder();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let (server, cert, key, ca) = (
        file("apm-server.crt"),
        file("client.crt"),
        file("client.key"),
        file("ca.crt"),
    );
    keyjar(folder.path(), &["import", &server, "-q"]).exits(0);
    let bundle = [
        "bundle", "--cert", &cert, "--key", &key, "--chain", &ca, "--alias", "client",
    ];
    let password = format!("pass:{SENTINEL}");
    keyjar(
        folder.path(),
        &[&bundle[..], &["--storepass", &password, "-q"]].concat(),
    )
    .exits(0);
    folder
}

/// `keyjar exec` with the truststore, without the caller's options.
fn exec(folder: &Path) -> Command {
    let mut command = wire_command(folder);
    for name in ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"] {
        command.env_remove(name);
    }
    command.args(["exec", "--truststore", "truststore.p12"]);
    command
}

fn shell(folder: &Path, script: &str) -> Said {
    run(exec(folder).args(["--", "sh", "-c", script]))
}

/// With the keystore as well, its password in the environment.
fn both(folder: &Path) -> Command {
    let mut command = exec(folder);
    command
        .args(["--keystore", "keystore.p12", "--keystore-pass", "env:KEY_PASS"])
        .env("KEY_PASS", SENTINEL);
    command
}

/// `openssl s_server` that requires a client certificate.
fn server() -> Server {
    let file = |name: &str| testdata("apm").join(name);
    Server::start(
        Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-Verify",
                "2",
                "-verify_return_error",
            ])
            .arg("-cert")
            .arg(file("apm-server.crt"))
            .arg("-key")
            .arg(file("apm-server.key"))
            .arg("-CAfile")
            .arg(file("ca.crt")),
    )
}

/// The option files of this very test's folder.
fn files_left(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .ends_with(".options")
        })
        .count()
}

#[test]
fn the_options_follow_those_that_are_there() {
    let folder = stores();
    let expected = format!(
        "-Dx=1 -Djavax.net.ssl.trustStore={0}/truststore.p12 -Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12\n",
        folder.path().display()
    );
    let mut command = exec(folder.path());
    command.env("JAVA_TOOL_OPTIONS", "-Dx=1");
    let said = run(command.args([
        "--",
        "sh",
        "-c",
        "echo \"$JAVA_TOOL_OPTIONS\"; echo \"$JDK_JAVA_OPTIONS\"",
    ]));
    assert_eq!(said.exits(0).stdout, format!("{expected}\n"));
}

#[test]
fn exit_codes_are_those_of_the_command_or_a_shells() {
    let folder = stores();
    shell(folder.path(), "exit 0").exits(0);
    shell(folder.path(), "exit 7").exits(7);
    shell(folder.path(), "exit 255").exits(255);
    shell(folder.path(), "kill -TERM $$").exits(143);
    shell(folder.path(), "kill -KILL $$").exits(137);
    run(exec(folder.path()).args(["--", "no-such-command"]))
        .exits(127)
        .talks_of("there is no such command");
    run(exec(folder.path()).args(["--", "./truststore.p12"]))
        .exits(126)
        .talks_of("not executable");
    fs::remove_file(folder.path().join("truststore.p12")).unwrap();
    shell(folder.path(), "echo ran")
        .exits(2)
        .talks_of("truststore.p12");
}

#[test]
fn stores_that_a_jvm_could_not_use_stop_it_before_the_command_runs() {
    let folder = stores();
    let mut command = exec(folder.path());
    command.args(["--keystore", "keystore.p12", "--keystore-pass", "pass:wrong-one"]);
    let said = run(command.args(["--", "sh", "-c", "echo ran"])).exits(2);
    assert_eq!(said.stdout, "");
    assert!(!said.stderr.contains("wrong-one"), "{}", said.stderr);
}

#[test]
fn signals_reach_the_command_and_its_answer_is_the_exit_code() {
    let folder = stores();
    for (signal, code) in [("TERM", 41), ("INT", 42), ("HUP", 43), ("USR1", 44)] {
        let script = format!("trap 'exit {code}' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut child = exec(folder.path())
            .args(["--", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(child.stdout.take().unwrap()),
            &mut line,
        )
        .unwrap();
        run(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()])).exits(0);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
    }
}

#[test]
fn a_ctrl_c_on_the_terminal_reaches_the_command_once() {
    if !has("python3", &["--version"]) {
        return;
    }
    let folder = stores();
    let script = "import os, pty, sys, time\n\
        pid, terminal = pty.fork()\n\
        if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
        said = b''\n\
        while b'ready' not in said: said += os.read(terminal, 4096)\n\
        os.write(terminal, b'\\x03')\n\
        try:\n\
        \x20while True: said += os.read(terminal, 4096)\n\
        except OSError: pass\n\
        sys.stdout.write(said.decode())\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";
    let child = "import signal, sys, time\n\
        count = []\n\
        signal.signal(signal.SIGINT, lambda *_: count.append(1))\n\
        print('ready', flush=True)\n\
        end = time.monotonic() + 1\n\
        while time.monotonic() < end: time.sleep(0.05)\n\
        print('interrupted', len(count), flush=True)\n";
    run(Command::new("python3").current_dir(folder.path()).args([
        "-c",
        script,
        env!("CARGO_BIN_EXE_keyjar"),
        "exec",
        "--truststore",
        "truststore.p12",
        "--",
        "python3",
        "-c",
        child,
    ]))
    .exits(0)
    .says("interrupted 1");
}

#[test]
fn a_signal_that_nohup_ignores_stays_ignored() {
    let folder = stores();
    let program = env!("CARGO_BIN_EXE_keyjar");
    let script = format!(
        "trap '' HUP; exec '{program}' exec --truststore truststore.p12 -- sh -c 'kill -HUP $PPID; kill -HUP $$; sleep 0.2; echo alive'"
    );
    run(Command::new("sh")
        .current_dir(folder.path())
        .args(["-c", &script]))
    .exits(0)
    .says("alive");
}

#[test]
fn as_process_1_it_buries_orphans_and_ends_with_the_command() {
    let unshare = ["--pid", "--fork", "--mount-proc"];
    let may = Command::new("unshare").args(unshare).arg("true").output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no process namespace can be made here");
        return;
    }
    let folder = stores();
    // Two generations: the inner shells are orphans as soon as the outer ones end.
    let script = "sh -c 'sleep 0.2 &'; sh -c 'sleep 0.3 &'; sleep 1; \
        grep -h '^State:' /proc/[0-9]*/status; [ $PPID = 1 ] && exit 9";
    let mut command = Command::new("unshare");
    command.current_dir(folder.path()).args(unshare).args([
        env!("CARGO_BIN_EXE_keyjar"),
        "exec",
        "--truststore",
        "truststore.p12",
        "--",
        "sh",
        "-c",
        script,
    ]);
    let said = run(&mut command).exits(9).says("State:\tS");
    assert!(!said.stdout.contains("zombie"), "{}", said.stdout);
}

#[test]
fn every_jdk_shows_its_client_certificate() {
    let Some(probe) = probe() else { return };
    if !has("openssl", &["version"]) {
        return;
    }
    let server = server();
    let url = format!("https://localhost:{}/", server.port);
    let folder = stores();
    for jdk in jdks() {
        let java = jdk.tool(probe, "java");
        let run_with = |passwords: &str| {
            let mut command = both(folder.path());
            command
                .args(["--passwords", passwords, "--"])
                .arg(java.get_program());
            command
                .args(java.get_args())
                .arg("-cp")
                .arg(probe)
                .args(["Probe", "get", &url]);
            run(&mut command)
        };
        for passwords in ["auto", "environment", "file"] {
            if passwords == "file" && jdk.is_before(9) {
                run_with(passwords)
                    .exits(1)
                    .talks_of("Unrecognized VM option 'VMOptionsFile");
                continue;
            }
            let said = run_with(passwords).exits(0).says("status 200");
            let is_shown = said.stderr.contains(SENTINEL);
            assert!(!is_shown || passwords != "file", "{}", said.stderr);
        }
    }
}

#[test]
fn jvms_below_a_shell_and_keytool_get_the_options_too() {
    if host().is_none() {
        return;
    }
    let Some(probe) = probe() else { return };
    let folder = stores();
    let script = format!(
        "(sh -c 'java -cp {} Probe properties'); keytool -help",
        probe.display()
    );
    let mut command = both(folder.path());
    command.args(["--passwords", "file", "--", "sh", "-c", &script]);
    let said = run(&mut command).exits(0);
    let said = said.says("trustStore=").says("keyStorePassword=");
    assert_eq!(
        said.stderr.matches("Picked up JAVA_TOOL_OPTIONS").count(),
        2,
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains(SENTINEL), "{}", said.stderr);
}

#[test]
fn options_in_jdk_java_options_do_not_win() {
    if host().is_none() {
        return;
    }
    let Some(probe) = probe() else { return };
    let folder = stores();
    let hex = |text: &str| {
        text.bytes()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    for passwords in ["file", "environment"] {
        let mut command = both(folder.path());
        command
            .env(
                "JDK_JAVA_OPTIONS",
                "-Djavax.net.ssl.trustStore=/nowhere -Djavax.net.ssl.keyStorePassword=other",
            )
            .args(["--passwords", passwords, "--", "java", "-cp"])
            .arg(probe)
            .args(["Probe", "properties"]);
        let trust = folder.path().join("truststore.p12").display().to_string();
        run(&mut command)
            .exits(0)
            .says(&format!("trustStore={}\n", hex(&trust)))
            .says(&format!("keyStorePassword={}\n", hex(SENTINEL)));
    }
    let mut command = exec(folder.path());
    command.env("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStore=/nowhere");
    run(command.args(["--", "true"]))
        .exits(0)
        .talks_of("_JAVA_OPTIONS has options of javax.net.ssl.*");
}

/// Every command line of this machine.
fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}

#[test]
fn no_command_line_shows_the_password_while_a_jvm_talks_tls_and_no_file_stays() {
    if pki().is_none() || host().is_none() || !Path::new("/proc/self/cmdline").exists() {
        return;
    }
    let Some(probe) = probe() else { return };
    // It answers after two seconds, with a certificate that is not trusted here.
    let server = Server::python("slow");
    let url = format!("https://localhost:{}/", server.port);
    let folder = stores();
    // A sentinel of this test alone, typed as no one should.
    let password = "sentinel-in-ps-0815";
    let new = format!("pass:{password}");
    let old = format!("pass:{SENTINEL}");
    keyjar(
        folder.path(),
        &[
            "passwd",
            "keystore.p12",
            "--storepass",
            &old,
            "--new-storepass",
            &new,
        ],
    )
    .exits(0);
    let mut child = exec(folder.path())
        .env("TMPDIR", folder.path())
        .args([
            "--keystore",
            "keystore.p12",
            "--keystore-pass",
            &new,
            "--",
            "java",
            "-cp",
        ])
        .arg(probe)
        .args(["Probe", "get", &url])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let (mut java, mut most, mut has_begun) = (0, 0, false);
    while child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60));
        most = most.max(files_left(folder.path()));
        let lines = command_lines();
        let is_ours = |line: &&String| line.contains(&url);
        java += usize::from(lines.iter().filter(is_ours).any(|line| line.starts_with("java ")));
        // The first moments are those in which the program starts itself anew, in the same process.
        has_begun |= lines
            .iter()
            .filter(is_ours)
            .any(|line| line.contains("env:KEYJAR_EXEC_KEYSTORE_PASS"));
        let shown: Vec<_> = lines.iter().filter(|line| line.contains(password)).collect();
        assert!(shown.is_empty() || !has_begun, "{shown:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(has_begun && java > 0, "neither the program nor the JVM was seen");
    assert_eq!((most, files_left(folder.path())), (1, 0));
}

#[test]
fn the_password_file_is_its_owners_alone_and_gone_after_a_signal() {
    use std::os::unix::fs::PermissionsExt;
    let folder = stores();
    let mut child = both(folder.path())
        .env("TMPDIR", folder.path())
        .args([
            "--passwords",
            "file",
            "--",
            "sh",
            "-c",
            "echo ready; exec sleep 60",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let options = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "options"))
        .unwrap();
    assert_eq!(
        fs::metadata(&options).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(fs::read_to_string(&options).unwrap().contains(SENTINEL));
    run(Command::new("kill").arg(child.id().to_string())).exits(0);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(!options.exists());
}

#[test]
fn without_a_folder_for_the_file_the_password_is_in_the_environment() {
    if host().is_none() {
        return;
    }
    let folder = stores();
    let arguments = |passwords| ["--passwords", passwords, "--", "java", "-version"];
    let mut command = both(folder.path());
    let said = run(command.env("TMPDIR", "/nowhere").args(arguments("auto"))).exits(0);
    said.talks_of(SENTINEL)
        .talks_of("warning: the password is in JAVA_TOOL_OPTIONS");
    let mut command = both(folder.path());
    run(command.env("TMPDIR", "/nowhere").args(arguments("file")))
        .exits(2)
        .talks_of("cannot write `/nowhere`");
}

#[test]
fn a_second_options_file_is_refused_or_left_to_the_environment() {
    let folder = stores();
    let mut command = both(folder.path());
    command.env("JAVA_TOOL_OPTIONS", "-XX:VMOptionsFile=/nowhere");
    run(command.args(["--passwords", "file", "--", "true"]))
        .exits(2)
        .talks_of("names a -XX:VMOptionsFile already");
}
