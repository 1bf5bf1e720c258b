//! A pod's part of the settings.

use base64_simd::STANDARD;

use super::render::{File, variables};
use super::settings::Settings;
use super::{ApmError, quote};

/// Where the files lie in the container.
pub const MOUNT_PATH: &str = "/etc/elastic-apm";

/// A file that the settings name, to be mounted.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name in [`MOUNT_PATH`].
    pub name: String,
    /// Its bytes: certificates, or a store, whose keys are encrypted.
    pub bytes: Vec<u8>,
}

/// What to apply, and what to put into the pod: a ConfigMap with the certificates (for Java a Secret with the stores
/// and the options, which hold their passwords), and behind `---` the pod's `env`, `volumeMounts` and `volumes` in
/// their places, as `kubectl patch` takes them.
///
/// # Errors
/// As [`render`](super::render()).
pub fn kubernetes(settings: &Settings<'_>, attachments: &[Attachment]) -> Result<File, ApmError> {
    let name = format!("elastic-apm-{}", settings.agent().name());
    let is_secret = settings.jvm().is_some();
    let mut env = String::new();
    let mut secrets = String::new();
    for (variable, value) in variables(settings)? {
        if variable == "JAVA_TOOL_OPTIONS" {
            secrets += &format!("stringData:\n  {variable}: {}\n", quote::json(&value));
            env += &format!(
                "    - name: {variable}\n      valueFrom:\n        secretKeyRef:\n          name: {name}\n          key: {variable}\n"
            );
        } else {
            // Kubernetes expands `$(NAME)`, and takes `$$` for a dollar.
            let value = value.replace("$(", "$$(");
            env += &format!("    - name: {variable}\n      value: {}\n", quote::json(&value));
        }
    }
    let mut out = String::new();
    if is_secret || !attachments.is_empty() {
        let kind = if is_secret { "Secret" } else { "ConfigMap" };
        out += &format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n");
        if is_secret {
            out += "type: Opaque\n";
        }
        if !attachments.is_empty() {
            out += "data:\n";
        }
        for file in attachments {
            let key = quote::json(&file.name);
            match std::str::from_utf8(&file.bytes) {
                Ok(text) if !is_secret => {
                    out += &format!("  {key}: |\n");
                    for line in text.lines() {
                        out += &format!("    {line}\n");
                    }
                }
                _ => out += &format!("  {key}: {}\n", STANDARD.encode_to_string(&file.bytes)),
            }
        }
        out += &secrets;
        out += "---\n";
    }
    out += "# the pod's part: put it into the Deployment's template; `app` is your container\nspec:\n  containers:\n  - name: app\n";
    if env.is_empty() {
        out += "    env: []\n";
    } else {
        out += &format!("    env:\n{env}");
    }
    if !attachments.is_empty() {
        let source = if is_secret {
            format!("secret:\n      secretName: {name}")
        } else {
            format!("configMap:\n      name: {name}")
        };
        out += &format!(
            "    volumeMounts:\n    - name: elastic-apm\n      mountPath: {MOUNT_PATH}\n      readOnly: true\n  volumes:\n  - name: elastic-apm\n    {source}\n"
        );
    }
    Ok(File::new("elastic-apm-kubernetes.yml", out, is_secret))
}
