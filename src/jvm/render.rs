//! One function a form.

use zeroize::Zeroizing;

use super::{FlagsError, Format, Property, StoreReference, SystemProperties, quote};

type Text = Result<String, FlagsError>;

pub(super) fn render(of: &SystemProperties, format: Format) -> Text {
    let properties = of.properties()?;
    refuse(&properties, format, "a line break", |c| c == '\n' || c == '\r')?;
    refuse(&properties, format, "a NUL", |c| c == '\0')?;
    match format {
        Format::Shell => Ok(joined(&properties, " ", quote::shell) + "\n"),
        Format::Lines => Ok(joined(&properties, "\n", str::to_owned) + "\n"),
        Format::Argfile => Ok(joined(&properties, "\n", quote::argfile) + "\n"),
        Format::JavaToolOptions | Format::JdkJavaOptions => Ok(java_options(&properties) + "\n"),
        Format::Env => Ok(format!("JAVA_TOOL_OPTIONS={}\n", java_options(&properties))),
        Format::Export => Ok(format!(
            "export JAVA_TOOL_OPTIONS=\"${{JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }}\"{}\n",
            quote::shell(&java_options(&properties))
        )),
        Format::Dockerfile => Ok(format!(
            "ENV JAVA_TOOL_OPTIONS={}\n",
            quote::dockerfile(&java_options(&properties))
        )),
        Format::Systemd => {
            let assignment = format!("JAVA_TOOL_OPTIONS={}", java_options(&properties));
            Ok(format!("Environment={}\n", quote::systemd(&assignment)))
        }
        Format::Kubernetes => Ok(kubernetes(&properties)),
        Format::Gradle => Ok(lines(&properties, |p| {
            format!("systemProp.{}={}", p.name, quote::properties(&p.value))
        })),
        Format::Maven => maven(&properties),
        Format::Powershell => Ok(format!(
            "$env:JAVA_TOOL_OPTIONS = {}\n",
            quote::powershell(&java_options(&properties))
        )),
        Format::Cmd => cmd(&properties),
        Format::Properties => Ok(lines(&properties, |p| {
            format!("{}={}", p.name, quote::properties(&p.value))
        })),
        Format::Spring => Ok(spring(of)),
        Format::Kafka => Ok(kafka(of)),
        Format::Json => Ok(json(&properties)),
    }
}

/// Some of the properties as options, without a line break at their end.
pub(super) fn options_of(properties: &[Property], format: Format) -> Text {
    refuse(properties, format, "a line break", |c| c == '\n' || c == '\r')?;
    refuse(properties, format, "a NUL", |c| c == '\0')?;
    match format {
        Format::Argfile => Ok(joined(properties, "\n", quote::argfile)),
        Format::JavaToolOptions | Format::JdkJavaOptions => Ok(java_options(properties)),
        _ => Err(FlagsError::CannotCarry {
            property: "javax.net.ssl",
            what: "options apart from their passwords",
            format,
        }),
    }
}

fn refuse(
    properties: &[Property],
    format: Format,
    what: &'static str,
    is_bad: impl Fn(char) -> bool,
) -> Result<(), FlagsError> {
    match properties
        .iter()
        .find(|property| property.value.contains(&is_bad))
    {
        Some(property) => Err(FlagsError::CannotCarry {
            property: property.name,
            what,
            format,
        }),
        None => Ok(()),
    }
}

fn option(property: &Property) -> Zeroizing<String> {
    Zeroizing::new(format!("-D{}={}", property.name, *property.value))
}

fn joined(properties: &[Property], between: &str, quote: impl Fn(&str) -> String) -> String {
    properties
        .iter()
        .map(|property| quote(&option(property)))
        .collect::<Vec<_>>()
        .join(between)
}

fn java_options(properties: &[Property]) -> String {
    joined(properties, " ", quote::java_options)
}

fn lines(properties: &[Property], line: impl Fn(&Property) -> String) -> String {
    properties.iter().map(|property| line(property) + "\n").collect()
}

/// Maven's script expands `MAVEN_OPTS` and `.mvn/jvm.config` unquoted: words are split at blanks, and quotes
/// stay in the value.
fn maven(properties: &[Property]) -> Text {
    refuse(properties, Format::Maven, "a blank", |c| c.is_whitespace())?;
    refuse(
        properties,
        Format::Maven,
        "a character the shell expands (`*`, `?` or `[`)",
        |c| "*?[".contains(c),
    )?;
    Ok(joined(properties, " ", str::to_owned) + "\n")
}

/// A batch file's `set "NAME=VALUE"`: everything up to the last quote is literal but `%`, which is doubled. Delayed
/// expansion, which gives `!` a meaning, is off unless the file itself turns it on.
fn cmd(properties: &[Property]) -> Text {
    refuse(properties, Format::Cmd, "a double quote", |c| c == '"')?;
    let value = joined(properties, " ", quote::java_options_in_cmd).replace('%', "%%");
    let mut out = String::new();
    if value.contains('!') {
        out += "@rem The value holds `!`: delayed expansion must be off here.\r\n";
    }
    Ok(out + &format!("@set \"JAVA_TOOL_OPTIONS={value}\"\r\n"))
}

fn kubernetes(properties: &[Property]) -> String {
    let value = quote::json(&java_options(properties));
    let folder = |suffix: &str| {
        let path = properties
            .iter()
            .find(|property| property.name.ends_with(suffix))?;
        path.value
            .rsplit_once('/')
            .map(|(folder, file)| (folder.to_owned(), file.to_owned()))
    };
    let mut out = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: keyjar-tls\ntype: Opaque\nstringData:\n  JAVA_TOOL_OPTIONS: {value}\n\
         # kubectl create secret generic keyjar-stores",
    );
    let stores: Vec<_> = [folder("trustStore"), folder("keyStore")]
        .into_iter()
        .flatten()
        .collect();
    for (folder, file) in &stores {
        out += &format!(" --from-file={}", quote::shell(&format!("{folder}/{file}")));
    }
    out += "\n# and in the pod:\n# containers:\n# - envFrom:\n#   - secretRef:\n#       name: keyjar-tls\n#   volumeMounts:\n";
    for (folder, file) in &stores {
        out += &format!(
            "#   - name: stores\n#     mountPath: {}\n#     subPath: {}\n#     readOnly: true\n",
            quote::json(&format!("{folder}/{file}")),
            quote::json(file),
        );
    }
    out += "# volumes:\n# - name: stores\n#   secret:\n#     secretName: keyjar-stores\n";
    out
}

/// Spring Boot's bundle `keyjar`: `spring.ssl.bundle.jks.keyjar.*` takes PKCS#12 as well.
fn spring(of: &SystemProperties) -> String {
    let mut out = String::new();
    for (kind, store) in [("truststore", &of.trust_store), ("keystore", &of.key_store)] {
        let Some(store) = store else { continue };
        let line = |key: &str, value: &str| {
            format!(
                "spring.ssl.bundle.jks.keyjar.{kind}.{key}={}\n",
                quote::properties(value)
            )
        };
        out += &line("location", &format!("file:{}", store.path.display()));
        if let Some(password) = password(of, store) {
            out += &line("password", password);
        }
        out += &line("type", store.format.java_name());
    }
    out
}

fn kafka(of: &SystemProperties) -> String {
    let mut out = String::from("security.protocol=SSL\n");
    for (kind, store) in [("truststore", &of.trust_store), ("keystore", &of.key_store)] {
        let Some(store) = store else { continue };
        let line = |key: &str, value: &str| format!("ssl.{kind}.{key}={}\n", quote::properties(value));
        out += &line("location", &store.path.display().to_string());
        if let Some(password) = password(of, store) {
            out += &line("password", password);
            if kind == "keystore" {
                out += &format!("ssl.key.password={}\n", quote::properties(password));
            }
        }
        out += &line("type", store.format.java_name());
    }
    out
}

fn password<'a>(of: &SystemProperties, store: &'a StoreReference) -> Option<&'a str> {
    let text = store.password.expose_text()?;
    Some(if of.redacted { "***" } else { text })
}

fn json(properties: &[Property]) -> String {
    let pairs: Vec<_> = properties
        .iter()
        .map(|p| format!("{}: {}", quote::json(p.name), quote::json(&p.value)))
        .collect();
    let args: Vec<_> = properties.iter().map(|p| quote::json(&option(p))).collect();
    format!(
        "{{\"schema\": 1, \"properties\": {{{}}}, \"args\": [{}]}}\n",
        pairs.join(", "),
        args.join(", ")
    )
}
