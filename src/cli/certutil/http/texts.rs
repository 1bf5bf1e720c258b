//! What the zip's text files say.

use keyjar::{Certificate, Password};

const SECURE: &str = "xpack.security.http.ssl.";

pub(super) fn readme_of_store(has_password: bool) -> String {
    let password = if has_password {
        "It has the password that was given; Elasticsearch is told it with\n  bin/elasticsearch-keystore add xpack.security.http.ssl.keystore.secure_password\n"
    } else {
        "Its password is blank.\n"
    };
    format!(
        "http.p12: the private key and the certificate of Elasticsearch's HTTP interface, and its authority's certificate.\n{password}\n1. Copy http.p12 to Elasticsearch's configuration folder, readable by Elasticsearch alone.\n2. Put the lines of sample-elasticsearch.yml into elasticsearch.yml.\n3. Restart the node; its clients need https:// and the authority's certificate.\n"
    )
}

pub(super) fn store_yml(has_password: bool) -> String {
    let note = if has_password {
        "# The password goes into Elasticsearch's own keystore, not here:\n# bin/elasticsearch-keystore add xpack.security.http.ssl.keystore.secure_password\n"
    } else {
        ""
    };
    format!("{SECURE}enabled: true\n{SECURE}keystore.path: \"http.p12\"\n{note}")
}

pub(super) fn readme_of_request(name: &str) -> String {
    format!(
        "http-{name}.csr: send it to the authority; it answers with a certificate.\nhttp-{name}.key: the private key; it stays with you.\n\n1. Save the certificate as http-{name}.crt.\n2. Copy it and the key to Elasticsearch's configuration folder, readable by Elasticsearch alone.\n3. Put the lines of sample-elasticsearch.yml into elasticsearch.yml, and restart the node.\n"
    )
}

pub(super) fn request_yml(name: &str, has_password: bool) -> String {
    let note = if has_password {
        "# The key's password goes into Elasticsearch's own keystore, not here:\n# bin/elasticsearch-keystore add xpack.security.http.ssl.secure_key_passphrase\n"
    } else {
        ""
    };
    format!(
        "{SECURE}enabled: true\n{SECURE}key: \"http-{name}.key\"\n{SECURE}certificate: \"http-{name}.crt\"\n{note}"
    )
}

pub(super) fn readme_of_ca(certificate: &Certificate, password: &Password) -> String {
    let password = if password.expose_text().is_some_and(|text| !text.is_empty()) {
        "It has the password that was given."
    } else {
        "Its password is blank."
    };
    format!(
        "ca.p12: the private key and the certificate of the authority `{}`. {password}\n\nKeep it in a safe place, and off the servers: who has it can make certificates that your clients trust.\nMore certificates of it: keyjar certutil http --ca ca.p12 --dns NAME\n",
        certificate.subject()
    )
}

pub(super) fn readme_of_kibana(has_ca: bool) -> String {
    let certificate = if has_ca {
        "1. Copy elasticsearch-ca.pem to Kibana's configuration folder.\n"
    } else {
        "1. Save the authority's certificate as elasticsearch-ca.pem in Kibana's configuration folder.\n"
    };
    format!(
        "What Kibana needs to trust Elasticsearch's HTTP interface.\n\n{certificate}2. Put the lines of sample-kibana.yml into kibana.yml.\n3. Restart Kibana.\n"
    )
}

pub(super) const KIBANA_YML: &str = "elasticsearch.hosts: [ \"https://<your elasticsearch host>:9200\" ]\nelasticsearch.ssl.certificateAuthorities: [ \"config/elasticsearch-ca.pem\" ]\n";
