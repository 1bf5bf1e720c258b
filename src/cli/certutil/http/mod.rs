//! `keyjar certutil http`: a certificate (or request) for Elasticsearch's HTTP interface, by questions and answers
//! (`HttpCertificateCommand`), or by options.

mod questions;
mod texts;

use std::path::{Path, PathBuf};

use jiff::Span;
use keyjar::pki::{
    self, AltName, CertificateAuthority, CertificateRequest, Dates, DistinguishedName, KeyType, Purpose,
    Style, Template,
};
use keyjar::x509::KeyUsage;
use keyjar::{Password, PrivateKey, fsio};

use super::Context;
use super::exit::{CONFIG, Exit, USAGE};
use super::instance::{self, Node, is_valid_filename};
use super::options::{UNATTENDED, split};
use super::output::{self, Zip};

const AUTHORITY_DN: &str = "CN=Elasticsearch HTTP CA";
const AUTHORITY_USAGE: &str = "keyCertSign,cRLSign";
const USAGE_OF_SERVERS: &str = "digitalSignature,keyEncipherment";
const OUTPUT: &str = "elasticsearch-ssl-http.zip";

/// What is to be made.
struct Plan {
    /// Who signs; nobody where requests are made.
    ca: Option<Authority>,
    period: Span,
    nodes: Vec<Server>,
    password: Password,
    path: PathBuf,
}

struct Authority {
    authority: CertificateAuthority,
    /// The password of a new one's file.
    new: Option<Password>,
}

/// A certificate of the HTTP interface.
struct Server {
    node: Node,
    kind: KeyType,
    usage: String,
}

pub(super) fn run(context: &Context<'_>) -> Result<(), Exit> {
    let unattended = UNATTENDED.iter().any(|name| context.options.has(name));
    let plan = if unattended {
        of_options(context)?
    } else {
        questions::ask(context)?
    };
    let contents = plan.zip(context)?;
    output::write(&plan.path, contents)?;
    context
        .terminal
        .say(&format!("\nZip file written to {}", plan.path.display()));
    context.terminal.result(&plan.path);
    Ok(())
}

/// The answers that the options give.
fn of_options(context: &Context<'_>) -> Result<Plan, Exit> {
    let options = &context.options;
    let kind = context.key_type()?;
    let nodes = if options.has("in") {
        instance::collect(&context.terminal, options)?
    } else {
        let (dns, ip) = (options.list("dns"), options.list("ip"));
        if dns.is_empty() && ip.is_empty() {
            return Err(Exit::new(USAGE, "what clients connect to is missing")
                .hint("`--dns NAME,...` and `--ip ADDRESS,...` say it, or `--in instances.yml`"));
        }
        let mut names = Vec::new();
        for address in &ip {
            names.push(AltName::ip(address)?);
        }
        names.splice(0..0, dns.iter().cloned().map(AltName::Dns));
        vec![node(None, &dns, names)?]
    };
    let path = fsio::absolute(Path::new(options.value("out").unwrap_or(OUTPUT)))?;
    output::check_path(&path, &context.terminal)?;
    let password = context
        .given_password("pass", "http.p12")?
        .unwrap_or_else(|| Password::new(""));
    let ca = if options.has("csr") {
        None
    } else if options.has("ca") || options.has("ca-cert") {
        let authority = context.authority()?;
        Some(Authority { authority, new: None })
    } else {
        let subject = options.value("ca-dn").unwrap_or(AUTHORITY_DN).parse()?;
        let password = context
            .given_password("ca-pass", "CA Private key")?
            .unwrap_or_else(|| Password::new(""));
        let authority = new_authority(context, subject, Span::new().years(5), kind, AUTHORITY_USAGE)?;
        Some(Authority {
            authority,
            new: Some(password),
        })
    };
    let period = match context.days()? {
        Some(days) => Span::new()
            .try_days(days)
            .or(Err(pki::PkiError::Validity { days }))?,
        None => Span::new().years(5),
    };
    let server = |node| Server {
        node,
        kind,
        usage: USAGE_OF_SERVERS.to_owned(),
    };
    Ok(Plan {
        ca,
        period,
        nodes: nodes.into_iter().map(server).collect(),
        password,
        path,
    })
}

/// A node by what clients call it: the first name that is no wildcard, else the first without its `*.`.
fn node(name: Option<&str>, dns: &[String], alt_names: Vec<AltName>) -> Result<Node, Exit> {
    let plain = dns.iter().find(|name| !name.contains('*')).cloned();
    let first = || dns.first().map(|name| name.replace("*.", ""));
    let name = name.map(str::to_owned).or(plain).or_else(first);
    let name = name.unwrap_or_else(|| String::from("elasticsearch"));
    if !is_valid_filename(&name) {
        return Err(Exit::new(CONFIG, format!("[{name}] is not a valid filename")));
    }
    Ok(Node {
        subject: format!("CN={}", name.replace('.', ",DC=")).parse()?,
        filename: name.clone(),
        name,
        alt_names,
    })
}

fn new_authority(
    context: &Context<'_>,
    subject: DistinguishedName,
    period: Span,
    kind: KeyType,
    usage: &str,
) -> Result<CertificateAuthority, Exit> {
    let mut template = Template::authority(subject, Dates::lasting(context.start(), period)?);
    template.key_usage = key_usage(usage);
    let key = kind.generate()?;
    let certificate = pki::self_signed(&template, &key)?;
    Ok(CertificateAuthority::new(key, vec![certificate])?)
}

fn key_usage(names: &str) -> Option<KeyUsage> {
    KeyUsage::from_names(split(names).iter().map(String::as_str)).ok()
}

impl Plan {
    /// The folders of Elasticsearch, of a new authority and of Kibana.
    fn zip(&self, context: &Context<'_>) -> Result<Vec<u8>, Exit> {
        let mut zip = Zip::new();
        zip.folder("elasticsearch/")?;
        let many = self.nodes.len() > 1;
        for server in &self.nodes {
            let folder = if many {
                let folder = format!("elasticsearch/{}", server.node.filename);
                zip.folder(&format!("{folder}/"))?;
                folder
            } else {
                String::from("elasticsearch")
            };
            self.server(context, server, &folder, &mut zip)?;
        }
        let certificate = self.ca.as_ref().and_then(|ca| ca.authority.certificate());
        if let Some((certificate, password)) =
            certificate.zip(self.ca.as_ref().and_then(|ca| ca.new.as_ref()))
        {
            let key = self.ca.as_ref().map(|ca| ca.authority.key());
            zip.folder("ca/")?;
            zip.file(
                "ca/README.txt",
                texts::readme_of_ca(certificate, password).as_bytes(),
            )?;
            if let Some(key) = key {
                let store = output::pkcs12("ca", key, certificate, None, password)?;
                zip.file("ca/ca.p12", &store)?;
            }
        }
        zip.folder("kibana/")?;
        zip.file(
            "kibana/README.txt",
            texts::readme_of_kibana(certificate.is_some()).as_bytes(),
        )?;
        if let Some(certificate) = certificate {
            zip.file(
                "kibana/elasticsearch-ca.pem",
                &output::certificate_pem(certificate),
            )?;
        }
        zip.file("kibana/sample-kibana.yml", texts::KIBANA_YML.as_bytes())?;
        zip.finish()
    }

    fn server(
        &self,
        context: &Context<'_>,
        server: &Server,
        folder: &str,
        zip: &mut Zip,
    ) -> Result<(), Exit> {
        let dates = Dates::lasting(context.start(), self.period)?;
        let dates = match &self.ca {
            Some(ca) => context.cut(dates, &ca.authority),
            None => dates,
        };
        let node = context.mended(server.node.clone());
        let mut template = Template::new(
            node.subject.clone(),
            node.alt_names.clone(),
            Purpose::Server,
            dates,
        );
        template.key_usage = key_usage(&server.usage);
        if context.strict_compat {
            template.style = Style::CertutilHttp;
        }
        let key = server.kind.generate()?;
        let has_password = self.password.expose_text().is_some_and(|text| !text.is_empty());
        match &self.ca {
            Some(ca) => {
                let certificate = ca.authority.issue(&template, &key)?;
                context.warn_of_length(&certificate);
                let store = output::pkcs12(
                    "http",
                    &key,
                    &certificate,
                    ca.authority.certificate(),
                    &self.password,
                )?;
                zip.file(
                    &format!("{folder}/README.txt"),
                    texts::readme_of_store(has_password).as_bytes(),
                )?;
                zip.file(&format!("{folder}/http.p12"), &store)?;
                zip.file(
                    &format!("{folder}/sample-elasticsearch.yml"),
                    texts::store_yml(has_password).as_bytes(),
                )
            }
            None => self.request(&template, &key, &node.filename, folder, zip),
        }
    }

    fn request(
        &self,
        template: &Template,
        key: &PrivateKey,
        name: &str,
        folder: &str,
        zip: &mut Zip,
    ) -> Result<(), Exit> {
        let request = CertificateRequest::new(template, key)?;
        let has_password = self.password.expose_text().is_some_and(|text| !text.is_empty());
        zip.file(
            &format!("{folder}/README.txt"),
            texts::readme_of_request(name).as_bytes(),
        )?;
        zip.file(&format!("{folder}/http-{name}.csr"), request.to_pem().as_bytes())?;
        zip.file(
            &format!("{folder}/http-{name}.key"),
            &output::key_pem(key, Some(&self.password))?,
        )?;
        zip.file(
            &format!("{folder}/sample-elasticsearch.yml"),
            texts::request_yml(name, has_password).as_bytes(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_called_by_the_first_name_without_a_wildcard() {
        let name = |dns: &[&str]| {
            let dns: Vec<_> = dns.iter().map(|name| (*name).to_owned()).collect();
            let node = node(None, &dns, Vec::new()).unwrap();
            (node.name, node.subject.to_string())
        };
        assert_eq!(
            name(&["*.a.b", "es.a.b"]),
            ("es.a.b".into(), "CN=es,DC=a,DC=b".into())
        );
        assert_eq!(name(&["*.a.b"]), ("a.b".into(), "CN=a,DC=b".into()));
        assert_eq!(name(&[]), ("elasticsearch".into(), "CN=elasticsearch".into()));
    }
}
