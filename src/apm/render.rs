//! Settings in an agent's own form: one function a form.

use zeroize::Zeroizing;

use super::agent::Agent;
use super::settings::{Settings, Value};
use super::{ApmError, Form, quote};
use crate::jvm;

/// A piece of configuration: where it goes, and its text, which may hold a store's password and is wiped.
pub struct File {
    name: &'static str,
    text: Zeroizing<String>,
    holds_password: bool,
}

impl File {
    /// The file's usual name, in its usual folder: `config/elastic_apm.yml`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text, with a line break at its end.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.text
    }

    /// Whether a password is inside: the file is its owner's alone then.
    #[must_use]
    pub const fn holds_password(&self) -> bool {
        self.holds_password
    }

    pub(super) fn new(name: &'static str, text: String, holds_password: bool) -> Self {
        Self {
            name,
            text: Zeroizing::new(text),
            holds_password,
        }
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Writes the settings down; most forms are one file, Java's own is `elasticapm.properties` and an argument file for
/// `java @FILE`.
///
/// [`Form::Kubernetes`] needs the files themselves as well and has a function of its own,
/// [`kubernetes`](super::kubernetes()).
///
/// # Errors
/// A value that the form cannot carry; a form that the agent has not.
pub fn render(settings: &Settings<'_>, form: Form) -> Result<Vec<File>, ApmError> {
    let agent = settings.agent();
    let no_such_form = || ApmError::NoSuchForm { agent, form };
    for (option, value) in options(settings) {
        if value.as_str().contains(['\n', '\r']) {
            return Err(cannot(option, "a line break", form.name()));
        }
    }
    match form {
        Form::Env => Ok(vec![env(settings)?]),
        Form::Shell => Ok(vec![shell(settings)?]),
        Form::Properties if agent == Agent::Java => Ok(vec![elasticapm_properties(settings)]),
        Form::Properties => variables_file(settings, "elastic-apm.properties", |name, value| {
            format!("{name}={}\n", quote::properties(value))
        }),
        Form::Yaml if agent == Agent::Ruby => Ok(vec![elastic_apm_yml(settings)]),
        Form::Yaml => variables_file(settings, "elastic-apm.yml", |name, value| {
            format!("{name}: {}\n", quote::json(value))
        }),
        Form::Json => Ok(vec![json(settings)?]),
        Form::Native => native(settings),
        Form::WebConfig if agent == Agent::DotNet => Ok(vec![web_config(settings)]),
        Form::WebConfig | Form::Kubernetes => Err(no_such_form()),
    }
}

/// The environment variables, the JVM's options as `JAVA_TOOL_OPTIONS` among them.
pub(super) fn variables(settings: &Settings<'_>) -> Result<Vec<(&'static str, Zeroizing<String>)>, ApmError> {
    let mut all: Vec<_> = settings
        .values()
        .iter()
        .map(|setting| {
            (
                setting.option.env,
                Zeroizing::new(setting.value.as_str().to_owned()),
            )
        })
        .collect();
    if let Some(properties) = settings.jvm() {
        let options = properties.render(jvm::Format::JavaToolOptions)?;
        let text = options.expose_text().trim_end_matches('\n').to_owned();
        if !text.is_empty() {
            all.push(("JAVA_TOOL_OPTIONS", Zeroizing::new(text)));
        }
    }
    Ok(all)
}

fn options<'a>(settings: &'a Settings<'_>) -> impl Iterator<Item = (&'static str, &'a Value)> {
    settings
        .values()
        .iter()
        .map(|setting| (setting.option.native, &setting.value))
}

const fn cannot(option: &'static str, what: &'static str, form: &'static str) -> ApmError {
    ApmError::CannotCarry { option, what, form }
}

/// Raw: `docker --env-file` takes everything behind the first `=` literally.
fn env(settings: &Settings<'_>) -> Result<File, ApmError> {
    let mut out = String::new();
    for (name, value) in variables(settings)? {
        if value.trim() != value.as_str() {
            return Err(cannot(name, "blanks at its ends", "env"));
        }
        out += &format!("{name}={}\n", *value);
    }
    Ok(File::new("elastic-apm.env", out, settings.jvm().is_some()))
}

fn shell(settings: &Settings<'_>) -> Result<File, ApmError> {
    let mut out = String::new();
    for (name, value) in variables(settings)? {
        out += &format!("export {name}={}\n", quote::shell(&value));
    }
    Ok(File::new("elastic-apm.sh", out, settings.jvm().is_some()))
}

fn variables_file(
    settings: &Settings<'_>,
    name: &'static str,
    line: impl Fn(&str, &str) -> String,
) -> Result<Vec<File>, ApmError> {
    let lines = variables(settings)?;
    let text = lines.iter().map(|(name, value)| line(name, value)).collect();
    Ok(vec![File::new(name, text, settings.jvm().is_some())])
}

fn native(settings: &Settings<'_>) -> Result<Vec<File>, ApmError> {
    match settings.agent() {
        Agent::Java => {
            let mut files = vec![elasticapm_properties(settings)];
            if let Some(properties) = settings.jvm() {
                let text = properties.render(jvm::Format::Argfile)?.expose_text().to_owned();
                files.push(File::new("java-tls.args", text, true));
            }
            Ok(files)
        }
        // The Go agent is configured by its environment alone.
        Agent::Go => Ok(vec![shell(settings)?]),
        Agent::Python => Ok(vec![python(settings)]),
        Agent::NodeJs => Ok(vec![elastic_apm_node_js(settings)]),
        Agent::Ruby => Ok(vec![elastic_apm_yml(settings)]),
        Agent::DotNet => Ok(vec![appsettings(settings)]),
        Agent::Php => Ok(vec![php_ini(settings)?]),
    }
}

fn lines(settings: &Settings<'_>, line: impl Fn(&str, &Value) -> String) -> String {
    options(settings).map(|(name, value)| line(name, value)).collect()
}

fn elasticapm_properties(settings: &Settings<'_>) -> File {
    let text = lines(settings, |name, value| {
        format!("{name}={}\n", quote::properties(value.as_str()))
    });
    File::new("elasticapm.properties", text, false)
}

/// The setting of Django and of Flask (`app.config["ELASTIC_APM"]`).
fn python(settings: &Settings<'_>) -> File {
    let text = lines(settings, |name, value| {
        let value = match value {
            Value::Text(text) => quote::python(text),
            Value::Flag(true) => String::from("True"),
            Value::Flag(false) => String::from("False"),
        };
        format!("    \"{name}\": {value},\n")
    });
    File::new("settings.py", format!("ELASTIC_APM = {{\n{text}}}\n"), false)
}

fn elastic_apm_node_js(settings: &Settings<'_>) -> File {
    let text = lines(settings, |name, value| match value {
        Value::Text(text) => format!("  {name}: {},\n", quote::json(text)),
        Value::Flag(flag) => format!("  {name}: {flag},\n"),
    });
    File::new(
        "elastic-apm-node.js",
        format!("module.exports = {{\n{text}}}\n"),
        false,
    )
}

fn elastic_apm_yml(settings: &Settings<'_>) -> File {
    let text = lines(settings, |name, value| match value {
        Value::Text(text) => format!("{name}: {}\n", quote::erb_yaml(text)),
        Value::Flag(flag) => format!("{name}: {flag}\n"),
    });
    File::new("config/elastic_apm.yml", text, false)
}

fn appsettings(settings: &Settings<'_>) -> File {
    let pairs: Vec<_> = options(settings)
        .map(|(name, value)| match value {
            Value::Text(text) => format!("    \"{name}\": {}", quote::json(text)),
            Value::Flag(flag) => format!("    \"{name}\": {flag}"),
        })
        .collect();
    let text = format!("{{\n  \"ElasticApm\": {{\n{}\n  }}\n}}\n", pairs.join(",\n"));
    File::new("appsettings.json", text, false)
}

fn web_config(settings: &Settings<'_>) -> File {
    let text = lines(settings, |name, value| {
        format!(
            "    <add key=\"ElasticApm:{name}\" value={} />\n",
            quote::xml(value.as_str())
        )
    });
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <appSettings>\n{text}  </appSettings>\n</configuration>\n"
    );
    File::new("web.config", text, false)
}

fn php_ini(settings: &Settings<'_>) -> Result<File, ApmError> {
    let mut text = String::new();
    for (name, value) in options(settings) {
        let value = match value {
            Value::Text(value) => quote::ini(value)
                .ok_or_else(|| cannot(name, "a single quote together with `${`", "php.ini"))?,
            Value::Flag(flag) => flag.to_string(),
        };
        text += &format!("{name} = {value}\n");
    }
    Ok(File::new("php.ini", text, false))
}

fn json(settings: &Settings<'_>) -> Result<File, ApmError> {
    let pairs = |pairs: Vec<String>| pairs.join(", ");
    let environment = variables(settings)?
        .iter()
        .map(|(name, value)| format!("{}: {}", quote::json(name), quote::json(value)))
        .collect();
    let native = options(settings)
        .map(|(name, value)| match value {
            Value::Text(text) => format!("{}: {}", quote::json(name), quote::json(text)),
            Value::Flag(flag) => format!("{}: {flag}", quote::json(name)),
        })
        .collect();
    let purposes = settings
        .values()
        .iter()
        .map(|setting| {
            format!(
                "{}: {}",
                quote::json(setting.option.env),
                quote::json(setting.option.purpose.name())
            )
        })
        .collect();
    let flags = match settings.jvm() {
        Some(properties) => properties
            .render(jvm::Format::Lines)?
            .expose_text()
            .lines()
            .map(quote::json)
            .collect(),
        None => Vec::new(),
    };
    let text = format!(
        "{{\"schema\": 1, \"agent\": {}, \"environment\": {{{}}}, \"options\": {{{}}}, \"purposes\": {{{}}}, \"jvm_flags\": [{}]}}\n",
        quote::json(settings.agent().name()),
        pairs(environment),
        pairs(native),
        pairs(purposes),
        pairs(flags),
    );
    Ok(File::new("elastic-apm.json", text, settings.jvm().is_some()))
}
