use std::io;
use std::path::Path;

use bytes::Bytes;
use keyjar::x509::read_certificates;
use keyjar::{Alias, Certificate, Limits, fsio};

use super::certificate::{text, to_pem};
use super::console::Console;
use super::options::Options;
use super::{Done, Problem, store, weak};

/// `-exportcert`
pub(super) fn export(options: &Options, console: &Console) -> Done {
    let opened = store::look(options, console)?;
    let name = options.alias.as_deref().unwrap_or("mykey");
    let entry = opened
        .store
        .get(&Alias::new(name))
        .ok_or_else(|| store::absent(name))?;
    let Some(certificate) = entry.certificates().first() else {
        return Err(Problem::exception(format!("Alias <{name}> has no certificate")));
    };
    let bytes = if options.rfc {
        to_pem(certificate).into_bytes()
    } else {
        certificate.as_der().to_vec()
    };
    match &options.file {
        Some(path) => {
            fsio::write(path, &bytes, false)?;
            console.err(&format!("Certificate stored in file <{}>\n", path.display()));
        }
        None => console.out_bytes(&bytes),
    }
    let mut warnings = weak::warnings("The certificate", certificate, true);
    warnings.extend(opened.format_warning());
    store::warn(&warnings, console);
    Ok(())
}

/// `-printcert`
pub(super) fn print(options: &Options, console: &Console) -> Done {
    if options.sslserver.is_some() {
        return Err(Problem::NotHere {
            message: String::from("keyjar's keytool has no -sslserver"),
            hint: "`keyjar fetch HOST:PORT` prints the chain a server presents",
        });
    }
    let bytes = input(options.file.as_deref())?;
    let read = read_certificates(&bytes, &Limits::DEFAULT)
        .map_err(|error| Problem::exception("Failed to parse input").hinted(error.to_string()))?;
    let certificates: Vec<Certificate> = read.certificates;
    let mut out = String::new();
    let mut warnings = Vec::new();
    for (at, certificate) in certificates.iter().enumerate() {
        let several = certificates.len() > 1;
        if several {
            out += &format!("Certificate[{}]:\n", at + 1);
        }
        out += &if options.rfc {
            to_pem(certificate)
        } else {
            text(certificate, false)
        };
        if at + 1 < certificates.len() {
            out.push('\n');
        }
        let label = if several {
            format!("Certificate #{} of {}", at + 1, certificates.len())
        } else {
            String::from("The certificate")
        };
        warnings.extend(weak::warnings(&label, certificate, false));
    }
    console.out(&out);
    store::warn(&warnings, console);
    Ok(())
}

/// The bytes of `-file`, or of the standard input.
pub(super) fn input(file: Option<&Path>) -> Result<Bytes, Problem> {
    let Some(path) = file else {
        return Ok(fsio::read_from(
            io::stdin().lock(),
            Path::new("-"),
            &Limits::DEFAULT,
        )?);
    };
    match fsio::read_if_exists(path, &Limits::DEFAULT)? {
        Some(bytes) => Ok(bytes),
        None => Err(Problem::java(
            "java.io.FileNotFoundException",
            format!("{} (No such file or directory)", path.display()),
        )),
    }
}
